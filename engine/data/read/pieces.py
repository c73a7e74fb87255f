"""The parts of a table as they are read, put together column by column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["Pieces"]


class Pieces:
    """Columns that grow part by part, so that no second copy of the table is held.

    Parameters
    ----------
    columns : list of int
        Places of the columns.

    Attributes
    ----------
    seen : int
        Rows read so far, kept or not.
    spoiled : set of int
        Columns that were taken for numbers and hold something else, too.
    """

    def __init__(self, columns: list[int]) -> None:
        self.seen = 0
        self.spoiled: set[int] = set()
        self._parts: dict[int, list[np.ndarray]] = {c: [] for c in columns}
        self._texts: dict[int, dict[str, int]] = {}

    def add(self, chunk: pd.DataFrame, keep: Any = None) -> None:
        """Add rows; `keep` says which of them, all when None."""
        import numpy as np
        import pandas as pd

        self.seen += len(chunk)
        for place, parts in self._parts.items():
            if place in self.spoiled:
                continue
            series = chunk[place]
            if isinstance(series.dtype, pd.StringDtype):
                texts = self._texts.setdefault(place, {})
                found, values = pd.factorize(series)
                codes = [texts.setdefault(t, len(texts)) for t in values]
                part = np.array([*codes, -1], dtype=np.int32)[found]
            elif series.dtype.kind in "if":
                part = series.to_numpy()
            elif series.isna().all():
                part = np.full(len(series), np.nan)
            else:
                self.spoiled.add(place)
                parts.clear()
                continue
            parts.append(part if keep is None else part[keep])

    def replace(self, other: Pieces, columns: list[int]) -> None:
        """Take columns from another reading of the same rows."""
        for place in columns:
            self._parts[place] = other._parts[place]
            if place in other._texts:
                self._texts[place] = other._texts[place]
        self.spoiled -= set(columns)

    def frame(self) -> pd.DataFrame:
        """Return the table; this object is empty afterwards."""
        import numpy as np
        import pandas as pd

        columns: dict[int, Any] = {}
        for place in list(self._parts):
            parts = self._parts.pop(place)
            column: Any = np.concatenate(parts) if parts else np.empty(0)
            parts.clear()
            if place in self._texts:
                column = pd.Categorical.from_codes(
                    column.astype(np.int32),
                    categories=pd.Index(list(self._texts[place]), dtype=object),
                )
            columns[place] = column
        return pd.DataFrame(columns, copy=False)
