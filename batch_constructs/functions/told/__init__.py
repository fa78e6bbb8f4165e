"""What a construct tells a function that its environment variables have no room for."""
