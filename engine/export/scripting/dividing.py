"""The hold-out, written as plainly as this run's rows allow."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from engine.data.duplicates import units_of_copies
from engine.data.sides import held_out
from engine.errors import DataError
from engine.export.scripting.readers import call
from engine.export.scripting.words import NUMERIC, Imports, literal
from engine.split import together
from engine.split_draw import choose_groups, draw, draw_groups, draw_units

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
            if any("train_test_split(" in line for line in one.lines):
                imports.name("sklearn.model_selection", "train_test_split")
            return one
    raise DataError(
        "this version divides the rows in another way than the run's did",
        "export with the version of imbtui that made the run",
    )


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
        way = (dataset.groups, dataset.y, *_asked(case))
        yield (*draw_groups(*way), _grouped(case))
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


def _asked(case: Case) -> tuple[float, int, bool]:
    """Return the test share, the seed, and whether the draw is stratified."""
    spec = case.experiment.split
    return spec.test_size, case.experiment.seed, spec.stratify


def _drawn(case: Case) -> Iterator[_Way]:
    """Yield the plain draw, then that in which equal rows stay together."""
    dataset, spec = case.bench.dataset, case.experiment.split
    how = "stratified by class" if spec.stratify else "without regard to the classes"
    why = f"{spec.test_size:.0%} of the rows, drawn {how}, are kept for one last look."
    with suppress(ValueError):
        rows = np.arange(len(dataset.y))
        train, test = draw(rows, dataset.y, *_asked(case))
        yield train, test, Divided(why, _plain(case))
    way = together(dataset.y, dataset.equal_rows, spec, case.experiment.seed, [])
    most = f"most={way.most}" + (", whole=True" if way.whole else "")
    function = draw_groups if way.chosen else draw_units
    lines = (
        f"same = table.groupby({_features(case)}, dropna=False, sort=False)",
        "same = same.ngroup().to_numpy()  # rows that are equal have one number",
        f"units = units_of_copies(same, y, {most})",
        f"train, test = {function.__name__}(units, y, {_arguments(case)})",
    )
    why += " Equal rows stay on one side, unless they are too many to be copies."
    needed = choose_groups if way.chosen else draw
    functions = (needed, units_of_copies, function)
    yield way.train, way.test, Divided(why, (*_sources(*functions), *lines))


def _plain(case: Case) -> tuple[str, ...]:
    """Return the code of a draw row by row."""
    share, seed, stratify = _asked(case)
    counts = np.bincount(case.bench.dataset.y)
    rows, labels, begin = "np.arange(len(table))", "y", "train, test = "
    lines: list[str] = []
    alone = stratify and len(counts) > 2 and bool((counts == 1).any())
    if alone:
        lines += [
            "# A class of one row cannot be on both sides: it is for training.",
            "alone = np.bincount(y)[y] == 1",
        ]
        rows, labels = "np.flatnonzero(~alone)", "y[~alone]"
    parts = [rows, f"test_size={share!r}", f"random_state={seed}"]
    parts += [f"stratify={labels}"] if stratify else []
    lines.append(begin + call("train_test_split", parts, len(begin)))
    if alone:
        lines.append("train = np.concatenate([train, np.flatnonzero(alone)])")
    return tuple(lines)


def _arguments(case: Case) -> str:
    share, seed, stratify = _asked(case)
    return f"share={share!r}, seed={seed}, stratify={stratify}"


def _sources(*functions: Callable[..., Any]) -> Iterator[str]:
    """Yield the functions that draw as code, each with the first line of its words."""
    for function in functions:
        text = inspect.getsource(function)
        (node,) = ast.parse(text).body
        assert isinstance(node, ast.FunctionDef)
        words = node.body[0]
        lines = text.splitlines()
        lines[words.lineno - 1] = (
            f'    """{(function.__doc__ or "").splitlines()[0]}"""'
        )
        del lines[words.lineno : words.end_lineno]
        # The script imports them at its top.
        code = [x for x in lines if not re.match(r"    (import|from) \w", x)]
        yield "\n".join(code) + "\n\n"


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
        (
            *_sources(choose_groups, draw_groups),
            *lines,
            f"train, test = draw_groups(group, y, {_arguments(case)})",
        ),
    )
