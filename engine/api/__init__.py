"""The engine for notebooks: a comparison in one call, and what it came to."""
