"""Job queues: how jobs wait, and for which compute environments."""
