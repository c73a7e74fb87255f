"""Rows as Arrow read them, as columns of numbers or of categories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

__all__ = ["frame"]

LONGEST = 15
"""Digits up to which every whole number is a float of its own."""
ZEROS = "^[+-]?0[0-9]"


def frame(rows: pa.Table, places: list[int], whole: set[int]) -> pd.DataFrame:
    """Return rows as a table for pandas, one column at a time.

    Parameters
    ----------
    rows : pyarrow.Table
        Columns are called by their place.
    places : list of int
        The order they are wanted in.
    whole : set of int
        Columns of text that are whole numbers as far as seen.

    Returns
    -------
    pandas.DataFrame
        Texts as categories.
    """
    import pandas as pd
    import pyarrow as pa

    columns: dict[int, Any] = {}
    parts = {place: rows.column(str(place)) for place in places}
    del rows
    for place in places:
        cells = parts.pop(place)
        if pa.types.is_floating(cells.type):
            columns[place] = cells.to_numpy()
            continue
        numbers = _numbers(cells) if place in whole else None
        columns[place] = _texts(cells) if numbers is None else numbers
    return pd.DataFrame(columns, copy=False)


def _numbers(cells: pa.ChunkedArray) -> np.ndarray | None:
    """Return texts as numbers, whole ones if they are.

    None if one has zeros in front or more than 15 digits, or is no number.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if cells.null_count < len(cells):
        length = pc.binary_length(cells)
        if pc.max(length).as_py() > LONGEST:
            return None
        # Few begin with a zero and go on, so that few are looked at more closely.
        led = pc.or_(pc.starts_with(cells, "0"), pc.starts_with(cells, "-0"))
        longer = cells.filter(pc.and_(led, pc.greater(length, 1)))
        if pc.any(pc.match_substring_regex(longer, ZEROS)).as_py():
            return None
    for kind in (pa.int64(), pa.float64()):
        try:
            found: np.ndarray = pc.cast(cells, kind).to_numpy()
        except pa.ArrowInvalid:
            continue
        return found
    return None


def _texts(cells: pa.ChunkedArray) -> pd.Categorical:
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_string(cells.type):
        cells = cells.dictionary_encode()
    coded = cells.combine_chunks()
    if isinstance(coded, pa.ChunkedArray):  # of no chunk at all
        coded = pa.array([], pa.string()).dictionary_encode()
    codes = pc.fill_null(coded.indices, -1).to_numpy().astype(np.int32, copy=False)
    values = pd.Index(coded.dictionary.to_pylist(), dtype=object)
    return pd.Categorical.from_codes(codes, categories=values)
