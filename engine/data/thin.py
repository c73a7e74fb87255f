"""Negatives that are kept to fit models on, drawn by the number of their row.

A row is kept or not whatever else is read, in whatever order and by how many: its
number decides. Each function is complete in itself, so that a script can carry it.

References
----------
Wang, Zhang and Wang 2021, Nonuniform negative sampling and log odds correction with
rare events data, NeurIPS 34 (what negatives tell is bounded by the positives); Steele,
Lea and Flood 2014, doi:10.1145/2714064.2660195 (the mixing of bits).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import msgspec

if TYPE_CHECKING:
    import numpy as np

    from engine.core.experiment import DataSpec

LARGE = 2_000_000
"""Rows of a file from which on negatives are left out while it is read."""
EVEN_ROWS, EVEN_POSITIVES = 1_000_000, 1_000
"""Rows that are kept whatever their class, at least, and positives among them."""
WANTED_POSITIVES, EVEN_CELLS = 5_000, 100_000_000
"""Positives that are wanted among them, in rows of so many cells at most."""
MOST_KEPT = 0.8
"""Share of a file beyond which all of it is read."""
SALT_NEGATIVES, SALT_EVEN = 0x6E656761, 0x6576656E
"""Seeds of the two draws: of negatives, and of rows whatever their class."""
PIECE = 1 << 22
"""Rows that are drawn at once."""


class Thinning(NamedTuple):
    """How a file may be read in part.

    Attributes
    ----------
    negatives : int or None
        Per positive, that models are fitted on; 0 for all, and None where nothing was
        said: then a file of more than `LARGE` rows is thinned by `NEGATIVES`.
    positive : str or None
        Label of the positive class; the rarer one when None.
    """

    negatives: int | None = None
    positive: str | None = None

    @classmethod
    def of(cls, data: DataSpec) -> Thinning | None:
        """Return that of a table; None if its target is not named, or of a sample.

        Examples
        --------
        >>> from engine.core.experiment import DataSpec
        >>> Thinning.of(DataSpec(source="a.csv", target="y", thin=5))
        Thinning(negatives=5, positive=None)
        """
        if data.target is None or data.read.rows is not None:
            return None
        return cls(None if data.thin is msgspec.UNSET else data.thin, data.positive)

    def may_draw(self, rows: int) -> bool:
        """Tell whether not all of so many rows need to be read.

        Examples
        --------
        >>> Thinning().may_draw(2_000_001), Thinning(0).may_draw(2_000_001)
        (True, False)
        >>> Thinning(10).may_draw(1_500_000), Thinning().may_draw(1_500_000)
        (True, False)
        """
        least = LARGE if self.negatives is None else EVEN_ROWS / MOST_KEPT
        return self.negatives != 0 and rows > least


class DrawnRows(msgspec.Struct, frozen=True, eq=False):
    """Which rows of a file were read: all positives, and a part of the others.

    Attributes
    ----------
    rows : int
        Rows of the file.
    classes : dict of str to int
        Rows of each class in the file; rows without one are in none.
    positive : str
        Label of the class that was kept whole.
    numbers : numpy.ndarray of shape (n_rows,), dtype int64
        Number in the file of each row that was read, from 0, ascending.
    even : numpy.ndarray of shape (n_rows,), dtype bool
        Which of them were kept at the same rate whatever their class. Among these the
        classes have the shares that they have in the file, up to chance.
    even_share : float
        That rate, in (0, 1].
    negatives : float
        Share of the negatives of the file that were read, in (0, 1].
    """

    rows: int
    classes: dict[str, int]
    positive: str
    numbers: np.ndarray
    even: np.ndarray
    even_share: float
    negatives: float

    def counts(self, read: Mapping[str, int], labels: Sequence[str]) -> dict[str, int]:
        """Return the rows of two classes in the file, by the names that they have.

        Parameters
        ----------
        read : mapping of str to int
            Rows of each class that were read.
        labels : sequence of two str
            The negative and the positive class.

        Examples
        --------
        >>> import numpy as np
        >>> none = np.zeros(0)
        >>> rows = DrawnRows(100, {"0": 95, "1": 5}, "1", none, none, 1.0, 0.2)
        >>> rows.counts({"no": 19, "yes": 5}, ("no", "yes"))
        {'no': 95, 'yes': 5}
        """
        of = dict(zip(labels, (sum(self.classes.values()), 0), strict=True))
        of[labels[1]] = self.classes[self.positive]
        of[labels[0]] -= of[labels[1]]
        return {label: of[label] for label in read}


def draw(
    codes: np.ndarray, labels: Sequence[str], positive: str, thin: int, *, columns: int
) -> DrawnRows | None:
    """Draw rows of two classes by their numbers.

    With u and v the numbers that `uniform` gives a row by `SALT_NEGATIVES` and
    `SALT_EVEN`, a positive is kept always, a negative where u < rate or v < even_share,
    and a row without a class where v < even_share. The rate keeps `2 * thin` negatives
    per positive: a comparison of models on `thin` and on twice as many needs no more.
    The even share gives `EVEN_ROWS` and `EVEN_POSITIVES` at least, and more positives,
    which test rows need, as long as rows are narrow.

    Parameters
    ----------
    codes : numpy.ndarray of shape (n_rows,)
        Place of the class of each row in `labels`, -1 where it has none.
    labels : sequence of two str
    positive : str
        One of them.
    thin : int
        1 or more.
    columns : int
        Of the rows as they will be read, 1 or more.

    Returns
    -------
    DrawnRows or None
        None where more than `MOST_KEPT` of all rows would be kept.

    Examples
    --------
    >>> import numpy as np
    >>> codes = np.zeros(2_000_000, dtype=np.int8)
    >>> codes[::500] = 1
    >>> found = draw(codes, ("0", "1"), "1", 10, columns=100)
    >>> found.classes, found.even_share, round(found.negatives, 2)
    ({'0': 1996000, '1': 4000}, 0.5, 0.52)
    >>> draw(codes, ("0", "1"), "1", 10, columns=80).even_share
    0.625
    """
    import numpy as np

    rows, at = len(codes), list(labels).index(positive)
    counts = [int(np.count_nonzero(codes == place)) for place in range(len(labels))]
    positives, negatives = counts[at], sum(counts) - counts[at]
    if not (positives and negatives):
        return None
    wanted = min(WANTED_POSITIVES / positives, EVEN_CELLS / columns / rows)
    even_share = min(1.0, max(EVEN_ROWS / rows, EVEN_POSITIVES / positives, wanted))
    rate = min(1.0, 2 * thin * positives / negatives)
    numbers, even, kept = [], [], 0
    for begin in range(0, rows, PIECE):
        piece = codes[begin : begin + PIECE]
        every = np.arange(begin, begin + len(piece))
        evenly = uniform(every, SALT_EVEN) < even_share
        chosen = (piece >= 0) & (uniform(every, SALT_NEGATIVES) < rate)
        taken = evenly | chosen | (piece == at)
        kept += int(np.count_nonzero(taken & (piece >= 0) & (piece != at)))
        numbers.append(every[taken])
        even.append(evenly[taken])
    places = np.concatenate(numbers)
    if len(places) > MOST_KEPT * rows:
        return None
    return DrawnRows(
        rows=rows,
        classes=dict(zip(labels, counts, strict=True)),
        positive=positive,
        numbers=places,
        even=np.concatenate(even),
        even_share=even_share,
        negatives=kept / negatives,
    )


def uniform(numbers: np.ndarray, seed: int) -> np.ndarray:
    """Return a number in [0, 1) for each row, by SplitMix64 of its number.

    Parameters
    ----------
    numbers : numpy.ndarray of shape (n_rows,)
        Row numbers, 0 or more.
    seed : int
        In [0, 2**63).

    Returns
    -------
    numpy.ndarray of shape (n_rows,), dtype float64

    Examples
    --------
    >>> import numpy as np
    >>> uniform(np.array([0, 1, 2]), 7).round(3).tolist()
    [0.132, 0.499, 0.147]
    """
    import numpy as np

    with np.errstate(over="ignore"):
        z = np.asarray(numbers).astype(np.uint64)
        z = (z + np.uint64(1) + np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15)) * (
            np.uint64(0x9E3779B97F4A7C15)
        )
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return np.asarray((z >> np.uint64(11)).astype(np.float64) * 2.0**-53)
