"""Which columns of a matrix belong together: numbers, flags, levels of a category.

Some samplers take a category as it is, as one column of codes, where the matrix that
models learn from has an indicator per level. The two forms hold the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["UNKNOWN", "Layout"]

UNKNOWN = -1
"""Code of a level that no fitting row had: none of its indicators is set."""


@dataclass(frozen=True)
class Layout:
    """The columns of a matrix, and those of the same rows in codes.

    In codes come the numbers and flags as they are, in their order, and then one
    column per category, whose value is the place of the row's level.

    Attributes
    ----------
    names : tuple of str
        Name of each column in codes.
    flat : int
        Columns at the beginning that are numbers or flags, in both forms.
    flags : tuple of int
        Those of them that hold 0 or 1 only.
    levels : tuple of (int, int)
        Where the indicators of each category begin and end in the matrix.

    Examples
    --------
    >>> layout = Layout(("age", "sex"), flat=1, flags=(), levels=((1, 3),))
    >>> X = np.array([[0.5, 1, 0], [2.0, 0, 1]], dtype=np.float32)
    >>> layout.collapse(X).tolist()
    [[0.5, 0.0], [2.0, 1.0]]
    >>> layout.expand(layout.collapse(X)).tolist() == X.tolist()
    True
    >>> layout.categorical.tolist()
    [False, True]
    """

    names: tuple[str, ...]
    flat: int
    flags: tuple[int, ...]
    levels: tuple[tuple[int, int], ...]

    @property
    def width(self) -> int:
        """Columns of the matrix."""
        return self.levels[-1][1] if self.levels else self.flat

    @property
    def categorical(self) -> np.ndarray:
        """Which columns in codes have no order: the flags and the categories."""
        mask = np.ones(len(self.names), dtype=bool)
        mask[: self.flat] = False
        mask[list(self.flags)] = True
        return mask

    def collapse(self, X: np.ndarray) -> np.ndarray:
        """Return rows in codes.

        Parameters
        ----------
        X : numpy.ndarray of shape (n_rows, width)
            Rows of the matrix.

        Returns
        -------
        numpy.ndarray of shape (n_rows, len(names)), dtype float32
            A level that no fitting row had is `UNKNOWN`.
        """
        codes = np.empty((len(X), len(self.names)), dtype=np.float32)
        codes[:, : self.flat] = X[:, : self.flat]
        for place, (begin, end) in enumerate(self.levels, start=self.flat):
            indicators = X[:, begin:end]
            known = indicators.any(axis=1)
            codes[:, place] = np.where(known, indicators.argmax(axis=1), UNKNOWN)
        return codes

    def expand(self, codes: np.ndarray) -> np.ndarray:
        """Return rows of the matrix from rows in codes.

        Parameters
        ----------
        codes : numpy.ndarray of shape (n_rows, len(names))
            Such as `collapse` returns them, or made by a sampler from such.

        Returns
        -------
        numpy.ndarray of shape (n_rows, width), dtype float32
        """
        X = np.zeros((len(codes), self.width), dtype=np.float32)
        X[:, : self.flat] = codes[:, : self.flat]
        for place, (begin, end) in enumerate(self.levels, start=self.flat):
            level = np.rint(codes[:, place].astype(np.float64)).astype(np.int64)
            known = np.flatnonzero((level >= 0) & (level < end - begin))
            X[known, begin + level[known]] = 1.0
        return X
