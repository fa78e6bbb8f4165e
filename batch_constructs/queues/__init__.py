"""Job queues and what belongs to them."""
