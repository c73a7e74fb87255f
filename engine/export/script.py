"""An arm as code that needs no imbtui: read, split, encode, treat, fit, judge.

A Python file in percent-cell form, which editors open as a notebook; or a Jupyter
notebook (format 4.5) with charts and without outputs: whoever opens it runs it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from engine.export.kinds import Parts, of_text

if TYPE_CHECKING:
    from engine.export.case import Case
    from engine.export.scripting.cells import Cell

__all__ = ["notebook", "percent", "script", "written"]


def script(case: Case) -> Parts:
    """Return the script of an arm."""
    told: list[str] = []

    def make() -> str:
        from engine.export.scripting.cells import cells

        return percent(cells(case, say=told.append))

    what = f"{case.chosen.name} at {case.policy}, with pandas, scikit-learn and XGBoost"
    note = (
        "it reads the table from where it is now, or from a file named behind it: "
        "python SCRIPT.py TABLE"
    )
    return Parts((of_text("script.py", what, make),), (note,), lambda: tuple(told))


def notebook(case: Case) -> Parts:
    """Return the notebook of an arm."""
    told: list[str] = []

    def make() -> str:
        from engine.export.scripting.cells import cells
        from engine.export.scripting.charts import illustrated

        found = cells(case, notebook=True, say=told.append)
        return written(illustrated(found, multiclass=case.multiclass))

    what = f"{case.chosen.name} at {case.policy}, explained, with charts"
    note = "its charts need matplotlib, besides the libraries of the script"
    return Parts((of_text("notebook.ipynb", what, make),), (note,), lambda: tuple(told))


def percent(cells: tuple[Cell, ...]) -> str:
    """Return cells as a Python file with a mark before each.

    Examples
    --------
    >>> from engine.export.scripting.cells import Cell
    >>> text, code = Cell("a", "markdown", ("Text",)), Cell("b", "code", ("1 + 1",))
    >>> print(percent((text, code)))
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
            lines = [f"# {line}".rstrip() for line in cell.lines]
            parts.append("\n".join(["# %% [markdown]", *lines]))
        else:
            code = "\n".join(["# %%", *cell.lines]).rstrip()
            last = next(x for x in reversed(code.splitlines()) if x[:1].strip())
            # Two blank lines stand behind a function, as they do before it.
            parts.append(f"{code}\n" if last.startswith(("def ", "class ")) else code)
    return "\n\n".join(parts) + "\n"


def written(cells: tuple[Cell, ...]) -> str:
    """Return cells as the JSON of a notebook.

    Examples
    --------
    >>> from engine.export.scripting.cells import Cell
    >>> told = json.loads(written((Cell("a", "code", ("1 + 1",)),)))
    >>> told["nbformat"], told["cells"][0]["source"]
    (4, ['1 + 1'])
    """
    spec = {"display_name": "Python 3", "language": "python", "name": "python3"}
    document = {
        "cells": [_cell(number, cell) for number, cell in enumerate(cells, 1)],
        "metadata": {"kernelspec": spec, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(document, indent=1) + "\n"


def _cell(number: int, cell: Cell) -> dict[str, Any]:
    text = "\n".join(cell.lines).strip("\n")
    found: dict[str, Any] = {
        "cell_type": cell.kind,
        "id": f"{cell.name}-{number}",
        "metadata": {},
        "source": text.splitlines(keepends=True),
    }
    if cell.kind == "code":
        found |= {"execution_count": None, "outputs": []}
    return found
