"""Templates of whatever origin, taken in: the Python that declares the same with our constructs."""
