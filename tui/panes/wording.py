"""Words that several panes use for the same thing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from textual.content import Content

from tui.console import figures
from tui.panes import deciding
from tui.safe_text import content, pad
from tui.session import Session
from tui.spoken import spoken
from tui.widgets.columns import Cell

__all__ = [
    "NO_DATASET",
    "OBJECTIVES",
    "STAGES",
    "bar",
    "first_line",
    "lines",
    "objective",
    "per_mille",
    "policy",
    "policy_short",
    "refusal",
    "size",
    "titled",
]

NO_DATASET = "No dataset is open: o opens a file or a sample."

OBJECTIVES = {
    "average_precision": "average precision",
    "roc_auc": "ROC AUC",
    "log_loss": "log loss",
    "brier": "Brier score",
}
"""Objectives as people call them."""

STAGES: dict[str, tuple[str, str]] = {
    "waiting": ("waiting", "dim"),
    "prepare": ("preparing", "$text-accent"),
    "tune": ("tuning", "$text-accent"),
    "fit": ("fitting", "$text-accent"),
    "done": ("done", "$text-success"),
    "failed": ("✗ failed", "bold $text-error"),
    "stopped": ("stopped", "$text-warning"),
}
"""Stages of an arm as words, with their styles."""


def size(count: int | None) -> str:
    """Write a number of bytes.

    Examples
    --------
    >>> size(4_100_000_000), size(2_612_000), size(980), size(None)
    ('4.1 GB', '2.6 MB', '980 B', '—')
    """
    if count is None:
        return figures.NOTHING
    if count >= 1_000_000_000:
        return f"{count / 1e9:.1f} GB"
    if count >= 1_000_000:
        return f"{count / 1e6:.1f} MB"
    return f"{count / 1e3:.0f} kB" if count >= 1000 else f"{count} B"


def objective(name: str) -> str:
    """Return an objective as people call it."""
    return OBJECTIVES.get(name, name)


def policy(session: Session, name: str) -> str:
    """Return a policy as a board heads it, with the costs that are meant."""
    return figures.policy_name(name, **_meant(session))


def policy_short(session: Session, name: str) -> str:
    """Return a policy as `policy`, where there is little room."""
    return figures.policy_short(name, **_meant(session))


def _meant(session: Session) -> dict[str, Any]:
    """Return the costs that are meant, and whether all classes are told apart."""
    base = session.run.experiment if session.run else session.draft.base
    decision = base.decision
    return {
        "cost_fn": decision.cost_fn - decision.cost_tp,
        "cost_fp": decision.cost_fp - decision.cost_tn,
        "several": deciding.whole(session),
    }


def per_mille(value: float | None) -> str:
    """Write a cost per 1,000 rows.

    Examples
    --------
    >>> per_mille(123.42), per_mille(1234.5), per_mille(None)
    ('123.4', '1,234', '—')
    """
    if value is None:
        return figures.NOTHING
    return f"{value:,.1f}" if value < 1000 else f"{value:,.0f}"


def bar(done: int, total: int, width: int) -> str:
    """Return a bar of so many cells.

    Examples
    --------
    >>> bar(12, 20, 10), bar(0, 0, 4)
    ('━━━━━━────', '────')
    """
    full = width * min(done, total) // total if total > 0 else 0
    return "━" * full + "─" * (width - full)


def lines(parts: Iterable[Content]) -> Content:
    """Return contents below each other."""
    return Content("\n").join(parts)


def titled(title: str, value: Cell, width: int = 12) -> Content:
    """Return a muted title and a value behind it, as one line."""
    text, style = (value, "") if isinstance(value, str) else value
    return Content.assemble((pad(title, width), "dim"), " ", content(text, style))


def refusal(message: str, remedy: str = "") -> Content:
    """Return why something cannot be, and what to do."""
    said = content(f"✗ {message}", "bold $text-error")
    return lines([said, content(f"→ {spoken(remedy)}")]) if remedy else said


def first_line(text: Content) -> Content:
    """Return the first of several lines."""
    return text.split("\n", allow_blank=True)[0]
