"""An arm as a Python file that needs no imbtui: read, split, encode, treat, fit, judge.

It is in percent-cell form, which editors open as a notebook.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.export.pieces import Parts, of_text

if TYPE_CHECKING:
    from engine.export.case import Case
    from engine.export.scripting.cells import Cell

__all__ = ["percent", "script"]

NOTES = (
    "it reads the table from where it is now, or from a file named behind it: "
    "python SCRIPT.py TABLE",
)


def script(case: Case) -> Parts:
    """Return the script of an arm."""
    told: list[str] = []

    def make() -> str:
        from engine.export.scripting.cells import cells

        return percent(cells(case, say=told.append))

    what = f"{case.chosen.name} at {case.policy}, with pandas, scikit-learn and XGBoost"
    return Parts((of_text("script.py", what, make),), NOTES, lambda: tuple(told))


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
