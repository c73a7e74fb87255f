"""The run as pictures: all arms, one boosting curve, one arm's trials, the log."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from engine.state import ArmState
from tui.charts.search import boosting_curve, objective_by_trial
from tui.charts.view import ChartView
from tui.console import figures
from tui.panes import progress, wording
from tui.panes.base import Copied, View
from tui.panes.layout import ArmList, Sized, say, there
from tui.runlog import LogLine
from tui.safe_text import clean, clip, content
from tui.session import Run, Session
from tui.widgets.columns import Column
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
    if before is None or before.run is not session.run:
        return True
    old, new = before.view.selected, session.view.selected
    return old.get("training") != new.get("training")


def _draw(
    chart: ChartView, run: Run, picture: Callable[..., str], *key: object
) -> None:
    """Show a picture of scores, in the words of the run's objective."""
    scored = partial(
        picture,
        objective=wording.objective(run.experiment.search.objective),
        greater_is_better=progress.greater_is_better(run),
    )
    chart.show(scored, (run.id, *key))


def _draw_trials(chart: ChartView, session: Session) -> None:
    """Show the best score so far of every arm."""
    run = session.run
    if run is None:
        chart.show(None, None)
        return
    series = {
        arm.name: [(t.number + 1, t.score) for t in arm.trials if not t.failed]
        for arm in run.state.arms
        if arm.trials
    }
    lengths = [(name, len(points)) for name, points in series.items()]
    _draw(chart, run, partial(objective_by_trial, series), *lengths)


def _draw_curve(chart: ChartView, session: Session, *, named: bool = True) -> None:
    """Show the boosting curve of the arm looked at; `named` says in it whose it is."""
    run = session.run
    if run is None:
        chart.show(None, None)
        return
    label, points = progress.curve_of(session)
    curve = partial(boosting_curve, points, label=clean(label) if named else "")
    _draw(chart, run, curve, label, points)


class LiveView(View, ArmList, Sized):
    """Every arm, and its best score by trial."""

    NAME = "live"
    TITLE = "Progress"
    BROAD = 90
    LOOKED = "training"
    MORE = "trials"
    HELP = "Progress"

    def compose(self) -> ComposeResult:
        """Lay out the arms and the charts."""
        yield Static(id="live-status")
        yield Rows(progress.COLUMNS, id="live-arms")
        with Horizontal(id="live-charts"):
            yield ChartView(id="live-trials", placeholder=NO_RUN)
            yield ChartView(id="live-curve")

    def show(self, session: Session, before: Session | None) -> None:
        """Draw what changed."""
        if before is None or before.run is not session.run or session.run is None:
            say(self.query_one("#live-status", Static), progress.status(session))
        if not _changed(session, before):
            return
        rows = self.query_one(Rows)
        there(rows, session.run is not None)
        looked = progress.looked_at(session)
        rows.update_items(progress.items(session), looked.name if looked else None)
        _draw_trials(self.query_one("#live-trials", ChartView), session)
        _draw_curve(self.query_one("#live-curve", ChartView), session)

    def copied(self) -> Copied:
        """Return the arms as text."""
        return Copied(self.query_one(Rows).as_text(), "the progress")


class CurveView(View, can_focus=True):
    """The boosting curve of one trial."""

    NAME = "curve"
    TITLE = "Curve"
    HELP = "The boosting curve"

    def compose(self) -> ComposeResult:
        """Lay out what it is, and the chart."""
        yield Static(id="curve-head")
        yield ChartView(placeholder=NO_RUN)

    def show(self, session: Session, before: Session | None) -> None:
        """Draw what changed."""
        if _changed(session, before):
            label, _ = progress.curve_of(session)
            head = Content("") if not label else content(label, "bold $text-accent")
            say(self.query_one("#curve-head", Static), head)
            _draw_curve(self.query_one(ChartView), session, named=False)

    def copied(self) -> Copied:
        """Return the chart as text."""
        return Copied(self.query_one(ChartView).plain, "the curve")


class TrialsView(View):
    """The trials of one arm."""

    NAME = "trials"
    TITLE = "Trials"
    HELP = "Trials"

    def compose(self) -> ComposeResult:
        """Lay out the trials and the settings of one."""
        yield Static(id="trials-arm")
        yield Rows(
            (
                Column("trial", 6, "right"),
                Column("", 1),
                Column("score", 8, "right"),
                Column("folds", 15, "right", drop=1),
                Column("rounds", 7, "right"),
                Column("time", 7, "right"),
                Column("settings", 20, grow=200, drop=2),
            ),
            id="trials-list",
            empty="No finished trial yet.",
        )
        yield Static(id="trials-settings")

    def show(self, session: Session, before: Session | None) -> None:
        """Draw what changed."""
        if not _changed(session, before):
            return
        arm = progress.looked_at(session)
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
        arm = progress.looked_at(self.session)
        key = self.query_one(Rows).highlighted
        trials = arm.trials if arm else ()
        found = next((t for t in trials if str(t.number) == key), None)
        text = "" if found is None else _settings(found.params)
        say(self.query_one("#trials-settings", Static), content(text, "dim"))

    def copied(self) -> Copied:
        """Return the trials as text."""
        return Copied(self.query_one(Rows).as_text(), "the trials")


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

    def compose(self) -> ComposeResult:
        """Lay out the lines, and one of them in full."""
        yield Rows(
            (Column("arm", 12, grow=18), Column("what", 30, grow=400)),
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

    def copied(self) -> Copied:
        """Return all lines."""
        return Copied(self.query_one(Rows).as_text(), "the log")


def _line(place: int, line: LogLine) -> Item:
    mark, style = _TONES[line.tone]
    return Item(str(place), (line.arm, (f"{mark}{line.text}", style)))
