"""Everything that is measured of a dataset before any learning, as one value.

What involves the target is measured on the training rows: test rows are looked at
once, at the end of a run. Cells by themselves (missing ones, levels, equal rows) and
the rows of each class are counted in all rows.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pandas as pd
from msgspec.structs import replace

from engine.core.events import Advice, Sampled
from engine.core.experiment import FeatureSpec
from engine.data.profile import MOST_KEPT, FrameColumns, is_text
from engine.data.roles import contradictory_rows
from engine.data.target import label
from engine.profile import cells
from engine.profile.strength import ColumnFolds, Strength, cut, sample

if TYPE_CHECKING:
    from engine.data.load import Table
    from engine.data.profile import ColumnProfile, Report
    from engine.data.roles import Dataset
    from engine.splits.holdout import Split

SHOWN_LEVELS = FeatureSpec().max_categories - 1
"""Levels of a category that get an indicator each; the others share the last."""
MOST_JUDGED, FEWEST_JUDGED = 200_000, 10_000
"""Training rows that columns are scored on; the second where there are many columns."""
MOST_CELLS = 40_000_000
"""Cells of them in all columns; beyond, fewer rows are taken."""
DRIFT = 0.15
"""Distance of two distributions from which on it is worth a word."""
DRIFT_MISSING = 0.1
DRIFT_UNSEEN = 0.02
DRIFT_FEWEST = 5
DRIFT_CHANCE = 1.95
"""Kolmogorov-Smirnov: a distance that chance reaches once in a thousand times."""


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
    drawn : bool
        Whether the test rows are drawn, so that another draw has others.
    notices : tuple of Advice
        What was noticed while reading and giving roles.
    alone_sampled : Sampled or None
        Of how many training rows columns were scored alone, if not of all. Signs of
        interpolated numbers are of these rows too; everything else is of all rows.
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
    drawn: bool = True
    notices: tuple[Advice, ...] = ()
    alone_sampled: Sampled | None = None

    def column(self, name: str) -> ColumnFacts | None:
        """Return what is known of a column."""
        return next((c for c in self.columns if c.name == name), None)


def find(
    table: Table,
    dataset: Dataset,
    split: Split | None,
    *,
    seed: int,
    apart: bool,
    report: Report = lambda done, total: None,
) -> Findings:
    """Measure a dataset.

    Parameters
    ----------
    table : Table
        As it was read.
    dataset : Dataset
        The table with its roles, all columns still there.
    split : Split or None
        The hold-out; without one nothing is measured that involves the target.
    seed : int
        The experiment's seed, for the folds that columns are judged by.
    apart : bool
        Whether equal rows may be in different folds.
    report : callable, optional
        Called before each column with those that are done, and how many there are.
        What it raises ends the measuring.

    Returns
    -------
    Findings
    """
    measure = Measure(table, dataset, split, seed, apart)
    columns = []
    for done, column in enumerate(dataset.profile):
        report(done, len(dataset.profile))
        columns.append(measure.column(column))
    return Findings(
        name=table.name,
        target=dataset.info.target,
        positive=dataset.info.positive,
        rows=len(dataset.whole),
        labels=dataset.labels,
        counts=dataset.info.classes,
        train=measure.trained if len(measure.train) else {},
        test=measure.count(measure.test) if len(measure.test) else {},
        columns=tuple(columns),
        equal=measure.rows(),
        sampled=table.sampled,
        second_file=bool(table.test_rows),
        drawn=dataset.test is None and dataset.times is None,
        notices=dataset.info.advice,
        alone_sampled=measure.sampled,
    )


class Measure:
    """Measures column after column; of each only what finds an equal one is kept.

    Parameters are those of `find`.
    """

    def __init__(
        self, table: Table, data: Dataset, split: Split | None, seed: int, apart: bool
    ) -> None:
        nothing = np.zeros(0, dtype=np.int64)
        # In their own order: how a split drew them must not change a number.
        self.train = nothing if split is None else np.sort(split.train)
        self.test = nothing if split is None else np.sort(split.test)
        self._dataset, self._labels = data, data.labels
        self._y = data.y.astype(np.int64)
        self.trained = self.count(self.train)
        self._apart = apart
        self._found = data.found or FrameColumns(data.whole)
        groups = data.equal_rows
        self._distinct = int(groups.max()) + 1 if len(groups) else 0
        # The rows that columns are scored on.
        self._judged, weights = self.train, None
        self.sampled: Sampled | None = None
        most = MOST_CELLS // data.whole.shape[1]
        most = min(MOST_JUDGED, max(FEWEST_JUDGED, most))
        if len(self.train) > most:
            places, weights = sample(self._y[self.train], most, seed=seed)
            self._judged = self.train[places]
            self.sampled = Sampled(rows=len(places), of=len(self.train))
        if data.even is not None:  # a negative stands for those that were not read
            weights = np.ones(len(self._labels)) if weights is None else weights
            weights = weights / [data.negatives, 1.0]
        self._folds = self._cut(seed, weights) if len(self.train) else None
        self._second_file = bool(table.test_rows)
        self._row_numbers = _row_numbers(table, data)
        self._seen: dict[tuple[int, int], str] = {}

    def _cut(self, seed: int, weights: np.ndarray | None) -> ColumnFolds | None:
        """Cut the rows that columns are scored on, as a run does."""
        dataset, rows = self._dataset, self._judged
        groups, times = (
            None if found is None else found[rows]
            for found in (dataset.groups, dataset.times)
        )
        decided = self._apart or groups is not None or times is not None
        if self._distinct == len(self._y):
            decided = True  # no row is a copy
        copies = None if decided else dataset.equal_rows[rows]
        y, classes = self._y[rows], len(self._labels)
        known = {"groups": groups, "times": times, "copies": copies}
        return cut(y, classes, seed=seed, weights=weights, **known)

    def count(self, rows: np.ndarray) -> dict[str, int]:
        """Count some rows by label, of every class."""
        counts = np.bincount(self._y[rows], minlength=len(self._labels)).tolist()
        return dict(zip(self._labels, counts, strict=True))

    def column(self, column: ColumnProfile) -> ColumnFacts:
        """Measure one column."""
        name, role = column.name, self._dataset.info.roles[column.name]
        _, _, missing, levels = self._found.profile(name)
        by_class = dict.fromkeys(self._labels, 0)
        if missing:
            absent = self._found.absent(name)
            by_class = self.count(self.train[absent[self.train]])
        facts = ColumnFacts(
            name=name,
            kind=column.kind,
            role=role,
            missing=missing,
            levels=levels,
            missing_by_class=by_class if len(self.train) else {},
        )
        if role not in ("feature", "ignored", "id") or not levels:
            return facts
        if is_text(self._found[name]):
            codes, values = self._found.codes(name)
            facts = replace(facts, mixed=cells.mixed(codes, values, self._row_numbers))
        named = role == "id" or cells.names_a_group(name, levels)
        if named and cells.are_many(levels, len(self._y) - missing):
            number, codes = len(self._labels), self._found.codes(name)[0]
            found = cells.repeats(codes, self._y, number, self.train, self.test)
            facts = replace(facts, repeats=found)
        if role != "feature":
            return facts
        return self._feature(facts)

    def _feature(self, facts: ColumnFacts) -> ColumnFacts:
        name, train = facts.name, self.train
        series = self._found[name]
        text = is_text(series)
        ordered = facts.kind in ("number", "integer", "boolean")
        # Other patients have other numbers: that is no drift.
        drifts = self._second_file and len(self.test) and not facts.repeats
        codes = None
        if self.sampled is None or text or drifts or facts.levels <= MOST_KEPT:
            codes, values = self._found.codes(name)
            judged = codes[self._judged]
        else:
            judged, values = pd.factorize(series.to_numpy()[self._judged])
        top, nothing = 1.0, {}
        if text and codes is not None:
            counts = np.bincount(codes[codes >= 0], minlength=len(values))
            nothing = cells.named_nothing(counts, values)
            if facts.kind == "category":
                most = np.sort(counts)[::-1][:SHOWN_LEVELS]
                top = float(most.sum() / max(1, counts.sum()))
        alone = implied = invented = differs = None
        if self._folds is not None:
            alone = self._folds.strength(judged, values, ordered=ordered)
        if len(train) and codes is not None and len(values) <= cells.MOST_VALUES:
            texts = tuple(map(label, values))
            counted = self._by_class(codes[train], self._y[train], len(values))
            implied = cells.implied(counted, texts, self._labels)
        plain = np.asarray(values)
        if facts.kind == "number" and cells.are_some_whole(plain):
            counted = self._by_class(judged, self._y[self._judged], len(values))
            seen = counted.any(axis=1)
            numbers = plain[seen].astype(float)
            invented = cells.invented(numbers, counted[seen], self._labels)
        if drifts and codes is not None:
            differs = drift(codes[train], codes[self.test], plain, ordered=ordered)
        twin, equal = self._twin(facts, judged if codes is None else codes)
        missing = facts.missing_by_class
        of = self.trained
        shares = {one: n / of[one] for one, n in missing.items() if of[one]}
        return replace(
            facts,
            top=top,
            nothing=nothing,
            missing_shares=shares if any(missing.values()) else {},
            alone=alone,
            implied=implied,
            invented=invented,
            drift=differs,
            twin=twin,
            twin_equal=equal,
        )

    def rows(self) -> RowFacts:
        """Measure which rows are equal in every feature, and which contradict so."""
        groups, distinct, train = self._dataset.equal_rows, self._distinct, self.train
        if distinct == len(groups):
            return RowFacts(distinct, 0, apart=self._apart)
        groups_of_train, y = groups[train], self._y[train]
        torn = contradictory_rows(groups_of_train, y)
        trained = np.zeros(distinct, dtype=bool)
        trained[groups_of_train] = True
        positive = y == 1 if len(self._labels) == 2 else np.zeros_like(torn)
        return RowFacts(
            distinct=distinct,
            copies=len(groups) - distinct,
            straddling=int(trained[groups[self.test]].sum()),
            contradictory=int(torn.sum()),
            contradictory_positives=int((torn & positive).sum()),
            example=self._example(groups_of_train, y, torn),
            apart=self._apart,
        )

    def _example(
        self, groups: np.ndarray, y: np.ndarray, torn: np.ndarray
    ) -> tuple[int, int] | None:
        """Return the numbers of two training rows that contradict each other."""
        if not torn.any():
            return None
        first = int(np.argmax(torn))
        others = (groups == groups[first]) & (y != y[first])
        numbers = self._row_numbers[self.train]
        return int(numbers[first]), int(numbers[int(np.argmax(others))])

    def _by_class(self, codes: np.ndarray, y: np.ndarray, values: int) -> np.ndarray:
        """Count the rows of each value and class."""
        number = len(self._labels)
        # Those of missing cells come first: their code is -1.
        counts = np.bincount((codes + 1) * number + y, minlength=(values + 1) * number)
        return counts.reshape(values + 1, number)[1:]

    def _twin(self, facts: ColumnFacts, codes: np.ndarray) -> tuple[str | None, bool]:
        """Find an earlier feature whose cells differ exactly where these differ.

        Levels are numbered in the order of their first rows, so columns that say
        the same in other words have the same codes, in these rows as in all.
        """
        name, levels = facts.name, facts.levels
        if levels < 2:
            return None, False
        key = (levels, zlib.crc32(codes.tobytes()))
        earlier = self._seen.setdefault(key, name)
        if earlier == name:
            return None, False
        both, known = (name, earlier), ~self._found.absent(name)
        mine, others = (self._found[one].to_numpy()[known] for one in both)
        missing = self._found.profile(earlier).missing
        if bool(np.all(mine == others)) and missing == facts.missing:
            return earlier, True
        # Numbers that never repeat tell their rows apart, whatever they measure.
        if 2 * levels > known.sum():
            return None, False
        mine, others = (self._found.codes(one)[0] for one in both)
        return (earlier if np.array_equal(mine, others) else None), False


def _row_numbers(table: Table, dataset: Dataset) -> np.ndarray:
    """Return the number that each row has in its file, from 1."""
    numbers = np.arange(1, len(table.frame) + 1)
    if table.test_rows:
        own = len(numbers) - table.test_rows
        numbers[own:] -= own
    own_numbers: np.ndarray = numbers[dataset.there]
    return own_numbers


def drift(
    train: np.ndarray, test: np.ndarray, values: np.ndarray, *, ordered: bool
) -> Drift | None:
    """Compare a column's training rows with its test rows.

    Parameters
    ----------
    train, test : numpy.ndarray
        Position of each cell in `values`, -1 where missing.
    values : numpy.ndarray of shape (n_values,)
        The different values.
    ordered : bool
        Whether they are numbers, whose order counts.

    Returns
    -------
    Drift or None
        None if there is no large difference.

    Examples
    --------
    >>> import numpy as np
    >>> old, new = np.zeros(500, dtype=int), np.ones(500, dtype=int)
    >>> drift(old, new, np.array(["a", "b"]), ordered=False).unseen
    500
    """
    width = len(values)
    before = np.bincount(train[train >= 0], minlength=width)
    after = np.bincount(test[test >= 0], minlength=width)
    n, m = int(before.sum()), int(after.sum())
    distance, unseen, example = 0.0, 0, ""
    if n and m:
        p, q = before / n, after / m
        if ordered:
            order = np.argsort(values)
            distance = float(np.abs(np.cumsum((p - q)[order])).max())
            chance = DRIFT_CHANCE * np.sqrt((n + m) / (n * m))
        else:
            distance = float(np.abs(p - q).sum() / 2)
            chance = _by_chance(before + after, n, m)
            new = (before == 0) & (after > 0)
            unseen = int(after[new].sum())
            if unseen < max(DRIFT_FEWEST, DRIFT_UNSEEN * m):
                unseen = 0
            else:
                example = str(values[int(np.argmax(np.where(new, after, 0)))])
        if distance < max(DRIFT, chance):
            distance = 0.0
    shares = (1 - n / max(1, len(train)), 1 - m / max(1, len(test)))
    missing = shares if abs(shares[0] - shares[1]) >= DRIFT_MISSING else None
    if not distance and not unseen and missing is None:
        return None
    return Drift(distance, unseen, missing, example)


def _by_chance(counts: np.ndarray, n: int, m: int) -> float:
    """Return twice the distance that two samples of one distribution would have."""
    p = counts / counts.sum()
    spread = np.sqrt(2 / np.pi * p * (1 - p) * (1 / n + 1 / m))
    return float(spread.sum())
