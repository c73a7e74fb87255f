"""An arm as code that needs no imbtui: read, split, encode, treat, fit, judge.

As a Python file in percent-cell form, which editors open as a notebook, and as a
Jupyter notebook with charts: JSON of format 4.5 without outputs. The text is in
`scripting/templates`; nothing is run here but what comes to the run's rows, to compare
them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import chain
from textwrap import wrap
from typing import Literal, NamedTuple

from engine.core.exports import Parts, of_text
from engine.core.version import __version__
from engine.export.case import Case
from engine.export.scripting import fitting
from engine.export.scripting.fitting import Calls
from engine.export.scripting.rows import rows
from engine.export.scripting.words import imports, render

WRAP = 86
OF_SCRIPTS = (
    "it reads the table from where it is now, or from a file named behind it: "
    "python SCRIPT.py TABLE"
)
OF_NOTEBOOKS = "its charts need matplotlib, besides the libraries of the script"
_LIBRARIES = ("pandas", "numpy", "scikit-learn", "imbalanced-learn", "xgboost")
_MARK = re.compile(r"^# %%( \[markdown\])?\n", re.MULTILINE)


class ScriptCell(NamedTuple):
    """A part of a script: text that explains, or code."""

    kind: Literal["markdown", "code"]
    text: str


def script_cells(
    case: Case, *, notebook: bool = False, say: Callable[[str], None] | None = None
) -> tuple[ScriptCell, ...]:
    """Return the cells of an arm, from its table to its confusion matrix.

    Parameters
    ----------
    case : Case
    notebook : bool, default=False
        Whether it is for a notebook, which has charts and no command line.
    say : callable, optional
        Told what is to be done before it can be run, if anything is.

    Raises
    ------
    SpecError
        If the libraries alone cannot do what the run did.
    DataError
        If the table or the versions are others than the run's.
    """
    calls = Calls()
    found = rows(case)
    treated = fitting.method_values(case, found.encoding, calls)
    source, here = found.source, case.state.versions
    if say is not None and source.advice:
        why = ""
        if source.instead:
            why = f"pandas alone does not read the run's table ({source.instead}): "
        say(f"{why}{source.advice[:1].lower()}{source.advice[1:]}")
    foreign = [*treated.foreign] if treated else []
    if not source.read:
        foreign.append("pyarrow")
    quoted = shown if notebook else ascii
    given = {
        **found._asdict(),
        **fitting.decision_values(case),
        "model": fitting.model_values(case, calls),
        "treatment": treated,
        "table": case.bench.dataset.info.name,
        "arm": case.chosen.name,
        "at": case.at,
        "run": case.run,
        "version": __version__,
        "versions": ", ".join(f"{n} {here[n]}" for n in _LIBRARIES if n in here),
        "foreign": ", ".join(map(quoted, foreign)),
        "notebook": notebook,
        "multiclass": case.multiclass,
        "quoted": quoted,
    }
    text = render("script", imports=(), **given)
    return cells(render("script", imports=imports(text, calls.homes), **given))


def cells(text: str) -> tuple[ScriptCell, ...]:
    r"""Return the cells of a script in percent form.

    Examples
    --------
    >>> cells("# %% [markdown]\n# Text\n\n# %%\n1 + 1\n")
    (ScriptCell(kind='markdown', text='Text'), ScriptCell(kind='code', text='1 + 1'))
    """
    found = []
    _, *parts = _MARK.split(text)
    for mark, part in zip(parts[::2], parts[1::2], strict=True):
        body = part.strip("\n")
        if mark:
            lines = (x.removeprefix("#").removeprefix(" ") for x in body.splitlines())
            body = "\n".join(lines)
        if body:
            found.append(ScriptCell("markdown" if mark else "code", body))
    return tuple(found)


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


def script(case: Case) -> Parts:
    """Return the script of an arm."""
    what = f"{case.chosen.name} at {case.at}, with pandas, scikit-learn and XGBoost"
    return _parts(case, "script.py", what, OF_SCRIPTS)


def notebook(case: Case) -> Parts:
    """Return the notebook of an arm."""
    what = f"{case.chosen.name} at {case.at}, explained, with charts"
    return _parts(case, "notebook.ipynb", what, OF_NOTEBOOKS)


def _parts(case: Case, name: str, what: str, note: str) -> Parts:
    notes: list[str] = []

    def make() -> str:
        if name.endswith(".py"):
            return percent(script_cells(case, say=notes.append))
        return book(script_cells(case, notebook=True, say=notes.append))

    return Parts((of_text(name, what, make),), (note,), lambda: tuple(notes))


def percent(cells: tuple[ScriptCell, ...]) -> str:
    """Return cells as a Python file with a mark before each.

    Examples
    --------
    >>> from engine.export.script import ScriptCell
    >>> print(percent((ScriptCell("markdown", "Text"), ScriptCell("code", "1 + 1"))))
    # %% [markdown]
    # Text
    <BLANKLINE>
    # %%
    1 + 1
    <BLANKLINE>
    """
    parts = []
    for cell in cells:
        if cell.kind == "markdown":
            lines = [wrap(line, WRAP) or [""] for line in cell.text.splitlines()]
            text = [f"# {line}".rstrip() for line in chain(*lines)]
            parts.append("\n".join(["# %% [markdown]", *text]))
        else:
            parts.append(f"# %%\n{cell.text}")
    return "\n\n".join(parts) + "\n"


def book(cells: tuple[ScriptCell, ...]) -> str:
    """Return cells as the JSON of a notebook.

    Examples
    --------
    >>> from engine.export.script import ScriptCell
    >>> made = json.loads(book((ScriptCell("code", "1 + 1"),)))
    >>> made["nbformat"], made["cells"][0]["source"]
    (4, ['1 + 1'])
    """
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    document = {
        "cells": [_cell(number, cell) for number, cell in enumerate(cells, 1)],
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(document, indent=1) + "\n"


def _cell(number: int, cell: ScriptCell) -> dict[str, object]:
    found: dict[str, object] = {
        "cell_type": cell.kind,
        "id": f"{cell.kind}-{number}",
        "metadata": {},
        "source": cell.text.splitlines(keepends=True),
    }
    if cell.kind == "code":
        found |= {"execution_count": None, "outputs": []}
    return found
