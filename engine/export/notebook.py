"""An arm as a Jupyter notebook: the script's cells, and charts. Nothing is run here.

The file is JSON as Jupyter's format 4.5 wants it, without outputs: whoever opens it
runs it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from engine.export.pieces import Parts, of_text

if TYPE_CHECKING:
    from engine.export.case import Case
    from engine.export.scripting.cells import Cell

__all__ = ["notebook", "written"]

NOTES = ("its charts need matplotlib, besides the libraries of the script",)


def notebook(case: Case) -> Parts:
    """Return the notebook of an arm."""
    told: list[str] = []

    def make() -> str:
        from engine.export.scripting.cells import cells
        from engine.export.scripting.charts import illustrated

        found = cells(case, notebook=True, say=told.append)
        return written(illustrated(found, multiclass=case.multiclass))

    what = f"{case.chosen.name} at {case.policy}, explained, with charts"
    return Parts((of_text("notebook.ipynb", what, make),), NOTES, lambda: tuple(told))


def written(cells: tuple[Cell, ...]) -> str:
    """Return cells as the JSON of a notebook.

    Examples
    --------
    >>> from engine.export.scripting.cells import Cell
    >>> told = json.loads(written((Cell("a", "code", ("1 + 1",)),)))
    >>> told["nbformat"], told["cells"][0]["source"]
    (4, ['1 + 1'])
    """
    document = {
        "cells": [_cell(number, cell) for number, cell in enumerate(cells, 1)],
        "metadata": {
            "kernelspec": {
                "display_name": "Python 3",
                "language": "python",
                "name": "python3",
            },
            "language_info": {"name": "python"},
        },
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
