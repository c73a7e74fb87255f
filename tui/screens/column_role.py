"""The question what a column is for, and of what kind it is."""

from __future__ import annotations

from typing import Final, cast

from engine.client.messages import ColumnInfo
from tui.choices import KINDS
from tui.console import figures
from tui.data_messages import KindChanged
from tui.mail import Intent
from tui.messages import RoleChanged
from tui.safe_text import clip
from tui.screens.confirm import Choice
from tui.session import RoleChoice

__all__ = ["ColumnRole", "intent"]

_ROLES: Final[tuple[tuple[RoleChoice, str, str], ...]] = (
    ("feature", "f", "feature      to learn from"),
    ("ignored", "i", "ignored      not to be learned from"),
    ("target", "t", "target       what is to be told"),
    ("group", "g", "group        equal values stay on one side"),
    ("time", "m", "time         the latest rows are the test rows"),
    ("split", "s", "split        it says which rows are the test rows"),
)
_KIND_KEYS: Final = {"number": "n", "category": "c", "date": "d", "text": "x"}
_KIND_WORDS: Final = {
    "number": "number       values on a scale",
    "category": "category     codes or names, in no order",
    "date": "date         days and times",
    "text": "text         free text",
}
_MARK: Final = "  ← now"


class ColumnRole(Choice):
    """What a column is for; dismisses with ``role-…`` or ``kind-…``.

    Parameters
    ----------
    column : ColumnInfo
        The column as it is now.
    changed : bool
        Whether its kind was chosen, and so can be what it looks like again.
    """

    def __init__(self, column: ColumnInfo, changed: bool) -> None:
        now = "ignored" if column.role == "id" else column.role
        answers = [
            (f"role-{role}", key, f"{label}{_MARK if role == now else ''}")
            for role, key, label in _ROLES
        ]
        answers += [
            (f"kind-{kind}", _KIND_KEYS[kind], _kind_label(kind, column.kind))
            for kind in KINDS
        ]
        if changed:
            answers.append(("kind-", "o", "own kind     the one that it looks like"))
        text = (
            f"{clip(column.name, 40)}: {column.kind}, "
            f"{figures.plural(column.levels, 'level')}. What is it for, and of what "
            "kind is it?"
        )
        super().__init__("The column", text, tuple(answers))


def _kind_label(kind: str, now: str) -> str:
    same = kind == now or (kind == "number" and now == "integer")
    return f"{_KIND_WORDS[kind]}{_MARK if same else ''}"


def intent(column: str, answer: str) -> Intent:
    """Return what an answer of the dialog means.

    Examples
    --------
    >>> intent("age", "kind-category")
    KindChanged(column='age', kind='category')
    """
    what, _, value = answer.partition("-")
    if what == "role":
        return RoleChanged(column, cast(RoleChoice, value))
    return KindChanged(column, value or None)
