"""One experiment over many tables."""
