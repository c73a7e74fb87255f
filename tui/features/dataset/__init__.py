"""Loading a table: its path, how it is read, its columns, what it is like."""
