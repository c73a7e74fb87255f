"""Pane 3: the run, arm by arm, while it works and afterwards, and its pictures."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.events import Resize
from textual.widgets import Button, Static

from engine.core import format as figures
from engine.core.events import TrialFinished
from engine.core.methods.samplers import ParamValue
from engine.core.state import ArmState
from engine.core.views.progress import LogLine, left_text
from tui.charts.curves import boosting_curve, objective_by_trial
from tui.charts.plane import CHOSEN, DIM, PLAIN
from tui.charts.pointing import Pointing, fit_items
from tui.charts.view import ChartView, Draw, Mark
from tui.features import wording
from tui.features.commands import crossing
from tui.features.messages import CancelRequested, ResumeRequested, RunRequested
from tui.features.pane import Listing, Pane, Picture, Sized, View, say, there
from tui.features.session import CurrentRun, Session
from tui.features.training import progress
from tui.terminal.safe_text import clean, clip, content
from tui.widgets.rows import Item, ListColumn, Rows

NO_RUN = "No run yet: r starts one, 5 lists those in the store."
_PARTS = ("run", "view.selected", "load", "draft")
_MARKS = {"good": "✓ ", "warn": "⚠ ", "bad": "✗ "}


def _draw_trials(run: CurrentRun, looked: str) -> Draw:
    """Return a picture of the best score so far of every arm.

    The arm that is looked at is in front, and one in colour to compare it with.
    """
    series, beside = progress.scores(run, looked), progress.beside(run, looked)
    ranks = {**dict.fromkeys(series, DIM), beside: PLAIN, looked: CHOSEN}
    return _with_objective(run, partial(objective_by_trial, series, ranks=ranks))


def _draw_curve(session: Session, run: CurrentRun) -> Draw:
    """Return the boosting curve of the arm looked at."""
    label, points = progress.curve_of(session)
    draw = partial(boosting_curve, points, label=clean(label))
    if (arm := progress.current_arm(session)) is not None:
        draw = partial(draw, rounds=progress.rounds_of(run, arm))
    return _with_objective(run, draw)


def _with_objective(run: CurrentRun, draw: Callable[..., str]) -> Draw:
    """Return a picture that knows of the run's objective."""
    name = run.experiment.search.objective
    better = progress.greater_is_better(run)
    return partial(draw, objective=wording.objective(name), greater_is_better=better)


def _tried(session: Session) -> bool:
    return session.run is not None and any(a.trials for a in session.run.part.arms)


class LiveView(View, Listing, Sized, Pointing):
    """Every arm, and its best score by trial."""

    NAME = "live"
    TITLE = "Progress"
    BROAD = 90
    DRAWS = _PARTS
    MORE = ("training", "trials")
    COMMANDS_HERE: ClassVar = crossing("training", _tried)

    def compose(self) -> ComposeResult:
        """Lay out the arms, the charts, and what is read of them."""
        yield Static(id="live-status")
        yield Rows(progress.columns(progress.WIDE_BAR), id="live-arms")
        with Horizontal(id="live-charts"):
            yield ChartView(id="live-trials", placeholder=NO_RUN)
            yield ChartView(id="live-curve")
        yield Static(id="live-read")

    def on_resize(self, event: Resize) -> None:
        """Have the focus where the list, which has it else, is not shown."""
        super().on_resize(event)
        if self._drawn is not None:
            self.can_focus = not self.query_one(Rows).display

    def show(self, session: Session, before: Session | None) -> None:
        """Draw what changed."""
        say(self.query_one("#live-status", Static), progress.status(session))
        rows = self.query_one(Rows)
        there(rows, session.run is not None)
        looked = progress.current_arm(session)
        items = progress.items(session, progress.WIDE_BAR)
        rows.update_items(items, looked.name if looked else None)
        trials, curve = self.query(ChartView)
        run = session.run
        name = looked.name if looked else ""
        trials.show(None if run is None else _draw_trials(run, name))
        curve.show(None if run is None else _draw_curve(session, run))
        self.can_focus = not rows.display
        if before is not None and before.run and run and before.run.id != run.id:
            self.pointed = None
        self.read()
        if before is None or _tried(before) != _tried(session):
            self.refresh_bindings()

    def read(self) -> None:
        """Read the arm and the one beside it at a trial, the last one at first."""
        trials, curve = self.query(ChartView)
        place = self.pointed
        if place is not None and place.chart == curve.id and curve.display:
            spots = progress.read_curve(self.session, place.x)
            marked, other = curve, trials
        else:
            spots = progress.read_trials(self.session, place.x if place else math.inf)
            marked, other = trials, curve
        other.mark()
        marked.mark(*(Mark(*spots[0].at, True) for _ in spots[:1] if place))
        width = self.size.width or 1000
        lines = [content(fit_items(spot.head, spot.items, width)) for spot in spots]
        say(self.query_one("#live-read", Static), wording.lines(lines))


class _Detailed(View):
    """Lines, and below them what there is to say of the one under the cursor."""

    @on(Rows.Highlighted)
    def _moved(self, event: Rows.Highlighted) -> None:
        event.stop()
        self.show_detail()

    def show_detail(self) -> None:
        """Show it."""
        key = self.query_one(Rows).highlighted
        text = "" if key is None else self.detail(key)
        say(self.query(Static).last(), content(text, "dim"))

    def detail(self, key: str) -> str:
        """Return what there is to say of a line."""
        raise NotImplementedError


class TrialsView(_Detailed):
    """The trials of one arm."""

    NAME = "trials"
    DRAWS = ("run", "view.selected")

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
        )
        yield Static(id="trials-settings")

    def show(self, session: Session, before: Session | None) -> None:
        """Draw what changed."""
        arm, rows = progress.current_arm(session), self.query_one(Rows)
        rows.display = arm is not None
        head = Content.styled(NO_RUN, "dim")
        if arm is not None and session.run is not None:
            head = _trials_head(arm, session.run)
            rows.say_empty(progress.no_trial(session.run, arm))
        say(self.query_one("#trials-arm", Static), head)
        rows.update_items([_trial(arm, one) for one in arm.trials] if arm else [])
        self.show_detail()

    def detail(self, key: str) -> str:
        """Return the settings of a trial."""
        arm = progress.current_arm(self.session)
        trials = arm.trials if arm else ()
        return next((_settings(t.params) for t in trials if str(t.number) == key), "")


def _trials_head(arm: ArmState, run: CurrentRun) -> Content:
    name = wording.objective(run.experiment.search.objective)
    way = "more" if progress.greater_is_better(run) else "less"
    parts = [
        content(clip(arm.name, 24), "bold $text-accent"),
        content(f"score: {name}, {way} is better", "dim"),
    ]
    if arm.failed is not None:
        parts.append(content(f"✗ {arm.failed.message}", "$text-error"))
    return Content("  ").join(parts)


def _trial(arm: ArmState, trial: TrialFinished) -> Item:
    best = arm.best is not None and arm.best.number == trial.number
    mark = progress.BEST if best else progress.STOPPED if trial.pruned else ""
    style = "bold" if best else ""
    score, rounds = figures.decimals(trial.score, 4), figures.count(trial.rounds)
    if trial.failed:
        score = rounds = figures.NOTHING
    spread = next(iter(trial.folds.values()), ())
    folds = f"{min(spread):.3f}–{max(spread):.3f}" if spread else ""
    number = (f"{trial.number + 1:,}", style)
    results = ((score, style), (folds, "dim"), rounds, figures.clock(trial.seconds))
    settings = (_settings(trial.params), "dim")
    return Item(str(trial.number), (number, mark, *results, settings))


def _settings(params: dict[str, ParamValue]) -> str:
    return "  ".join(
        f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in params.items()
    )


class LogView(_Detailed):
    """What happened, the newest last."""

    NAME = "log"
    HELP = "The log"

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
        log = _log(session)
        if before is not None and log is _log(before):
            return
        rows = self.query_one(Rows)
        rows.say_empty(NO_RUN if session.run is None else "Nothing has happened yet.")
        last = not rows.items or rows.highlighted == rows.items[-1].key
        items = [_line(place, line) for place, line in enumerate(log)]
        rows.update_items(items, items[-1].key if items and last else None)
        self.show_detail()

    def detail(self, key: str) -> str:
        """Return a line in full."""
        log, place = _log(self.session), int(key)
        return log[place].text if place < len(log) else ""


def _log(session: Session) -> tuple[LogLine, ...]:
    return session.run.log if session.run else ()


def _line(place: int, line: LogLine) -> Item:
    text, style = f"{_MARKS.get(line.tone, '')}{line.text}", line.tone
    return Item(str(place), (line.arm, (text, "" if style == "plain" else style)))


class TrainingPicture(Picture):
    """The run as pictures: all arms, one curve, one arm's trials, the log."""

    PANE = "training"
    VIEWS = (LiveView, TrialsView, LogView)


class TrainingPane(Pane, Listing, can_focus=True):
    """The run: how far each arm is."""

    PANE = "training"
    PICTURE = TrainingPicture
    DRAWS = _PARTS
    MORE = ("training", "trials")
    COPIED = "the progress"

    def compose_body(self) -> ComposeResult:
        """Lay out the status, the arms, and what can be done."""
        columns = progress.columns(progress.SHORT_BAR)
        yield Static(id="training-status")
        yield Rows(columns, header=False, id="training-arms")
        with Horizontal(id="training-buttons"):
            yield Button("▶ run", id="training-run", compact=True)
            yield Button("■ cancel", id="training-cancel", compact=True)
            yield Button("▶ resume", id="training-resume", compact=True)

    def summary(self, session: Session) -> Content:
        """Return the status, or how far the run is."""
        if (run := session.run) is None or not run.live or not run.part.arms:
            return wording.first_line(progress.status(session))
        done, total = run.trials
        clock = f"  {left_text(run.left.run)} left" if run.left else ""
        return Content(f"{figures.bar(done, total, 10)} {done:,}/{total:,}{clock}")

    def subtitle(self, session: Session) -> Content:
        """Return the run's number and state."""
        run = session.run
        return Content("") if run is None else content(f"run {run.number} {run.status}")

    def show(self, session: Session, before: Session | None) -> None:
        """Draw what changed."""
        run, rows = session.run, self.query_one(Rows)
        say(self.query_one("#training-status", Static), progress.status(session))
        looked = progress.current_arm(session)
        items = progress.items(session, progress.SHORT_BAR)
        rows.update_items(items, looked.name if looked else None)
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
