"""Stored runs: list, open, follow, resume, compare, delete."""
