"""Everything that is measured of a dataset before any learning, as one value.

What involves the target is measured on the training rows: test rows are looked at
once, at the end of a run. Cells by themselves (missing ones, levels, equal rows) and
the rows of each class are counted in all rows.
"""

from __future__ import annotations

import msgspec

from engine.core.events import Advice, Sampled
from engine.profile import cells
from engine.profile.strength import Strength


class Drift(msgspec.Struct, frozen=True):
    """A large difference of one column.

    Attributes
    ----------
    distance : float
        Of numbers the largest distance of the two cumulative shares
        (Kolmogorov-Smirnov), of categories half the sum of the differences of shares;
        0 if it is small, or may be chance.
    unseen : int
        Test cells of a level that no training row has; 0 if they are few.
    missing : tuple of float or None
        Share of missing cells in train and test, if they are far apart.
    example : str
        A level that was never seen.
    """

    distance: float
    unseen: int
    missing: tuple[float, float] | None
    example: str = ""


class ColumnFacts(msgspec.Struct, frozen=True):
    """What is measured of one column.

    Attributes
    ----------
    name, kind, role : str
    missing, levels : int
        Missing cells and different values, of all rows.
    missing_by_class : dict of str to int
        Missing cells of the training rows by label.
    missing_shares : dict of str to float
        Share of the training rows of each class whose cell is missing.
    alone : Strength or None
        How well it tells the target by itself; None for what is no feature.
    top : float
        Share of the known cells that are of one of the most frequent levels, as many
        as get an indicator each.
    mixed : Mixed or None
        Words among numbers.
    nothing : dict of str to int
        Levels that may mean a missing cell, with their cells.
    repeats : Repeats or None
        How often values repeat, if the name is that of persons or things.
    implied : Implied or None
        A value that implies a class.
    invented : (label, share) or None
        The class whose numbers look interpolated.
    drift : Drift or None
        How test rows of a second file differ.
    twin : str or None
        An earlier column that tells the same, value for value.
    twin_equal : bool
        Whether it holds the very same values.
    """

    name: str
    kind: str
    role: str
    missing: int
    levels: int
    missing_by_class: dict[str, int] = {}
    missing_shares: dict[str, float] = {}
    alone: Strength | None = None
    top: float = 1.0
    mixed: cells.Mixed | None = None
    nothing: dict[str, int] = {}
    repeats: cells.Repeats | None = None
    implied: cells.Implied | None = None
    invented: tuple[str, float] | None = None
    drift: Drift | None = None
    twin: str | None = None
    twin_equal: bool = False


class RowFacts(msgspec.Struct, frozen=True):
    """How many rows are equal in every feature.

    Attributes
    ----------
    distinct : int
        Different rows.
    copies : int
        Rows that are equal to an earlier one.
    straddling : int
        Test rows that have an equal training row.
    contradictory : int
        Training rows that have an equal training row with another target.
    contradictory_positives : int
        Those of them that are positive; 0 if there are more than two classes.
    example : (int, int) or None
        Numbers, from 1, of two of them that contradict each other.
    apart : bool
        Whether equal rows were let be on both sides of the split.
    """

    distinct: int
    copies: int
    straddling: int = 0
    contradictory: int = 0
    contradictory_positives: int = 0
    example: tuple[int, int] | None = None
    apart: bool = False


class Findings(msgspec.Struct, frozen=True):
    """What is known about a dataset and its split before any learning.

    Attributes
    ----------
    name, target : str
    positive : str or None
        None if more than two classes are kept as they are.
    rows : int
        Rows that have a target.
    labels : tuple of str
    counts, train, test : dict of str to int
        Rows by label; the last two are empty where no split is possible.
    columns : tuple of ColumnFacts
        In the order of the table.
    equal : RowFacts
    sampled : Sampled or None
    second_file : bool
        Whether the test rows come from a file of their own.
    notices : tuple of Advice
        What was noticed while reading and giving roles.
    """

    name: str
    target: str
    positive: str | None
    rows: int
    labels: tuple[str, ...]
    counts: dict[str, int]
    train: dict[str, int]
    test: dict[str, int]
    columns: tuple[ColumnFacts, ...]
    equal: RowFacts
    sampled: Sampled | None = None
    second_file: bool = False
    notices: tuple[Advice, ...] = ()

    def column(self, name: str) -> ColumnFacts | None:
        """Return what is known of a column."""
        return next((c for c in self.columns if c.name == name), None)
