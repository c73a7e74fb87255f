"""What a run came to: board, curves, errors, reasons."""
