"""An arm as code that needs no imbtui: read, split, encode, treat, fit, judge.

As a Python file in percent-cell form, which editors open as a notebook, and as a
Jupyter notebook with charts: JSON of format 4.5 without outputs. Nothing is run here
but what comes to the run's rows, to compare them.
"""

from __future__ import annotations

import json
from itertools import chain
from textwrap import wrap
from typing import TYPE_CHECKING

from engine.export.kinds import Parts, of_text

if TYPE_CHECKING:
    from engine.export.case import Case
    from engine.export.scripting.text import ScriptCell


WIDTH = 86
OF_SCRIPTS = (
    "it reads the table from where it is now, or from a file named behind it: "
    "python SCRIPT.py TABLE"
)
OF_NOTEBOOKS = "its charts need matplotlib, besides the libraries of the script"


def script(case: Case) -> Parts:
    """Return the script of an arm."""
    what = f"{case.chosen.name} at {case.at}, with pandas, scikit-learn and XGBoost"
    return _parts(case, "script.py", what, OF_SCRIPTS)


def notebook(case: Case) -> Parts:
    """Return the notebook of an arm."""
    what = f"{case.chosen.name} at {case.at}, explained, with charts"
    return _parts(case, "notebook.ipynb", what, OF_NOTEBOOKS)


def _parts(case: Case, name: str, what: str, note: str) -> Parts:
    told: list[str] = []

    def make() -> str:
        from engine.export.scripting.text import written

        if name.endswith(".py"):
            return percent(written(case, say=told.append))
        return book(written(case, notebook=True, say=told.append))

    return Parts((of_text(name, what, make),), (note,), lambda: tuple(told))


def percent(cells: tuple[ScriptCell, ...]) -> str:
    """Return cells as a Python file with a mark before each.

    Examples
    --------
    >>> from engine.export.scripting.text import ScriptCell
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
            lines = [wrap(line, WIDTH) or [""] for line in cell.text.splitlines()]
            said = [f"# {line}".rstrip() for line in chain(*lines)]
            parts.append("\n".join(["# %% [markdown]", *said]))
        else:
            parts.append(f"# %%\n{cell.text}")
    return "\n\n".join(parts) + "\n"


def book(cells: tuple[ScriptCell, ...]) -> str:
    """Return cells as the JSON of a notebook.

    Examples
    --------
    >>> from engine.export.scripting.text import ScriptCell
    >>> told = json.loads(book((ScriptCell("code", "1 + 1"),)))
    >>> told["nbformat"], told["cells"][0]["source"]
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
