"""What views of a treatment share: they ask for it, and say why it is not there."""

from __future__ import annotations

from typing import Final

from textual.content import Content
from textual.timer import Timer

from engine.client.lab import Treat, TreatedRows
from engine.core import format as figures
from engine.resample import registry
from engine.spec import Arm
from tui import lab
from tui.arm_messages import BalanceDialogRequested, LeakScreenRequested
from tui.commands import Command
from tui.panes import wording
from tui.panes.arms_words import counts, noticed
from tui.panes.base import SessionWidget, View
from tui.questions import Ask
from tui.safe_text import clean, clip, content
from tui.session import Session

PAUSE: Final = 0.2
"""Seconds that an arm is looked at before its treatment is asked for."""
_MOST_REMARKS = 3


def has_classes(session: Session) -> bool:
    """Tell whether an arm can be tried on the open table."""
    return not lab.why_not(session)


def _treats(session: Session) -> bool:
    return has_classes(session) and bool(lab.current_arm(session).steps)


def _two(session: Session) -> bool:
    table = session.load.table
    return has_classes(session) and table is not None and len(table.train) == 2


TRIALS: Final = (
    Command("arms.balance", "W", "Write the balanced training table", when=_treats),
    Command("arms.leak", "L", "Show the leak: resampled before the split", when=_two),
)
"""What can be tried with the highlighted arm, wherever it is looked at."""


class Trying(SessionWidget):
    """Mixed into what an arm can be tried from, beside training it."""

    def action_balance(self) -> None:
        """Ask where the balanced training table is to be written."""
        self.post_message(BalanceDialogRequested(lab.current_arm(self.session)))

    def action_leak(self) -> None:
        """Show the wrong way beside the right one, with SMOTE if nothing is treated."""
        arm = lab.current_arm(self.session)
        self.post_message(
            LeakScreenRequested(arm if arm.steps else registry.arm("smote"))
        )


class TreatedView(View):
    """A view of what the highlighted arm does to the training rows."""

    _timer: Timer | None = None

    @property
    def arm(self) -> Arm:
        """The arm that is looked at."""
        return lab.current_arm(self.session)

    def wanted(self) -> Treat:
        """Return what is to be seen of it."""
        return lab.treat(self.arm)

    def enough(self, asked: Treat) -> bool:
        """Tell whether an older question is as good as what is wanted now."""
        return asked == self.wanted()

    def _lacks(self) -> bool:
        """Tell whether something is still to be asked."""
        asked = self.session.lab.treat.request
        known = asked is not None and self.enough(asked)
        return not known and has_classes(self.session)

    def ask(self) -> None:
        """Ask for what is wanted, once the user stays with it."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self._lacks():
            self._timer = self.set_timer(PAUSE, self._send)

    def _send(self) -> None:
        self._timer = None
        if self.seen and self._lacks():
            self.post_message(Ask("lab.treat", self.wanted()))


def missing(session: Session, arm: Arm) -> tuple[str, str]:
    """Say why nothing is known of an arm yet: the reason, and what helps.

    Examples
    --------
    >>> missing(Session(), Arm(name="untreated"))[0]
    'No dataset is open: o opens a file or a sample.'
    """
    if reason := lab.why_not(session):
        return reason, ""
    state = session.lab
    if (problem := state.problem_of(arm)) is not None:
        return problem.message, problem.fix
    name = clip(arm.name, 30)
    finding = state.findings.get(arm.name)
    long = finding is not None and finding.seconds >= 1
    took = f" (all rows: {figures.about(finding.seconds)})" if finding and long else ""
    if state.judge.pending:
        return f"Working out what every arm takes, then what {name} does …", ""
    return f"Treating the training rows with {name}{took} …", ""


def head(rows: TreatedRows, arm: Arm) -> Content:
    """Return in a line what became of the rows."""
    name = (f"{clean(arm.name)}  ", "bold $text-accent")
    if not arm.steps:
        why = "each of its learners balances rows of its own" if arm.ensemble else ""
        rest = f": {why}" if why else ""
        return Content.assemble(name, f"no training row is changed{rest}")
    return Content.assemble(name, counts_line(rows))


def counts_line(rows: TreatedRows) -> Content:
    """Return the rows of each class before and after, and what changed."""
    changes = (
        (sum(rows.synthetic.values()), "synthetic"),
        (rows.copies, "repeated"),
        (sum(rows.removed.values()), "dropped"),
    )
    told = ", ".join(f"{many:,} {word}" for many, word in changes if many)
    before = dict(sorted(rows.before.items(), key=lambda pair: -pair[1]))
    line = counts(before, rows.after, False)
    return Content.assemble(line, (f"   {told or 'nothing changed'}", "dim"))


def remarks(rows: TreatedRows) -> Content:
    """Return what must be said of a treatment: a sample, repairs, notes."""
    lines: list[Content] = []
    if rows.sampled is not None:
        text = (
            f"⚠ seen on {rows.sampled.rows:,} of the "
            f"{figures.plural(rows.sampled.of, 'training row')}: all take too long to "
            "be looked at"
        )
        lines.append(content(text, "$text-warning"))
    lines += noticed(rows.repairs, rows.notes)
    return wording.lines(lines[:_MOST_REMARKS])
