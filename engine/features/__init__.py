"""Columns to numbers, fitted on fitting rows only; and back."""
