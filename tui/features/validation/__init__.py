"""Validate a model on new labelled rows."""
