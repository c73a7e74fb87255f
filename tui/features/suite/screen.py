"""Many tables: the store's finished runs of equal settings, and who shows them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from engine.core import format as figures
from engine.core.suite import METRICS, Suite
from engine.core.views import ViewTable
from engine.core.views import suite as view
from tui.charts.importance import diagram_lines, rank_diagram
from tui.charts.view import ChartView
from tui.features import messages, wording
from tui.features.commands import LISTS, Command
from tui.features.controller import Controller, Routes
from tui.features.pane import say, there
from tui.features.screen import KeyLine, SessionScreen, screen_title
from tui.features.suite.state import (
    BenchState,
    SuiteRequested,
    SuiteStepped,
    ask_suite,
    next_group,
    next_metric,
)
from tui.terminal.clipboard import Copied
from tui.terminal.safe_text import clip, content
from tui.text.comparisons import against_table, render_suite
from tui.widgets.rows import Item, ListColumn, ScreenRows, measure_columns

BENCH: tuple[Command, ...] = (
    Command("bench.open", "enter", "Open the run", "open"),
    Command("bench.metric", "m", "Compare by the next metric", "metric"),
    Command("bench.group", "g", "Runs of other settings", "settings"),
    Command("bench.view", "v", "Values or ranks", "values/ranks"),
    Command("bench.close", "escape", "Back", "back"),
)
_NAME = 16
_COPY_WIDTH = 100


class SuiteController(Controller):
    """Shows the screen over many tables."""

    def routes(self) -> Routes:
        """Return the handlers of its messages and its answer."""
        return {
            "bench.suite": self.take,
            SuiteRequested: self._show,
            SuiteStepped: self._step,
        }

    def _show(self) -> None:
        """Show the screen, with what is read anew: runs may have ended since."""
        state = self.session.bench
        self._ask(state.group, state.metric)
        self.app.show(Bench())

    def _step(self, what: Literal["metric", "group"]) -> None:
        """Compare by the next metric, or show the next settings."""
        state = self.session.bench
        if what == "metric":
            self._ask(state.group, next_metric(state.metric))
        else:
            self._ask(next_group(state), state.metric)

    def _ask(self, group: str | None, metric: str) -> None:
        question = ask_suite(group, metric)
        self.ask(question.place, question.request)


class Bench(SessionScreen[None]):
    """Values of all arms on all tables, their ranks, and which of them differ."""

    CSS_PATH: ClassVar = "bench.tcss"
    COMMANDS_HERE: ClassVar[tuple[Command, ...]] = (*BENCH, *LISTS)
    HELP = "Benchmark across datasets"
    PARTS = ("bench",)

    _drawn: Suite | None = None

    def compose(self) -> ComposeResult:
        """Lay out values and ranks."""
        yield Static(id="bench-title")
        yield Static(id="bench-what")
        yield Static(id="bench-state")
        yield Static(id="bench-verdict")
        with Horizontal(id="bench-body"):
            with Vertical(id="bench-left"):
                yield ScreenRows((), id="bench-values")
                yield Static(id="bench-left-out")
            with VerticalScroll(id="bench-right"):
                yield ChartView(id="bench-ranks")
                yield Static(id="bench-tested")
                yield ChartView(id="bench-against")
                yield Static(id="bench-doubts")
        yield KeyLine(id="keys")

    def on_mount(self) -> None:
        """Show what is known."""
        self.draw()
        self.query_one(ScreenRows).focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide what makes no sense now."""
        answer = self.session.bench.suite.answer
        if action == "group":
            return answer is not None and len(answer.groups) > 1
        if action == "view" and not self.has_class("-narrow"):
            return False
        if action in ("metric", "open", "view") and self._suite is None:
            return False
        return super().check_action(action, parameters)

    @property
    def _suite(self) -> Suite | None:
        """What is compared, if anything is."""
        answer = self.session.bench.suite.answer
        return answer.suite if answer is not None else None

    # What is seen ------------------------------------------------------------------

    def draw(self) -> None:
        """Show the comparison, or why there is none."""
        state, suite = self.session.bench, self._suite
        self.query_one("#bench-title", Static).update(_title(state))
        self.query_one("#bench-what", Static).update(_what(state))
        notice = _notice(state)
        note = self.query_one("#bench-state", Static)
        there(note, notice is not None)
        say(note, notice or Content(""))
        for name in ("#bench-verdict", "#bench-body"):
            there(self.query_one(name), notice is None)
        if notice is None and suite is not None and suite is not self._drawn:
            self._drawn = suite
            self._fill(suite)

    def _fill(self, suite: Suite) -> None:
        values = view.values(suite)
        self.query_one(ScreenRows).put(partial(_lines, values))
        key = self.session.bench.suite.job
        ranks = self.query_one("#bench-ranks", ChartView)
        against = self.query_one("#bench-against", ChartView)
        ranks.styles.height = diagram_lines(suite)
        against.styles.height = len(suite.against_control) + 2
        ranks.show(partial(rank_diagram, suite), key)
        against.show(partial(against_table, suite), key)
        say(self.query_one("#bench-verdict", Static), content(suite.verdict.headline))
        say(self.query_one("#bench-tested", Static), content(view.friedman_text(suite)))
        texts = (f"! {text}" for text in (*suite.verdict.doubts, *values.notes))
        say(self.query_one("#bench-doubts", Static), wording.lines(map(content, texts)))
        self.call_later(self._tell_left_out)

    def _tell_left_out(self) -> None:
        arms = self.query_one(ScreenRows).left_out
        note = self.query_one("#bench-left-out", Static)
        there(note, bool(arms))
        say(note, content(f"not shown at this width: {', '.join(arms)}"))

    def on_resize(self) -> None:
        """Offer the keys that make sense at this width, and say what it leaves out."""
        self.call_later(self.refresh_bindings)
        self.call_later(self._tell_left_out)

    def copied(self) -> Copied:
        """Return all of it as text."""
        text = render_suite(self._suite, width=_COPY_WIDTH) if self._suite else ""
        return Copied(text, "the comparison" if text else "nothing")

    # Commands ----------------------------------------------------------------------

    @on(ScreenRows.Chosen)
    def action_open(self) -> None:
        """Open the run of the highlighted table."""
        key = self.query_one(ScreenRows).highlighted
        for place, row in enumerate(self._suite.tables if self._suite else ()):
            if row.run is not None and key == str(place):
                self.post_message(messages.OpenRunRequested(row.run))

    def action_metric(self) -> None:
        """Compare by the next metric."""
        self.post_message(SuiteStepped("metric"))

    def action_group(self) -> None:
        """Show the runs of the next settings."""
        self.post_message(SuiteStepped("group"))

    def action_view(self) -> None:
        """Show ranks in the place of values, or the other way about."""
        ranks = self.toggle_class("-ranks").has_class("-ranks")
        self.query_one("#bench-right" if ranks else "#bench-values").focus()


def _lines(values: ViewTable, _: int) -> tuple[Sequence[ListColumn], Sequence[Item]]:
    """Return columns and lines; the mean ranks stay below the tables."""
    nothing = ("",) * len(values.columns)
    items = [
        Item(*row, ranks=nothing if row.key == view.MEANS else ())
        for row in values.rows
    ]
    return measure_columns(values), items


def _title(state: BenchState) -> Content:
    answer = state.suite.answer
    shown = answer.suite.metric if answer and answer.suite else None
    title = METRICS[shown or state.metric].title
    doing = "  …" if state.suite.pending else ""
    return screen_title("Benchmark across datasets", f"{title}{doing}", "bold")


def _what(state: BenchState) -> Content:
    group, answer = state.shown, state.suite.answer
    if group is None or answer is None:
        return Content("")
    number, of = answer.groups.index(group) + 1, len(answer.groups)
    arms = ", ".join(clip(arm, _NAME) for arm in group.arms)
    return content(
        f"{f'settings {number} of {of}: ' if of > 1 else ''}"
        f"{figures.plural(group.tables, 'table')} · "
        f"{figures.plural(group.trials, 'trial')} × "
        f"{figures.plural(group.folds, 'fold')} · seed {group.seed} · {arms}"
    )


def _notice(state: BenchState) -> Content | None:
    """Say why there is nothing to see; None if there is."""
    problem, answer = state.suite.problem, state.suite.answer
    if problem is not None:
        return wording.refusal(problem.message, problem.fix)
    if answer is None:
        return Content.styled("reading the runs …", "$text-accent")
    if answer.suite is None:
        return Content(
            "No two finished runs have the same settings and different tables. "
            "`imbtui bench DIR --methods untreated,weights,smote` makes such runs, one "
            "per table; runs started here with only the table changed count, too."
        )
    return None
