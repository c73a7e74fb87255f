"""Files for the readers of tables, and the cells that came out."""

import pandas as pd

BIG = 2**53 + 1
"""The least whole number that no float holds."""


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def rows(frame):
    """Return the cells as lists, missing ones as None."""
    return [
        [None if pd.isna(cell) else cell for cell in row]
        for row in frame.astype(object).to_numpy().tolist()
    ]
