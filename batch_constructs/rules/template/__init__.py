"""A template as the rules see it: read, resolved, and asked about its resources."""
