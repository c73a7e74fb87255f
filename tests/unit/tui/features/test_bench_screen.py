"""Many tables in the app: the screen, what is asked for it, and what comes of it."""

from __future__ import annotations

import pytest
from textual import on
from textual.app import App
from textual.screen import Screen

from engine.core.messages import AskSuite, Failure, SuiteShown
from engine.core.suite import TableRow
from engine.suite import aggregate_runs as aggregate
from tests.support import fakes, suite_samples
from tests.support.console_samples import HOSTILE, harmful
from tests.support.controllers import Controllers
from tests.support.fakes import press, screen_text, settle
from tests.support.harness import Harness
from tests.support.journey import sizes
from tests.support.paths import ROOT
from tui.app.dispatch import Dispatcher
from tui.app.themes import THEMES
from tui.features import questions
from tui.features.arms.draft import Problem
from tui.features.jobs import Jobs
from tui.features.mail import Intent
from tui.features.messages import OpenRunRequested
from tui.features.questions import Answered, Ask, Refused
from tui.features.screen import SessionScreen
from tui.features.session import Session
from tui.features.suite import state as benching
from tui.features.suite.screen import Bench, ask_suite
from tui.features.suite.state import BenchState, SuiteRequested, SuiteStepped
from tui.terminal.clipboard import find_copy
from tui.widgets import Rows

SIZES = sizes((80, 24), (140, 40))


class _Sent:
    """Keeps the questions that would be sent to the service."""

    def __init__(self):
        self.asked = []

    def send(self, place, job, request):
        assert place == "bench.suite"
        self.asked.append((job, request.group, request.metric))


class _Handlers(Dispatcher):
    """The app's handlers with nothing behind them; the screen gets its sessions."""

    def __init__(self, app):
        jobs = Jobs(app, fakes.FakeService())
        super().__init__(app, jobs, fakes.FakeRuns(jobs))
        self.questions = _Sent()

    @property
    def asked(self):
        return self.questions.asked

    def told(self, job, answer):
        """Take an answer, or why there is none."""
        kind = Refused if isinstance(answer, Problem) else Answered
        self.handle(kind("bench.suite", job, answer))


class BenchApp(App[None]):
    """The screen on the app's handlers, with the app's own colours."""

    def __init__(self):
        super().__init__(css_path=[ROOT / "tui" / "app" / "app.tcss"])
        self.intents = []
        self.handlers = _Handlers(self)
        for theme in THEMES.values():
            self.register_theme(theme)
        self.theme = "dark"
        self.animation_level = "none"

    def on_mount(self):
        self.push_screen(Screen())

    def open_screen(self, screen, done=None):
        screen.set_reactive(SessionScreen.session, self.handlers.session)
        self.push_screen(screen, done)

    show = open_screen

    @on(Intent)
    def _intended(self, message):
        self.intents.append(message)
        if isinstance(message, Ask | SuiteStepped):
            self.handlers.handle(message)


@pytest.fixture(scope="module")
def harness():
    with pytest.MonkeyPatch.context() as patch, Harness(BenchApp()) as made:
        patch.setattr("tui.charts.view.MOST_DRAWN", 10_000)
        yield made


@pytest.fixture
def run(harness):
    """Let something happen in the app, of another size, that knows nothing yet."""

    async def forget(app, pilot):
        while isinstance(app.screen, Bench):
            await app.pop_screen()
        app.intents.clear()
        app.handlers.asked.clear()
        app.handlers.session = Session()
        await settle(pilot)

    def begin(use, size):
        harness.do(forget)
        harness.resize(*size)
        harness.do(use)

    return begin


async def opened(app, pilot, answer: SuiteShown | None = None) -> Bench:
    app.handlers.handle(SuiteRequested())
    await settle(pilot)
    if answer is not None:
        app.handlers.told(app.handlers.session.jobs, answer)
        await settle(pilot)
    assert isinstance(app.screen, Bench)
    return app.screen


@SIZES
def test_values_ranks_and_the_sentence_are_seen(run, size):
    answer = suite_samples.shown()

    async def use(app, pilot):
        screen = await opened(app, pilot)
        assert "reading the runs" in screen_text(app)
        app.handlers.told(1, answer)
        await settle(pilot)
        text = screen_text(app)
        assert "Benchmark across datasets  average precision" in text
        assert "settings 1 of 2: 7 tables · 10 trials × 5 folds · seed 42" in text
        assert "Over 7 tables, `smote`" in text
        assert "table0.csv" in text
        assert "mean rank" in text
        best = max(answer.suite.tables[0].values.values())
        assert f"{best:.3f}*" in text
        if size[0] == 80:
            assert "critical difference" not in text
            await press(pilot, "v")
            text = screen_text(app)
            assert "table0.csv" not in text
        assert "critical difference 1.77" in text
        assert "against untreated" in text
        assert "the arms differ" in text
        if size[0] == 80:
            await press(pilot, "v")
            assert "table0.csv" in screen_text(app)
        assert len(screen.query_one(Rows).items) == 8

    run(use, size)


def test_keys_ask_for_another_metric_and_other_settings(run):
    async def use(app, pilot):
        await opened(app, pilot, suite_samples.shown())
        await press(pilot, "m")
        assert app.handlers.asked[-1] == (2, "key0", "cost")
        assert app.handlers.session.bench.suite.pending
        assert "7 tables" in screen_text(app)  # what is known stays
        await press(pilot, "g")
        assert app.handlers.asked[-1] == (3, "key1", "cost")
        cost = suite_samples.suite(metric="cost")
        app.handlers.told(2, suite_samples.shown())  # too late
        app.handlers.told(3, suite_samples.shown(cost))
        await settle(pilot)
        assert "cost per 1,000 rows" in screen_text(app)
        assert not app.handlers.session.bench.suite.pending

    run(use, (140, 40))


def test_enter_opens_the_run_of_the_table_and_not_that_of_the_means(run):
    async def use(app, pilot):
        screen = await opened(app, pilot, suite_samples.shown())
        await press(pilot, "down", "down", "enter")
        opened_ = [i for i in app.intents if isinstance(i, OpenRunRequested)]
        assert [i.run_id for i in opened_] == [f"{2:08x}"]
        screen.query_one(Rows).highlight("means")
        await press(pilot, "enter")
        assert len([i for i in app.intents if isinstance(i, OpenRunRequested)]) == 1

    run(use, (140, 40))


def test_the_tables_are_found_and_sorted_and_what_has_no_room_is_said(run):
    made = suite_samples.suite(6, 8)
    by_arm = {row.name: row.values[made.arms[0]] for row in made.tables}

    def seen(screen):
        return [item.cells[0].text for item in screen.query_one(Rows).shown]

    async def use(app, pilot):
        screen = await opened(app, pilot, suite_samples.shown(made))
        await press(pilot, "s", "S", "s", "s", "s")
        found = sorted(by_arm, key=by_arm.__getitem__, reverse=True)
        assert seen(screen) == [*found, "mean rank"]
        await press(pilot, "S")
        assert seen(screen) == [*reversed(found), "mean rank"]
        await press(pilot, "slash", *"able3", "enter", "enter")
        assert seen(screen) == ["table3.csv"]
        opened_ = [i for i in app.intents if isinstance(i, OpenRunRequested)]
        assert [i.run_id for i in opened_] == [f"{3:08x}"]
        await press(pilot, "escape")
        assert "not shown at" not in screen_text(app)
        await pilot.resize_terminal(60, 18)
        await settle(pilot)
        assert "not shown at this width: rows, positives" in screen_text(app)
        await pilot.resize_terminal(200, 40)
        await settle(pilot)
        assert "not shown at" not in screen_text(app)

    run(use, (200, 40))


def test_the_footer_has_the_keys_that_work_at_this_size(run):
    async def use(app, pilot):
        screen = await opened(app, pilot)
        assert "enter open" not in screen_text(app)
        app.handlers.told(1, suite_samples.shown())
        await settle(pilot)
        for size, views in (((140, 40), False), ((80, 24), True), ((140, 40), False)):
            await pilot.resize_terminal(*size)
            await settle(pilot)
            footer = screen_text(app).splitlines()[-1]
            assert "enter open" in footer
            assert ("v values/ranks" in footer) == views
        assert "Open the run" in [command.title for command in screen.COMMANDS_HERE]

    run(use, (140, 40))


def test_tables_left_out_are_told_with_the_reason(run):
    made = suite_samples.suite()
    odd = TableRow(name="odd.csv", source="/odd", status="refused", error="one class")
    made = aggregate(
        (*made.tables, odd),
        arms=made.arms,
        name=made.metric,
        rope=None,
        seed=1,
        bench={},
    )

    async def use(app, pilot):
        await opened(app, pilot, suite_samples.shown(made))
        text = " ".join(screen_text(app).split())
        assert "1 of 8 tables left out: odd.csv." in text
        assert "odd.csv is left out: one class" in text

    run(use, (140, 60))


def test_all_of_it_can_be_copied_and_escape_leaves(run):
    async def use(app, pilot):
        screen = await opened(app, pilot)
        assert screen.copied().text == ""
        app.handlers.told(1, suite_samples.shown())
        await settle(pilot)
        assert "Friedman: the arms differ" in screen.copied().text
        assert find_copy(screen) == screen.copied()
        await press(pilot, "escape")
        assert not isinstance(app.screen, Bench)
        await opened(app, pilot)
        assert app.handlers.asked[-1] == (2, "key0", "average_precision")
        assert "critical difference" in screen_text(app)  # known from before

    run(use, (140, 40))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (SuiteShown(groups=()), "imbtui bench DIR"),
        (Problem(message="it is damaged", fix="delete it"), "it is damaged"),
    ],
)
@SIZES
def test_nothing_to_see_is_said_with_what_to_do(run, answer, said, size):
    async def use(app, pilot):
        await opened(app, pilot)
        app.handlers.told(1, answer)
        await settle(pilot)
        assert said in " ".join(screen_text(app).split())
        await press(pilot, "enter", "v", "g", "m")
        assert len(app.handlers.asked) == 1

    run(use, size)


@SIZES
def test_few_tables_two_arms_and_many_arms_are_drawn(run, size):
    async def use(app, pilot):
        await opened(app, pilot)
        for arms, tables in ((2, 3), (6, 30), (3, 2), (6, 1)):
            made = suite_samples.suite(arms, tables)
            app.handlers.told(app.handlers.session.jobs, suite_samples.shown(made))
            app.handlers.handle(ask_suite("key0", "brier"))
            await settle(pilot)
            assert "table0.csv" in screen_text(app)
            assert "This picture failed" not in screen_text(app)

    run(use, size)


@SIZES
def test_hostile_names_do_nothing(run, size):
    evil = [f"{text}{n}" for n, text in enumerate(HOSTILE.values())]
    names = ("untreated", *evil[:5])
    made = suite_samples.suite(6, 8, names=names, title=f"{HOSTILE['markup']}{{}}")

    async def use(app, pilot):
        await opened(app, pilot, suite_samples.shown(made))
        for _ in range(2):
            assert not harmful("".join(screen_text(app).splitlines()))
            await press(pilot, "v")
        assert not harmful(app.screen.copied().text.replace("\n", ""))

    run(use, size)


# Without a screen --------------------------------------------------------------------


def test_the_state_takes_answers_to_the_newest_question_only():
    session = questions.ask(Session(), "bench.suite", ask_suite(None, "cost").request)
    answer = suite_samples.shown()
    assert questions.take(session, Answered("bench.suite", 0, answer)) is session
    known = questions.take(session, Answered("bench.suite", 1, answer)).bench
    assert (known.suite.pending, known.group, known.shown.key) == (
        False,
        "key0",
        "key0",
    )
    assert benching.next_group(known) == "key1"
    assert benching.next_group(BenchState()) is None


def test_the_service_is_asked_with_the_stores_path(tmp_path):
    service = fakes.FakeService()
    service.answers[AskSuite] = suite_samples.shown()
    app = Controllers("sample:stroke", service)
    app.runs.store = tmp_path / "runs.sqlite"
    app.say(ask_suite("key0", "brier"))
    asked = [r for r in service.requests if isinstance(r, AskSuite)]
    assert (asked[-1].store, asked[-1].group) == (str(tmp_path / "runs.sqlite"), "key0")
    assert app.session.bench.suite.answer is not None
    app.runs.store = None  # the service finds the default one
    service.answers[AskSuite] = Failure(
        code="store", message="damaged", fix="delete it"
    )
    app.say(ask_suite(None, "cost"))
    asked = [r for r in service.requests if isinstance(r, AskSuite)]
    assert asked[-1].store == ""
    assert app.session.bench.suite.problem.message == "damaged"
