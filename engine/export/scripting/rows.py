"""The run's rows by the libraries alone: read, divided, encoded.

What a table takes is found out on its cells: a plain call of pandas if that comes to
what the run understood, else the rows as the export of tables writes them. The code is
run here and must come to the very numbers that the run's model was fitted on.
"""

from __future__ import annotations

import ast
import inspect
import os
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

import numpy as np
import pandas as pd

from engine.core.errors import DataError, SpecError
from engine.core.experiment import SplitSpec
from engine.data.duplicates import units_of_copies
from engine.export.case import Case
from engine.export.scripting.reading import Source, UnreadError, complete, sources
from engine.export.scripting.words import NUMERIC, imports, render
from engine.features.encoder import LARGEST
from engine.io.quiet import collect_warnings
from engine.io.scratch import temporary_folder
from engine.splits.draw import choose_groups, draw, draw_groups, draw_units
from engine.splits.holdout import together

INSTEAD = "run it as a CSV, or export the arm as a bundle"


class EncodingNeeds(NamedTuple):
    """What the columns of a table ask of an encoding.

    Attributes
    ----------
    named : dict of str to list of str
        The columns of numbers, and of categories.
    numbers, marks : int
        Columns of numbers, and those that mark a missing one.
    zero_one, whole : list of int
        Places of flags and of whole numbers among the numbers.
    levels : bool
        Whether there are categories.
    most : int
        Columns that a category has at most, if rare levels share one; else 0.
    blank : bool
        Whether cells of categories are missing.
    clipped : str
        Beyond which numbers are cut; empty where none is as large.
    fill, scaled, prepared : str
        The code of what fills a number, of that and what scales it, and of all that a
        column of numbers goes through.
    X : numpy.ndarray of shape (n_train, n_features), dtype float32
        The training rows, encoded.
    """

    named: dict[str, list[str]]
    numbers: int
    marks: int
    zero_one: list[int]
    whole: list[int]
    levels: bool
    most: int
    blank: bool
    clipped: str
    fill: str
    scaled: str
    prepared: str
    X: np.ndarray

    @property
    def features(self) -> str:
        """The feature columns as the code calls them."""
        return " + ".join(self.named)

    @property
    def flag_names(self) -> list[str]:
        """The columns that are 0 or 1."""
        return [self.named["numbers"][place] for place in self.zero_one]


class SplitCode(NamedTuple):
    """How a script divides the rows.

    Attributes
    ----------
    kind : str
        ``plain``, ``alone``, ``groups``, ``units``, ``time`` or ``by``.
    spec : SplitSpec
    share, arguments, most : str
        The share of test rows, and what the functions are called with, as code.
    seed : int
    functions : tuple of str
        The source of functions of ours that it takes.
    draw : str
        Which of them draws units.
    """

    kind: str
    spec: SplitSpec
    share: str
    seed: int
    arguments: str
    functions: tuple[str, ...] = ()
    draw: str = ""
    most: str = ""


class RowCode(NamedTuple):
    """What makes a script's rows: how they are read, divided and encoded."""

    source: Source
    split: SplitCode
    encoding: EncodingNeeds
    target: str
    labels: list[str]


def rows(case: Case) -> RowCode:
    """Find code that comes to the run's encoded rows.

    Raises
    ------
    SpecError
        If pandas does not come to the table.
    DataError
        If other libraries come to other numbers than in the run.
    """
    encoding, split = _encoding(case), _split(case)
    dataset, why = case.bench.dataset, list[str]()
    folder = temporary_folder()
    try:
        for source in sources(case, folder, why):
            try:
                with collect_warnings():
                    source = complete(case, source, encoding.named)
                target, labels = dataset.info.target, [*dataset.labels]
                code = RowCode(source, split, encoding, target, labels)
                _compare(case, encoding, render("rows", **code._asdict()), source.path)
            except UnreadError as error:
                why.append(str(error))
                continue
            return code
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if "other rows" in why[-1]:
        what = "this version divides or encodes rows in another way than the run's did"
        raise DataError(what, "export with the versions that made the run")
    raise SpecError(
        f"pandas alone does not read the run's table: {why[0]}", INSTEAD, field="kind"
    )


# Dividing -----------------------------------------------------------------------------


def _split(case: Case) -> SplitCode:
    dataset, spec, split = case.bench.dataset, case.experiment.split, case.bench.split
    share, seed = spec.test_size, case.experiment.seed
    arguments = f"share={share!r}, seed={seed}, stratify={spec.stratify}"
    found = SplitCode("plain", spec, repr(share), seed, arguments)
    if dataset.test is not None or dataset.times is not None:
        return found._replace(kind="time" if dataset.test is None else "by")
    if dataset.groups is not None:
        functions = _sources_of(choose_groups, draw_groups)
        return found._replace(kind="groups", functions=functions)
    with suppress(ValueError):
        every = np.arange(len(dataset.y))
        drawn = draw(every, dataset.y, share, seed, spec.stratify)
        if all(map(np.array_equal, drawn, (split.train, split.test))):
            counts = np.bincount(dataset.y)
            alone = spec.stratify and len(counts) > 2 and bool((counts == 1).any())
            return found._replace(kind="alone" if alone else "plain")
    way = together(dataset.y, dataset.equal_rows, spec, seed, [])
    function = draw_groups if way.chosen else draw_units
    needed = choose_groups if way.chosen else draw
    return found._replace(
        kind="units",
        functions=_sources_of(needed, units_of_copies, function),
        draw=function.__name__,
        most=f"most={way.most}" + (", whole=True" if way.whole else ""),
    )


def _sources_of(*functions: Callable[..., object]) -> tuple[str, ...]:
    """Return functions as code, each with the first line of its words."""
    found = []
    for function in functions:
        text = inspect.getsource(function)
        (node,) = ast.parse(text).body
        assert isinstance(node, ast.FunctionDef)
        words, lines = node.body[0], text.splitlines()
        first = (function.__doc__ or "").splitlines()[0]
        lines[words.lineno - 1 : words.end_lineno] = [f'    """{first}"""']
        # The script imports them at its top.
        code = [x for x in lines if not re.match(r"    (import|from) \w", x)]
        found.append("\n".join(code))
    return tuple(found)


# Encoding -----------------------------------------------------------------------------


def _encoding(case: Case) -> EncodingNeeds:
    dataset, features = case.bench.dataset, case.features()
    train = dataset.frame.iloc[case.bench.split.train]
    columns = dataset.columns
    numbers = [c.name for c in columns if c.kind in NUMERIC]
    levels = [c.name for c in columns if c.kind not in NUMERIC]
    kinds = [c.kind for c in columns if c.kind in NUMERIC]
    every = dataset.frame[numbers]
    native = case.plan.missing(case.chosen.arm) == "native"
    fill, scale = "", "StandardScaler()" if set(kinds) - {"boolean"} else ""
    if not native and every.isna().to_numpy().any():
        empty = train[numbers].isna().all().any()
        more = ", keep_empty_features=True" if empty else ""
        fill = f'SimpleImputer(strategy="median"{more})'
    both = f"make_pipeline({fill}, {scale})" if fill and scale else fill or scale
    prepared = both or '"passthrough"'
    if scale and "boolean" in kinds:
        prepared = "prepared(name)"
    largest = np.nanmax(np.abs(every.to_numpy(dtype=float)), initial=0.0)
    named = {"numbers": numbers, "categories": levels}
    return EncodingNeeds(
        named={name: columns for name, columns in named.items() if columns},
        numbers=len(numbers),
        marks=features.layout_.flat - len(numbers),
        zero_one=[i for i, kind in enumerate(kinds) if kind == "boolean"],
        whole=[i for i, kind in enumerate(kinds) if kind == "integer"],
        levels=bool(levels),
        most=case.experiment.features.max_categories if features.rare_ else 0,
        blank=bool(dataset.frame[levels].isna().to_numpy().any()),
        clipped=repr(LARGEST) if largest > LARGEST else "",
        fill=fill,
        scaled=both,
        prepared=prepared,
        X=features.transform(train),
    )


def _compare(case: Case, encoding: EncodingNeeds, code: str, path: str) -> None:
    """Run the code, and refuse it if it does not come to the run's rows."""
    names: dict[str, object] = {"np": np, "pd": pd, "os": os, "DATA": path}
    try:  # it is what the user gets: of data it holds literals only
        exec("\n".join([*imports(code), code]), names)
    except Exception as error:  # whatever the libraries raise
        raise UnreadError(f"other rows come of it: {error}") from None
    dataset, split = case.bench.dataset, case.bench.split
    wanted = {
        "y_train": dataset.y[split.train],
        "y_test": dataset.y[split.test],
        "X_train": encoding.X,
        "X_test": case.features().transform(dataset.frame.iloc[split.test]),
    }
    for name, rows in wanted.items():
        if not np.array_equal(np.asarray(names[name]), rows, equal_nan=True):
            raise UnreadError(f"other rows come of it ({name})")
