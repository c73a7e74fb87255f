"""A script as cells: what both the Python file and the notebook are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, NamedTuple

from engine._version import __version__
from engine.export.scripting.dividing import divided
from engine.export.scripting.encoding import encoded
from engine.export.scripting.fitting import decided, fitted, judged, undefined
from engine.export.scripting.reading import Reading, reading
from engine.export.scripting.treating import Treatment, treatment
from engine.export.scripting.words import Imports, assigned, literal

if TYPE_CHECKING:
    from engine.export.case import Case

__all__ = ["Cell", "cells"]


class Cell(NamedTuple):
    """A part of a script: text that explains, or code.

    Attributes
    ----------
    name : str
        What it is about.
    kind : {"markdown", "code"}
    lines : tuple of str
    """

    name: str
    kind: Literal["markdown", "code"]
    lines: tuple[str, ...]


def cells(
    case: Case, *, notebook: bool = False, say: Callable[[str], None] | None = None
) -> tuple[Cell, ...]:
    """Return the cells of an arm, from its table to its confusion matrix.

    Parameters
    ----------
    case : Case
    notebook : bool, default=False
        Whether it is for a notebook, which has no command line.
    say : callable, optional
        Told what is to be done before it can be run, if anything is.

    Raises
    ------
    SpecError
        If the libraries alone cannot do what the run did.
    DataError
        If the table or the versions are others than the run's.
    """
    imports = Imports()
    said = shown if notebook else ascii
    read = reading(case)
    if say is not None:
        for line in read.advice:
            say(f"{_instead(read)}{line[:1].lower()}{line[1:]}")
    split = divided(case, read, imports)
    rows = encoded(case, read, imports)
    recipe = treatment(case, rows, imports)
    model = fitted(case, "fit" if recipe.lines else "train", imports)
    matrix = decided(case, imports)
    figures = judged(case, imports)
    found = [
        _text("about", *_about(case, recipe, said)),
        _code("imports", *_imports(case, imports, recipe, notebook=notebook)),
        _text("table", "## The table", "", *_of_table(read, said)),
        _code("table", *_data(case, read, notebook=notebook)),
        _text("split", "## The hold-out", "", split.why),
        _code("split", *split.lines),
        _text("encoding", "## Columns become numbers", "", *_of_encoding(case)),
        _code("encoding", *rows.lines),
    ]
    if recipe.lines:
        found += [
            _text("treatment", "## The remedy", "", *_of_remedy(recipe)),
            *([_code("before", "\n\n\n".join(recipe.before))] if recipe.before else []),
            _code("treatment", *recipe.lines, "print(np.bincount(y_fit))"),
        ]
    found += [
        _text("model", "## The model", "", *_of_model(case)),
        _code("model", *model),
        _text("matrix", "## The decision", "", *_of_decision(case)),
        _code("matrix", *matrix),
        _code("figures", *figures),
    ]
    if not notebook:
        found.append(_code("result", *_result(case)))
    return tuple(found)


def _text(name: str, *lines: str) -> Cell:
    return Cell(name, "markdown", lines)


def _code(name: str, *lines: str) -> Cell:
    return Cell(name, "code", lines)


def shown(text: str) -> str:
    """Return a name for a text cell: a literal, without what Markdown understands.

    Examples
    --------
    >>> print(shown("smote-enn"), shown("<b>`x`"))
    'smote-enn' '&#60;b&#62;&#96;x&#96;'
    """
    plain = ascii(text)
    safe = "'\" .,-+:"
    return "".join(c if c.isalnum() or c in safe else f"&#{ord(c)};" for c in plain)


def _about(case: Case, recipe: Treatment, said: Callable[[str], str]) -> list[str]:
    versions = case.state.versions
    names = ["pandas", "numpy", "scikit-learn", "imbalanced-learn", "xgboost"]
    told = [f"{name} {versions[name]}" for name in names if name in versions]
    lines = [
        "# From a table to a confusion matrix",
        "",
        "What imbtui did in one arm of a run, written out with pandas, numpy,",
        "scikit-learn, imbalanced-learn and xgboost. The same versions give the same",
        f"numbers: {', '.join(told[:3])},",
        f"{', '.join(told[3:])}." if told[3:] else "",
        "",
        f"- table: {said(case.bench.dataset.info.name)},"
        f" target {said(case.bench.dataset.info.target)}",
        f"- arm: {said(case.chosen.name)}",
        f"- operating point: {said(case.policy)}",
        f"- written by imbtui {__version__} from run {said(case.run)}",
    ]
    if recipe.foreign:
        also = ", ".join(map(said, recipe.foreign))
        lines.append(f"- it also needs: {also}")
    return lines


def _imports(
    case: Case, imports: Imports, recipe: Treatment, *, notebook: bool
) -> list[str]:
    standard = ["import os"] if notebook else ["import json", "import os", "import sys"]
    boosted = case.chosen.arm.ensemble is None
    lines = imports.lines()
    return [
        *standard,
        "",
        "# Before the libraries are loaded: which of several rows at the same distance",
        "# comes first depends on the number of threads.",
        'os.environ["OMP_NUM_THREADS"] = "1"',
        "",
        "import numpy as np",
        "import pandas as pd",
        *(["import xgboost as xgb"] if boosted else []),
        *lines,
    ]


def _instead(read: Reading) -> str:
    """Say why the table itself is not read, before it is said what is done instead."""
    if not read.instead:
        return ""
    return f"pandas alone does not read the run's table ({read.instead}): "


def _of_table(read: Reading, said: Callable[[str], str]) -> list[str]:
    lines = []
    if read.instead:
        lines = [
            "The run's rows as imbtui writes them (--as data): pandas alone does not",
            f"read the table itself, {said(read.instead)}.",
            "",
        ]
    return [
        *lines,
        "Cells are read as text, so that nothing is guessed; then each column gets the",
        "type that it had in the run. Other columns of the table are not used.",
    ]


def _data(case: Case, read: Reading, *, notebook: bool) -> list[str]:
    names = ("DATA", "TEST")[: len(read.paths)]
    lines = [f"# {one}" for one in read.advice]
    for name, path in zip(names, read.paths, strict=True):
        lines.append(f"{name} = {literal(path)}")
    if not notebook:
        given = "1" if len(names) == 1 else "1:3"
        lines += [
            f'if len(sys.argv) > {len(names)} and not hasattr(sys, "ps1"):'
            "  # not in a notebook",
            f"    {', '.join(names)} = sys.argv[{given}]",
        ]
    labels = assigned("labels", list(case.bench.dataset.labels))
    return [*lines, *read.read, *read.tidy, labels]


def _of_encoding(case: Case) -> list[str]:
    lines = [
        "Everything is learned from the training rows only: medians, means, scales and",
        "levels. Each column of numbers goes by itself, as in the run: scaled",
        "together, their means would differ in the last bit.",
    ]
    return lines


def _of_remedy(recipe: Treatment) -> list[str]:
    lines = ["Training rows only: the test rows stay as they are."]
    if recipe.made:
        lines += [
            "What is interpolated between rows is made legal afterwards: a model could",
            "tell it from real rows by a third of a level.",
        ]
    return lines


def _of_model(case: Case) -> list[str]:
    if case.chosen.arm.ensemble is not None:
        return ["An ensemble that balances the rows of each of its members."]
    return [
        "The parameters and the number of rounds that the search found, fitted on all",
        "training rows. One thread, and a seed for each round: the same trees again.",
    ]


def _of_decision(case: Case) -> list[str]:
    if case.policy == "default":
        return [
            "A row is called the class with the highest score."
            if case.multiclass
            else "A row is called positive from one half on: nothing was tuned here.",
        ]
    what = "weights of the classes were" if case.multiclass else "threshold was"
    return [
        f"The {what} chosen on out-of-fold scores of the training rows, before",
        "the test rows were looked at.",
    ]


def _result(case: Case) -> list[str]:
    figure = "float(figure)"
    if undefined(case):
        figure = "None if np.isnan(figure) else float(figure)"
    return [
        "# The last line is for programs.",
        f"told = {{name: {figure} for name, figure in figures.items()}}",
        'print(json.dumps({"confusion": matrix.tolist(), **told}))',
    ]
