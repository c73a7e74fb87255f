"""What is known of methods before a run, and how it is worded: pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec.structs import replace
from textual.content import Content

from engine.core import format as figures
from engine.core import lab as client
from engine.core.lab import TreatedRows
from engine.core.methods.grammar import Arm
from engine.core.views.board import notices
from tui.features import wording
from tui.features.session import Session
from tui.terminal.safe_text import clean, clip, content
from tui.widgets.rows import STYLES

PATIENCE = 3.0
"""Seconds that a treatment may be estimated to take: it is only to be looked at."""
_MOST_CLASSES: Final = 4
_MOST_REMARKS: Final = 3


def treat(
    arm: Arm, axes: tuple[str, str] | None = None, column: str | None = None
) -> client.Treat:
    """Return the question what an arm does."""
    return client.Treat(id=0, arm=arm, axes=axes, column=column, patience=PATIENCE)


def current_arm(session: Session) -> Arm:
    """Return the arm that the cursor is on, as it would be run."""
    return session.draft.labelled(session.offer)


def why_not(session: Session) -> str:
    """Say why no arm can be tried on the table now; nothing if one can."""
    load = session.load
    if load.table is None:
        return wording.no_table(load)
    if load.busy:
        return "The dataset is being read again …"
    if load.table.target is None:
        return "No target is chosen: press t on a column of pane 1."
    if not load.table.train:
        problem = (load.table.problem or "these choices give none").rstrip(".")
        return f"There are no training rows: {problem}."
    return ""


def keep_findings(session: Session) -> Session:
    """Add what was answered about arms to what is known of others."""
    lab, answer = session.lab, session.lab.judge.answer
    new = {one.arm: one for one in answer.findings} if answer is not None else {}
    return replace(session, lab=replace(lab, findings=lab.findings | new))


def counts(
    before: Mapping[str, int], after: Mapping[str, int], open_end: bool
) -> Content:
    """Return the rows of each class before and after, in a line.

    Examples
    --------
    >>> counts({"no": 900, "yes": 90}, {"no": 900, "yes": 450}, False).plain
    'no 900   yes 90 → 450'
    """
    parts: list[Content] = []
    for label, was in list(before.items())[:_MOST_CLASSES]:
        name, now = (f"{clip(label, 14)} ", "dim"), after.get(label, 0)
        change = [f"{was:,} → ", (f"{now:,}", "bold")] if was != now else [f"{was:,}"]
        parts.append(Content.assemble(name, *change))
    if len(before) > _MOST_CLASSES:
        parts.append(Content(f"+{len(before) - _MOST_CLASSES} more"))
    if open_end:
        parts.append(Content.styled("then cleaned", "italic"))
    return Content("   ").join(parts)


def noticed(repairs: Sequence[str], notes: Sequence[str]) -> list[Content]:
    """Return what was repaired and noticed, a line each."""
    cells = notices(repairs, notes)
    return [content(cell.text, STYLES.get(cell.look, "")) for cell in cells]


def missing(session: Session, arm: Arm) -> tuple[str, str]:
    """Say why nothing is known of an arm yet: the reason, and what helps.

    Examples
    --------
    >>> missing(Session(), Arm(name="untreated"))[0]
    'No dataset is open: o opens a file or a sample.'
    """
    if reason := why_not(session):
        return reason, ""
    state = session.lab
    if (problem := state.problem_of(arm)) is not None:
        return problem.message, problem.fix
    name, finding = clip(arm.name, 30), state.findings.get(arm.name)
    seconds = finding.seconds if finding else 0.0
    took = f" (all rows: {figures.about(seconds)})" if seconds >= 1 else ""
    if state.judge.pending:
        return f"Working out what every arm takes, then what {name} does …", ""
    return f"Treating the training rows with {name}{took} …", ""


def treated_head(rows: TreatedRows, arm: Arm) -> Content:
    """Return in a line what became of the rows."""
    rest: str | Content = "no training row is changed"
    if arm.steps:
        rest = counts_line(rows)
    elif arm.ensemble:
        rest = f"{rest}: each of its learners balances its own sample"
    return Content.assemble((f"{clean(arm.name)}  ", "bold $text-accent"), rest)


def counts_line(rows: TreatedRows) -> Content:
    """Return the rows of each class before and after, and what changed."""
    made, removed = sum(rows.synthetic.values()), sum(rows.removed.values())
    changes = {"synthetic": made, "repeated": rows.copies, "dropped": removed}
    text = ", ".join(f"{many:,} {word}" for word, many in changes.items() if many)
    before = dict(sorted(rows.before.items(), key=lambda pair: -pair[1]))
    line = counts(before, rows.after, False)
    return Content.assemble(line, (f"   {text or 'nothing changed'}", "dim"))


def treated_remarks(rows: TreatedRows) -> Content:
    """Return the notes on resampled rows: a sample, repairs, notes."""
    lines = noticed(rows.repairs, rows.notes)
    if rows.sampled is not None:
        seen, every = rows.sampled.rows, figures.plural(rows.sampled.of, "training row")
        text = f"⚠ seen on {seen:,} of the {every}: all rows would take too long"
        lines.insert(0, content(text, "$text-warning"))
    return wording.lines(lines[:_MOST_REMARKS])
