"""Hold-out and folds: row numbers only."""
