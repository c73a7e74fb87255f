"""The hold-out, written as plainly as this run's rows allow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from engine.data.sides import held_out
from engine.errors import DataError
from engine.export.scripting.readers import call
from engine.export.scripting.words import NUMERIC, Imports, literal

if TYPE_CHECKING:
    from engine.export.case import Case
    from engine.export.scripting.reading import Reading

__all__ = ["Divided", "divided"]


class Divided(NamedTuple):
    """How rows are told apart: in words, and in code."""

    why: str
    lines: tuple[str, ...]


def divided(case: Case, read: Reading, imports: Imports) -> Divided:
    """Return the code that comes to the run's training and test rows, in their order.

    Raises
    ------
    DataError
        If none does.
    """
    split = case.bench.split
    if read.apart:
        return Divided(
            "The rows of the second file are the test rows.",
            ("train, test = np.arange(first), np.arange(first, len(table))",),
        )
    for way in _ways(case, read):
        train, test, one = way
        if np.array_equal(train, split.train) and np.array_equal(test, split.test):
            for line in one.lines:
                for name in ("train_test_split", "GroupShuffleSplit", _DEALS):
                    if f"{name}(" in line:
                        imports.name("sklearn.model_selection", name)
            return one
    raise DataError(
        "this version divides the rows in another way than the run's did",
        "export with the version of imbtui that made the run",
    )


_DEALS = "StratifiedGroupKFold"

_Way = tuple[np.ndarray, np.ndarray, Divided]


def _ways(case: Case, read: Reading) -> Iterator[_Way]:
    dataset, spec = case.bench.dataset, case.experiment.split
    train, test = case.bench.split.train, case.bench.split.test
    if dataset.test is not None:
        yield train, test, _told(case, read)
    elif dataset.times is not None:
        yield (
            train,
            test,
            Divided(
                f"The latest {spec.test_size:.0%} of the rows are the test rows.",
                (
                    f"moments = table[{literal(spec.time)}].to_numpy()",
                    "known, rows = np.unique(moments, return_counts=True)",
                    "before = np.cumsum(rows)[:-1]  # of each moment but the first",
                    f"wanted = (1 - {spec.test_size!r}) * len(table)",
                    "cut = np.abs(before - wanted).argmin()",
                    "train = np.flatnonzero(moments <= known[cut])",
                    "test = np.flatnonzero(moments > known[cut])",
                ),
            ),
        )
    elif dataset.groups is not None:
        yield (*_dealt(case, dataset.groups), _grouped(case))
    else:
        yield from _drawn(case)


def _told(case: Case, read: Reading) -> Divided:
    """Return the code where a column or a second file says which are test rows."""
    by = case.experiment.split.by
    if by is None:
        column = literal(read.table.columns[-1])
        why = "The rows of the second file are the test rows."
        return Divided(
            why,
            (
                f"train = np.flatnonzero(~table[{column}].to_numpy(bool))",
                f"test = np.flatnonzero(table[{column}].to_numpy(bool))",
            ),
        )
    cells = read.table[by]
    tests = list(dict.fromkeys(cells[held_out(cells.rename(by))].tolist()))
    return Divided(
        "A column says which rows are the test rows.",
        (
            f"held_out = table[{literal(by)}].isin({literal(tests)}).to_numpy()",
            "train, test = np.flatnonzero(~held_out), np.flatnonzero(held_out)",
        ),
    )


class _Draw(NamedTuple):
    """One draw by scikit-learn: what comes of it, and its code."""

    kept: np.ndarray
    test: np.ndarray
    lines: tuple[str, ...]


def _draw(case: Case, among: np.ndarray, rows: str, kept: str, test: str) -> _Draw:
    """Draw some of the rows; the names are those that the code gives them."""
    from sklearn.model_selection import train_test_split

    spec, seed, y = case.experiment.split, case.experiment.seed, case.bench.dataset.y
    inside = y[among]
    counts = np.bincount(inside)
    alone = np.zeros(len(among), dtype=bool)
    if spec.stratify and len(counts) > 2:
        alone = counts[inside] == 1
    found = train_test_split(
        among[~alone],
        test_size=spec.test_size,
        random_state=seed,
        stratify=inside[~alone] if spec.stratify else None,
    )
    lines: list[str] = []
    labels = "y" if rows == _ALL else f"y[{rows}]"
    if alone.any():
        lines += [
            "# A class of one row cannot be on both sides: it is for training.",
            f"rows, labels = {rows}, {labels}",
            "alone = np.bincount(labels)[labels] == 1",
        ]
        rows, labels = "rows[~alone]", "labels[~alone]"
    parts = [rows, f"test_size={spec.test_size!r}", f"random_state={seed}"]
    parts += [f"stratify={labels}"] if spec.stratify else []
    begin = f"{kept}, {test} = "
    lines.append(begin + call("train_test_split", parts, len(begin)))
    if alone.any():
        lines.append(f"{kept} = np.concatenate([{kept}, rows[alone]])")
    train = np.concatenate([found[0], among[alone]])
    return _Draw(train, found[1], tuple(lines))


_ALL = "np.arange(len(table))"


def _drawn(case: Case) -> Iterator[_Way]:
    """Yield the plain draw, then the ways in which equal rows stay together."""
    dataset, spec = case.bench.dataset, case.experiment.split
    how = "stratified by class" if spec.stratify else "without regard to the classes"
    why = f"{spec.test_size:.0%} of the rows, drawn {how}, are kept for one last look."
    with suppress(ValueError):
        plain = _draw(case, np.arange(len(dataset.y)), _ALL, "train", "test")
        yield plain.kept, plain.test, Divided(why, plain.lines)
    why += " Rows that are equal in every feature stay on one side."
    same = dataset.equal_rows
    numbered = (
        f"same = table.groupby({_features(case)}, dropna=False, sort=False)",
        "same = same.ngroup().to_numpy()  # rows that are equal have one number",
    )
    first = np.unique(same, return_index=True)[1]
    with suppress(ValueError):
        drawn = _draw(case, first, "first", "kept", "held_out")
        place = np.empty(len(first), dtype=np.int64)
        place[same[np.concatenate([drawn.kept, drawn.test])]] = np.arange(len(first))
        order = np.argsort(place[same], kind="stable")
        ends = int((place[same] < len(drawn.kept)).sum())
        lines = (
            *numbered,
            "first = np.unique(same, return_index=True)[1]",
            *drawn.lines,
            "place = np.empty(len(first), dtype=int)",
            "place[same[np.concatenate([kept, held_out])]] = np.arange(len(first))",
            "# Each copy stands right behind the first of its kind.",
            'order = np.argsort(place[same], kind="stable")',
            "ends = np.isin(same, same[kept]).sum()",
            "train, test = order[:ends], order[ends:]",
        )
        yield order[:ends], order[ends:], Divided(why, lines)
    lines = (*numbered, *_deals(case, same, "same"))
    yield (*_dealt(case, same), Divided(why, lines))


def _features(case: Case) -> str:
    """Return the feature columns as the code calls them."""
    there = {c.kind in NUMERIC for c in case.bench.dataset.columns}
    if there == {True, False}:
        return "numbers + categories"
    return "numbers" if True in there else "categories"


def _grouped(case: Case) -> Divided:
    spec, groups = case.experiment.split, case.bench.dataset.groups
    assert groups is not None
    column = literal(spec.group)
    lines = [f"group, known = pd.factorize(table[{column}])"]
    if (case.bench.dataset.whole[spec.group].isna()).any():
        lines += [
            "alone = group < 0  # a row without a group is one of its own",
            "group[alone] = len(known) + np.arange(alone.sum())",
        ]
    return Divided(
        f"About {spec.test_size:.0%} of the rows are kept for one last look; rows of "
        "one group stay on one side.",
        (*lines, *_deals(case, groups, "group")),
    )


def _deals(case: Case, groups: np.ndarray, name: str) -> tuple[str, ...]:
    """Return the code that deals out whole groups."""
    from engine.split import nearest_share

    spec, seed = case.experiment.split, case.experiment.seed
    if not spec.stratify:
        return (
            "shuffle = GroupShuffleSplit(",
            f"    1, test_size={spec.test_size!r}, random_state={seed}",
            ")",
            f"train, test = next(shuffle.split({name}, y, {name}))",
        )
    parts, taken = nearest_share(spec.test_size, len(np.unique(groups)))
    return (
        f"deal = StratifiedGroupKFold({parts}, shuffle=True, random_state={seed})",
        f"pieces = [test for _, test in deal.split({name}, y, {name})]",
        f"test = np.sort(np.concatenate(pieces[:{taken}]))",
        "train = np.setdiff1d(np.arange(len(table)), test)",
    )


def _dealt(case: Case, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what that code comes to."""
    from engine.split import hold_out

    spec = case.experiment.split
    found = hold_out(
        case.bench.dataset.y, spec, seed=case.experiment.seed, groups=groups
    )
    return found.train, found.test
