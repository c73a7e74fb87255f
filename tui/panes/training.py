"""Pane 3: the run, arm by arm, while it works and afterwards."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Static

from tui.console import figures
from tui.messages import (
    CancelRequested,
    ResumeRequested,
    RunRequested,
)
from tui.panes import progress, wording
from tui.panes.base import Copied, Pane, Picture
from tui.panes.layout import ArmList, say
from tui.panes.training_views import CurveView, LiveView, LogView, TrialsView
from tui.safe_text import content
from tui.session import Session
from tui.widgets.rows import Rows


class TrainingPicture(Picture):
    """The run as pictures: all arms, one curve, one arm's trials, the log."""

    PANE = "training"
    VIEWS = (LiveView, CurveView, TrialsView, LogView)


class TrainingPane(Pane, ArmList, can_focus=True):
    """The run: how far each arm is."""

    PANE = "training"
    NUMBER = 3
    TITLE = "Training"
    LOOKED = "training"
    MORE = "trials"
    HELP = "3 Training"

    def compose_body(self) -> ComposeResult:
        """Lay out the status, the arms, and what can be done."""
        yield Static(id="training-status")
        yield Rows(progress.COLUMNS, header=False, id="training-arms")
        with Horizontal(id="training-buttons"):
            yield Button("▶ run", id="training-run", compact=True)
            yield Button("■ cancel", id="training-cancel", compact=True)
            yield Button("▶ resume", id="training-resume", compact=True)

    def picture(self) -> Picture:
        """Return the run's picture."""
        return TrainingPicture()

    def summary(self, session: Session) -> Content:
        """Return the status, or how far the run is."""
        run = session.run
        if run is None or not run.live or not run.state.arms:
            return wording.first_line(progress.status(session))
        done, total = run.trials
        left = run.remaining
        clock = "" if left is None else f"  ~{figures.clock(left)} left"
        return Content(f"{wording.bar(done, total, 10)} {done:,}/{total:,}{clock}")

    def subtitle(self, session: Session) -> Content:
        """Return the run's number and state."""
        run = session.run
        return Content("") if run is None else content(f"run {run.number} {run.status}")

    def show(self, session: Session, before: Session | None) -> None:
        """Draw what changed."""
        other = before is None or before.run is not session.run
        chosen = session.view.selected.get("training")
        if before is not None and before.view.selected.get("training") != chosen:
            self.query_one(Rows).highlight(chosen)
        if other or (session.run is None and before is not session):
            say(self.query_one("#training-status", Static), progress.status(session))
        if other:
            rows = self.query_one(Rows)
            looked = progress.looked_at(session)
            rows.update_items(progress.items(session), looked.name if looked else None)
            rows.display = session.run is not None
        run = session.run
        rows = self.query_one(Rows)
        if run is not None and self._inside and not rows.has_focus:
            # A button that goes must not take the focus with it.
            self.screen.set_focus(rows)
        stopped = run is not None and (run.resumable or run.lost is not None)
        self._offer("run", run is None and session.runnable is None)
        self._offer("cancel", session.running)
        self._offer("resume", stopped)
        # Something must have the focus for the pane's keys to work.
        self.can_focus = run is None and session.runnable is not None
        if not self.can_focus and self.has_focus:
            self.enter()

    @property
    def _inside(self) -> bool:
        focused = self.screen.focused
        return isinstance(focused, Button) and self in focused.ancestors

    def _offer(self, name: str, offered: bool) -> None:
        button = self.query_one(f"#training-{name}", Button)
        if button.display != offered:
            button.display = offered
        line = self.query_one("#training-buttons")
        line.display = any(one.display for one in line.query(Button))

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        match event.button.id:
            case "training-run":
                self.post_message(RunRequested())
            case "training-cancel":
                self.post_message(CancelRequested())
            case _ if self.session.run is not None:
                self.post_message(ResumeRequested(self.session.run.id))
            case _:
                pass

    def copied(self) -> Copied:
        """Return the arms as text."""
        return Copied(self.query_one(Rows).as_text(), "the progress")
