"""Many tables: the store's finished runs of equal settings, and who shows them."""

from __future__ import annotations

from functools import partial
from typing import ClassVar, Literal

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import DataTable, Static

from engine.core import format as figures
from engine.core.suite import METRICS, Suite
from engine.core.views import ViewTable
from engine.core.views import suite as view
from tui.charts.importance import diagram_lines, rank_diagram
from tui.charts.view import ChartView
from tui.features import messages, wording
from tui.features.commands import Command
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
from tui.terminal.safe_text import clip, content, rich_text
from tui.text.comparisons import against_table, render_suite

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


class _Values(DataTable[Text]):
    """The table of values; `enter` is the screen's, so that the footer has it."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave `enter` to the screen."""
        return action != "select_cursor"


class Bench(SessionScreen[None]):
    """Values of all arms on all tables, their ranks, and which of them differ."""

    CSS_PATH: ClassVar = "bench.tcss"
    COMMANDS_HERE: ClassVar[tuple[Command, ...]] = BENCH
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
            yield _Values(cursor_type="row", zebra_stripes=False, id="bench-values")
            with VerticalScroll(id="bench-right"):
                yield ChartView(id="bench-ranks")
                yield Static(id="bench-tested")
                yield ChartView(id="bench-against")
                yield Static(id="bench-doubts")
        yield KeyLine(id="keys")

    def on_mount(self) -> None:
        """Show what is known."""
        self.draw()
        self.query_one(DataTable).focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide what makes no sense now."""
        answer = self.session.bench.suite.answer
        if action == "group":
            return answer is not None and len(answer.groups) > 1
        if action == "view" and not self.has_class("-narrow"):
            return False
        return action not in ("metric", "open", "view") or self._suite is not None

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
        self._fill_values(values, len(suite.tables))
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

    def _fill_values(self, values: ViewTable, tables: int) -> None:
        table = self.query_one(DataTable)
        place = table.cursor_row
        table.clear(columns=True)
        for column in values.columns:
            title = (column.short or column.title).strip()
            table.add_column(rich_text(title, width=_NAME))
        for row in values.rows:
            cells = []
            for column, cell in zip(values.columns, row.cells, strict=True):
                text = rich_text(cell.text, "bold" if cell.look else "", _NAME)
                text.justify = column.align
                cells.append(text)
            table.add_row(*cells, key=row.key)
        table.move_cursor(row=min(max(0, place), max(0, tables - 1)))

    def on_resize(self) -> None:
        """Offer the keys that make sense at this width."""
        self.call_later(self.refresh_bindings)

    def copied(self) -> Copied:
        """Return all of it as text."""
        text = render_suite(self._suite, width=_COPY_WIDTH) if self._suite else ""
        return Copied(text, "the comparison" if text else "nothing")

    # Commands ----------------------------------------------------------------------

    def on_data_table_row_selected(self) -> None:
        """Open the run."""
        self.action_open()

    def action_open(self) -> None:
        """Open the run of the highlighted table."""
        place = self.query_one(DataTable).cursor_row
        for row in self._suite.tables[place : place + 1] if self._suite else ():
            if row.run is not None:
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


def _title(state: BenchState) -> Content:
    answer = state.suite.answer
    shown = answer.suite.metric if answer and answer.suite else None
    title = METRICS[shown or state.metric].title
    doing = "  …" if state.suite.pending else ""
    return screen_title("many tables", f"{title}{doing}", "bold")


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
