"""What can be done in the view of an arm's mistakes, and when it makes sense."""

from __future__ import annotations

from typing import Final

from tui.commands import Command
from tui.explain import state_of
from tui.panes import results_wishes
from tui.panes.reading import READING
from tui.session import Session

__all__ = ["KEYS"]


def _known(session: Session) -> bool:
    return results_wishes.looked_at(session) is not None


def _rows(session: Session) -> bool:
    return _known(session) and results_wishes.choice_of(session).by is None


def _groups(session: Session) -> bool:
    return _known(session) and results_wishes.choice_of(session).by is not None


def _narrowed(session: Session) -> bool:
    choice = results_wishes.choice_of(session)
    return _known(session) and (
        choice.where is not None or results_wishes.against(session) is not None
    )


def _some(session: Session) -> bool:
    """Tell whether there is a row to say more about."""
    shown = state_of(session).rows.answer
    return _rows(session) and shown is not None and shown.total > 0


def _apart(session: Session) -> bool:
    narrowed = results_wishes.against(session) is not None  # Others may have rows.
    return bool(results_wishes.others(session)) and (
        _some(session) or (narrowed and _rows(session))
    )


_POLICIES: Final = tuple(c for c in READING if "threshold" not in c.id)


KEYS: Final = (
    Command(
        "results.errors_kind",
        "m",
        "Next kind of rows",
        "Missed, false alarms, found, rightly left alone.",
        "kind(1)",
        footer="kind",
        when=_rows,
    ),
    Command(
        "results.errors_kind_back",
        "M",
        "Previous kind of rows",
        "The kind before.",
        "kind(-1)",
        when=_rows,
    ),
    Command(
        "results.errors_apart",
        "d",
        "Where another arm differs",
        "Only rows that none calls otherwise; again: that the next arm does.",
        "apart",
        footer="differ",
        when=_apart,
    ),
    Command(
        "results.errors_by",
        "b",
        "By the levels of the column",
        "Counts the misses by the levels of the column under the cursor, or back.",
        "by",
        footer="levels",
        when=_known,
    ),
    Command(
        "results.errors_order",
        "s",
        "The other end first",
        "The worst mistakes first, or those nearest to being right.",
        "order",
        when=_rows,
    ),
    Command(
        "results.errors_why",
        "enter",
        "Why this score",
        "Says what each column added to the score of the row.",
        "why",
        footer="why",
        when=_some,
    ),
    Command(
        "results.errors_all",
        "backspace",
        "All rows again",
        "Takes away what narrows the rows.",
        "all",
        when=_narrowed,
    ),
    Command(
        "results.errors_column_next",
        "right",
        "Next column",
        "Counts the misses by the next column.",
        "column(1)",
        footer="column",
        when=_groups,
    ),
    Command(
        "results.errors_column_previous",
        "left",
        "Previous column",
        "Counts the misses by the column before.",
        "column(-1)",
        when=_groups,
    ),
    Command(
        "results.errors_arm_next",
        "right_square_bracket",
        "Next arm",
        "Focuses the next arm of the board.",
        "arm(1)",
        footer="arm",
        when=_known,
    ),
    Command(
        "results.errors_arm_previous",
        "left_square_bracket",
        "Previous arm",
        "Focuses the arm before on the board.",
        "arm(-1)",
        when=_known,
    ),
    *_POLICIES,
)
