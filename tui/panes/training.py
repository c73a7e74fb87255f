"""Pane 3: the run, arm by arm, while it works and afterwards, and its pictures."""

from __future__ import annotations

from functools import partial
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Static

from engine.core import format as figures
from engine.core.views.log import LogLine
from engine.state import ArmState
from tui.charts.search import boosting_curve, objective_by_trial
from tui.charts.view import ChartView, Draw
from tui.messages import CancelRequested, ResumeRequested, RunRequested
from tui.panes import progress, wording
from tui.panes.base import (
    Listing,
    Pane,
    Picture,
    Sized,
    View,
    changed,
    say,
    there,
)
from tui.safe_text import clean, clip, content
from tui.session import CurrentRun, Session
from tui.widgets.columns import ListColumn
from tui.widgets.rows import Item, Rows

NO_RUN = "No run yet: r starts one, 5 lists those in the store."
_TONES = {
    "plain": ("", ""),
    "good": ("✓ ", "$text-success"),
    "warn": ("⚠ ", "$text-warning"),
    "bad": ("✗ ", "bold $text-error"),
}


def _changed(session: Session, before: Session | None) -> bool:
    """Tell whether a picture of the run must be drawn again."""
    chosen = session.view.selected.get("training")
    other = before is not None and before.view.selected.get("training") != chosen
    return other or changed(session, before, "run")


def _trials_drawn(session: Session) -> Draw | None:
    """Return a picture of the best score so far of every arm."""
    run = session.run
    if run is None:
        return None
    series = {
        arm.name: [(t.number + 1, t.score) for t in arm.trials if not t.failed]
        for arm in run.state.arms
        if arm.trials
    }
    return partial(objective_by_trial, series, **_scores(run))


def _curve_drawn(session: Session) -> Draw | None:
    """Return the boosting curve of the arm looked at."""
    run = session.run
    if run is None:
        return None
    label, points = progress.curve_of(session)
    return partial(boosting_curve, points, label=clean(label), **_scores(run))


def _scores(run: CurrentRun) -> dict[str, Any]:
    """Return what a picture must know of the run's objective."""
    return {
        "objective": wording.objective(run.experiment.search.objective),
        "greater_is_better": progress.greater_is_better(run),
    }


class LiveView(View, Listing, Sized):
    """Every arm, and its best score by trial."""

    NAME = "live"
    TITLE = "Progress"
    BROAD = 90
    LOOKED = "training"
    MORE = "trials"
    HELP = "Progress"
    COPIED = "the progress"

    def compose(self) -> ComposeResult:
        """Lay out the arms and the charts."""
        yield Static(id="live-status")
        yield Rows(progress.COLUMNS, id="live-arms")
        with Horizontal(id="live-charts"):
            yield ChartView(id="live-trials", placeholder=NO_RUN)
            yield ChartView(id="live-curve")

    def show(self, session: Session, before: Session | None) -> None:
        """Draw what changed."""
        if session.run is None or changed(session, before, "run"):
            say(self.query_one("#live-status", Static), progress.status(session))
        if not _changed(session, before):
            return
        rows = self.query_one(Rows)
        there(rows, session.run is not None)
        looked = progress.current_arm(session)
        rows.update_items(progress.items(session), looked.name if looked else None)
        self.query_one("#live-trials", ChartView).show(_trials_drawn(session))
        self.query_one("#live-curve", ChartView).show(_curve_drawn(session))


class TrialsView(View):
    """The trials of one arm."""

    NAME = "trials"
    TITLE = "Trials"
    HELP = "Trials"
    COPIED = "the trials"

    def compose(self) -> ComposeResult:
        """Lay out the trials and the settings of one."""
        yield Static(id="trials-arm")
        yield Rows(
            (
                ListColumn("trial", 6, "right"),
                ListColumn("", 1),
                ListColumn("score", 8, "right"),
                ListColumn("folds", 15, "right", drop=1),
                ListColumn("rounds", 7, "right"),
                ListColumn("time", 7, "right"),
                ListColumn("settings", 20, grow=200, drop=2),
            ),
            id="trials-list",
            empty="No finished trial yet.",
        )
        yield Static(id="trials-settings")

    def show(self, session: Session, before: Session | None) -> None:
        """Draw what changed."""
        if not _changed(session, before):
            return
        arm = progress.current_arm(session)
        head = self.query_one("#trials-arm", Static)
        rows = self.query_one(Rows)
        rows.display = arm is not None
        if arm is None:
            say(head, Content.styled(NO_RUN, "dim"))
            rows.update_items([])
            say(self.query_one("#trials-settings", Static), Content(""))
            return
        say(head, _trials_head(arm, session))
        rows.update_items([_trial(arm, number) for number in range(len(arm.trials))])
        self._show_settings()

    @on(Rows.Highlighted)
    def _moved(self, event: Rows.Highlighted) -> None:
        event.stop()
        self._show_settings()

    def _show_settings(self) -> None:
        arm = progress.current_arm(self.session)
        key = self.query_one(Rows).highlighted
        trials = arm.trials if arm else ()
        found = next((t for t in trials if str(t.number) == key), None)
        text = "" if found is None else _settings(found.params)
        say(self.query_one("#trials-settings", Static), content(text, "dim"))


def _trials_head(arm: ArmState, session: Session) -> Content:
    run = session.run
    parts = [content(clip(arm.name, 24), "bold $text-accent")]
    if run is not None:
        name = wording.objective(run.experiment.search.objective)
        way = "more" if progress.greater_is_better(run) else "less"
        parts.append(content(f"score: {name}, {way} is better", "dim"))
    if arm.failed is not None:
        parts.append(content(f"✗ {arm.failed.message}", "$text-error"))
    return Content("  ").join(parts)


def _trial(arm: ArmState, place: int) -> Item:
    trial = arm.trials[place]
    best = arm.best is not None and arm.best.number == trial.number
    spread = next(iter(trial.folds.values()), ())
    shown = f"{min(spread):.3f}–{max(spread):.3f}" if spread else ""
    style = "bold" if best else ""
    return Item(
        str(trial.number),
        (
            (f"{trial.number + 1:,}", style),
            progress.BEST if best else progress.STOPPED if trial.pruned else "",
            (
                figures.NOTHING if trial.failed else figures.decimals(trial.score, 4),
                style,
            ),
            (shown, "dim"),
            figures.NOTHING if trial.failed else figures.count(trial.rounds),
            figures.clock(trial.seconds),
            (_settings(trial.params), "dim"),
        ),
    )


def _settings(params: dict[str, str | int | float | bool]) -> str:
    return "  ".join(
        f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in params.items()
    )


class LogView(View):
    """What happened, the newest last."""

    NAME = "log"
    TITLE = "Log"
    HELP = "The log"
    COPIED = "the log"

    def compose(self) -> ComposeResult:
        """Lay out the lines, and one of them in full."""
        yield Rows(
            (ListColumn("arm", 12, grow=18), ListColumn("what", 30, grow=400)),
            id="log-lines",
            empty=NO_RUN,
        )
        yield Static(id="log-line")

    def show(self, session: Session, before: Session | None) -> None:
        """Draw what changed, and follow the end if that is where the cursor is."""
        log = session.run.log if session.run else ()
        old = before.run.log if before is not None and before.run else None
        if before is not None and old is log:
            return
        rows = self.query_one(Rows)
        last = not rows.items or rows.highlighted == rows.items[-1].key
        items = [_line(place, line) for place, line in enumerate(log)]
        rows.update_items(items, items[-1].key if items and last else None)
        self._show_line()

    @on(Rows.Highlighted)
    def _moved(self, event: Rows.Highlighted) -> None:
        event.stop()
        self._show_line()

    def _show_line(self) -> None:
        log = self.session.run.log if self.session.run else ()
        key = self.query_one(Rows).highlighted
        found = log[int(key)].text if key is not None and int(key) < len(log) else ""
        say(self.query_one("#log-line", Static), content(found, "dim"))


def _line(place: int, line: LogLine) -> Item:
    mark, style = _TONES[line.tone]
    return Item(str(place), (line.arm, (f"{mark}{line.text}", style)))


class TrainingPicture(Picture):
    """The run as pictures: all arms, one curve, one arm's trials, the log."""

    PANE = "training"
    VIEWS = (LiveView, TrialsView, LogView)


class TrainingPane(Pane, Listing, can_focus=True):
    """The run: how far each arm is."""

    PANE = "training"
    NUMBER = 3
    TITLE = "Training"
    LOOKED = "training"
    MORE = "trials"
    HELP = "3 Training"
    COPIED = "the progress"

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
        return Content(f"{figures.bar(done, total, 10)} {done:,}/{total:,}{clock}")

    def subtitle(self, session: Session) -> Content:
        """Return the run's number and state."""
        run = session.run
        return Content("") if run is None else content(f"run {run.number} {run.status}")

    def show(self, session: Session, before: Session | None) -> None:
        """Draw what changed."""
        run, rows = session.run, self.query_one(Rows)
        if run is None or changed(session, before, "run"):
            say(self.query_one("#training-status", Static), progress.status(session))
        if _changed(session, before):
            looked = progress.current_arm(session)
            rows.update_items(progress.items(session), looked.name if looked else None)
            rows.display = run is not None
        if run is not None and any(one.has_focus for one in self.query(Button)):
            # A button that goes must not take the focus with it.
            self.screen.set_focus(rows)
        offers = {
            "run": run is None and session.runnable is None,
            "cancel": session.running,
            "resume": run is not None and (run.resumable or run.lost is not None),
        }
        for name, offered in offers.items():
            self.query_one(f"#training-{name}", Button).display = offered
        self.query_one("#training-buttons").display = any(offers.values())
        self.hold_focus(run is None and session.runnable is not None)

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
