"""Errors and Reasons: what is asked, what is seen of it, and where keys lead."""

from __future__ import annotations

from msgspec.structs import replace

from engine.core.explain import (
    KINDS,
    Contributions,
    ErrorGroups,
    ErrorRows,
    Importance,
)
from engine.core.messages import Failure, LoadProgress
from tests.support import explain_samples, fakes
from tests.support.console_samples import events, failed, harmful
from tests.support.fakes import FakeService, at_once, press, screen_text
from tests.support.patience import until
from tests.support.results_samples import ended, swept
from tui.features import messages as say
from tui.features import questions, reducers
from tui.features.arms.draft import Problem
from tui.features.questions import Answered, Progressed, Question, Refused
from tui.features.results import errors as results_errors
from tui.features.results import errors as results_reasons
from tui.features.results.errors import ErrorsView
from tui.features.results.pane import ResultsPane
from tui.features.results.state import PLACES, ErrorQuery
from tui.features.session import Session
from tui.widgets import Sheet


def done(**choice) -> Session:
    session = reducers.select(ended(view="errors"), "results", "smote")
    if not choice:
        return session
    explain = replace(session.explained, choice=ErrorQuery(**choice))
    return replace(session, explain=explain)


def ask(session, wish):
    """A session in which something was asked."""
    place = f"explain.{PLACES[type(wish)]}"
    explain = session.explained.expect(wish, session.evaluated)
    return questions.ask(replace(session, explain=explain), place, wish)


def take(session, kind, what, job=None, place="explain.rows"):
    """A session in which something came of the newest question."""
    return questions.take(session, kind(place, job or session.jobs, what))


async def seen(app, pilot, *words: str) -> None:
    """Wait until these words are on the screen."""
    for part in words:
        await until(pilot, lambda part=part: part in screen_text(app))
        assert part in screen_text(app)


async def to_errors(app, pilot) -> None:
    """Go to the rows that an arm of a whole run misses, in the real app."""
    app.runs.known["0000002a"] = fakes.done_run(42, swept())
    app.post_message(say.OpenRunRequested("0000002a"))
    await press(pilot)
    app.post_message(say.Selected("results", "smote"))
    app.post_message(say.ViewChosen("results", "errors"))
    await enter(app, pilot)


async def enter(app, pilot) -> None:
    """Wait for the rows, and put the focus there."""
    await seen(app, pilot, "smote  ", "missed of 161")
    app.screen.query_one(ErrorsView).query_one(Sheet).focus()
    await press(pilot)


def in_pane(panes, use, size=(120, 30), service: FakeService | None = None) -> None:
    """Let a test use the results' pane with the rows that smote misses."""

    async def begin(app, pilot):
        await enter(app, pilot)
        await use(app, pilot)

    panes.run(begin, ResultsPane, done(), size, service=service or FakeService())


def asked(app, kind: type) -> list:
    return [one for one in app.fake_service.requests if isinstance(one, kind)]


# The session -------------------------------------------------------------------------


def test_a_wish_is_about_what_is_looked_at():
    session = done(kind="alarms", against="untreated", where=("age", "33"), best=True)
    session = reducers.choose_point(session, "cost")
    wish = results_reasons.rows(session)
    assert wish is not None
    assert (wish.arm, wish.at, wish.kind) == ("smote", "cost", "alarms")
    assert (wish.against, wish.where, wish.order) == (
        "untreated",
        ("age", "33"),
        "best",
    )
    moved = reducers.move_threshold(session, "smote", 0.3)
    assert results_reasons.rows(moved).thresholds == {"smote": 0.3}
    assert results_reasons.importance(moved) == results_reasons.importance(session)
    assert results_reasons.parts(session) is None
    assert results_reasons.groups(session) is None
    assert results_reasons.rows(Session()) is None


def test_an_arm_does_not_differ_from_itself():
    session = reducers.select(done(against="untreated"), "results", "untreated")
    assert results_reasons.rows(session).against is None
    assert results_reasons.others(done())[0] == "untreated"


def test_only_the_newest_answer_of_a_kind_is_taken():
    session = done()
    first = results_reasons.rows(session)
    session = ask(session, first)
    old = session.jobs
    assert not session.explained.lacks(first, session.evaluated)
    second = replace(first, kind="alarms")
    assert session.explained.lacks(second, session.evaluated)
    session = ask(session, second)
    stale = take(session, Answered, explain_samples.shown(first), old)
    assert stale.explain.rows.pending
    assert stale.explain.rows.answer is None
    answer = explain_samples.shown(second)
    fresh = take(session, Answered, answer)
    assert fresh.explain.rows.answer is answer
    assert fresh.explain.rows.answered == second
    assert not fresh.explain.rows.pending


def test_a_new_result_asks_again_and_another_run_forgets():
    some = swept()
    part = [e for e in some if getattr(e, "arm", "") != "smote-enn"][:-2]
    session = reducers.select(fakes.followed(part), "results", "smote")
    wish = results_reasons.rows(session)
    session = ask(session, wish)
    assert not session.explained.lacks(wish, session.evaluated)
    late = [e for e in some if getattr(e, "arm", "") == "smote-enn"]
    session = reducers.run_events(session, session.run.id, late, "running", 20.0)
    assert session.explained.lacks(wish, session.evaluated)
    other = reducers.follow(session, fakes.done_run(7, some))
    assert other.explained.rows == Question()
    assert other.explained.choice == ErrorQuery()


def test_what_went_wrong_stands_until_something_else_is_asked():
    session = done()
    wish = results_reasons.rows(session)
    session = ask(session, wish)
    problem = Problem(message="the file has changed", fix="bring it back")
    session = take(session, Refused, problem)
    assert session.explain.rows.problem == problem
    assert not session.explained.lacks(wish, session.evaluated)
    session = ask(session, replace(wish, kind="found"))
    assert session.explain.rows.problem is None


# What is seen -------------------------------------------------------------------------


async def rows_are_listed(app, pilot) -> None:
    """Missed positives stand as they came."""
    text = screen_text(app)
    for part in ("smote  81 missed of 161", "worst first", "score", "0.0010"):
        assert part in text, part
    assert "row 100" in text
    assert "actual 1, predicted 0" in text
    wish = asked(app, ErrorRows)[-1]
    assert (wish.run, wish.arm, wish.kind) == ("0000002a", "smote", "missed")


async def score_is_taken_apart(app, pilot) -> None:
    """Enter takes a row's score apart, and leads back."""
    await press(pilot, "home", "down", "enter")
    await seen(app, pilot, "Row 107: why this score of smote", "−2.55")
    assert asked(app, Contributions)[-1].row == 107
    text = screen_text(app)
    for part in ("age", "33", "baseline", "−6.17", "Actual 1, predicted 0"):
        assert part in text, part
    await press(pilot, "right")
    await seen(app, pilot, "Row 114")
    await press(pilot, "left", "backspace")
    await seen(app, pilot, "What smote relies on", "0.091 ± 0.011")
    assert asked(app, Importance)[-1].arm == "smote"
    await press(pilot, "down")
    await seen(app, pilot, "What kmeans-smote relies on")
    await press(pilot, "enter")
    await seen(app, pilot, "missed of 161")


async def groups_are_counted(app, pilot) -> None:
    """Misses are counted by the column under the cursor."""
    await press(pilot, *["right"] * 6, "t")
    await seen(app, pilot, "smote by age")
    text = screen_text(app)
    for part in ("over 44 to 60", "27", "▼", "few", "misses stand out by"):
        assert part in text, part
    assert "< 0.001" in text
    await press(pilot, "right")
    await seen(app, pilot, "smote by gender")
    await press(pilot, "left", "enter")
    await seen(app, pilot, "40 of them: age: over 44")
    assert asked(app, ErrorRows)[-1].where == ("age", "over 44 to 60")
    await press(pilot, "backspace")
    await until(pilot, lambda: asked(app, ErrorRows)[-1].where is None)
    assert asked(app, ErrorRows)[-1].where is None


def test_rows_groups_and_reasons_where_there_is_room(panes):
    async def use(app, pilot):
        await rows_are_listed(app, pilot)
        await groups_are_counted(app, pilot)
        await press(pilot, *["left"] * 6)
        await score_is_taken_apart(app, pilot)

    in_pane(panes, use, (140, 40))


def test_rows_groups_and_reasons_in_a_small_terminal(shell):
    arms = {f"an arm of a long name {i}": (0.1 * i, 5) for i in range(6)}

    def foot(app) -> str:
        return str(app.screen.query_one("#errors-foot").visual)

    async def use(app, pilot):
        await to_errors(app, pilot)
        await rows_are_listed(app, pilot)
        # The footer keeps what leads on, from anywhere.
        footer = screen_text(app).splitlines()[-1]
        for part in ("m kind", "enter why", "g go to", "? help"):
            assert part in footer, part
        # The number of a row is said once, and a line is cut with a mark.
        assert foot(app) == "row 100  actual 1, predicted 0"
        await press(pilot, "right")
        assert foot(app) == "row 100  actual 1, predicted 0  score  0.0010"
        only = app.screen.query_one("#errors-only")
        only.update("found by " + ", ".join(arms))
        await press(pilot)
        text = screen_text(app)
        assert "an arm of a long name 0" in text
        line = next(one for one in text.splitlines() if "found by an arm" in one)
        assert line.rstrip("│ ").endswith("…")
        await press(pilot, "left")
        await groups_are_counted(app, pilot)
        await press(pilot, *["left"] * 6, "enter")
        await seen(app, pilot, "Row 100")
        footer = screen_text(app).splitlines()[-1]
        for part in ("enter rows", "g go to", "? help"):
            assert part in footer, part
        await press(pilot, "enter")
        await seen(app, pilot, "missed of 161")
        await score_is_taken_apart(app, pilot)

    shell.run(use, "sample:stroke", size=(80, 24))


def test_without_a_row_nothing_is_offered_for_one(shell):
    service = FakeService()
    service.answers[ErrorRows] = lambda request: explain_samples.shown(
        request, rows=(), total=0
    )

    async def use(app, pilot):
        await to_errors(app, pilot)
        text = screen_text(app)
        assert "None of the rows is of this selection." in text
        footer = text.splitlines()[-1]
        assert "enter why" not in footer
        assert "d differ" not in footer
        assert "m kind" in footer
        await press(pilot, "enter", "!")
        assert asked(app, Contributions) == []

    shell.run(use, "sample:stroke", service, size=(140, 40))


def test_keys_choose_kind_order_and_disagreement(panes):
    async def use(app, pilot):
        await press(pilot, "m")
        await seen(app, pilot, "1,320 false alarms on 8,519")
        await press(pilot, "M", "S")
        await seen(app, pilot, "nearest first")
        assert asked(app, ErrorRows)[-1].order == "best"
        await press(pilot, "!")
        await seen(app, pilot, "27 of them: found by untreated")
        await press(pilot, "!")
        await seen(app, pilot, "found by smote-enn")
        await press(pilot, "backspace")
        await until(pilot, lambda: "of them" not in screen_text(app))
        assert "of them" not in screen_text(app)
        await press(pilot, "n")
        await until(pilot, lambda: asked(app, ErrorRows)[-1].at == "cost")
        assert asked(app, ErrorRows)[-1].at == "cost"

    in_pane(panes, use)


def test_keys_that_come_faster_than_they_are_drawn_all_count(panes):
    async def use(app, pilot):
        await at_once(pilot, "m", "m", "S", "S", "S", "!", "!")
        choice = app.handlers.session.explained.choice
        done = results_errors.others(app.handlers.session)
        assert (choice.kind, choice.best) == (KINDS[2], True)
        assert choice.against == done[1]

    in_pane(panes, use)


def test_brackets_focus_another_arm_and_arrows_move_in_the_rows(panes):
    async def use(app, pilot):
        await press(pilot, "down", "right", "right", "right", "right", "right")
        await seen(app, pilot, "row 107")
        assert "gender" in str(app.screen.query_one("#errors-foot").visual)
        await press(pilot, "right_square_bracket")
        await seen(app, pilot, "kmeans-smote  122 missed")
        await press(pilot, "left_square_bracket")
        await seen(app, pilot, "smote  81 missed")
        # Further rows are fetched as one comes to them.
        await press(pilot, "m", "end")
        await until(pilot, lambda: asked(app, ErrorRows)[-1].start > 1_000)
        await seen(app, pilot, "row 9,333")

    in_pane(panes, use)


def test_rows_are_sorted_by_the_cursors_column_and_back(panes):
    async def use(app, pilot):
        sheet = app.screen.query_one(ErrorsView).query_one(Sheet)
        sheet.sort_next()
        await seen(app, pilot, "largest row first", "row▼")
        assert asked(app, ErrorRows)[-1].sort == (0, True)
        await press(pilot, "S", "m", "end")
        # Other rows are sorted by the same column.
        await seen(app, pilot, "false alarms", "smallest row first", "row▲")
        await until(pilot, lambda: asked(app, ErrorRows)[-1].start > 0)
        assert asked(app, ErrorRows)[-1].sort == (0, False)
        sheet.sort_next()
        await seen(app, pilot, "worst first")
        assert asked(app, ErrorRows)[-1].sort is None

    in_pane(panes, use)


def test_the_row_stands_beside_the_rows_where_there_is_room(panes):
    async def use(app, pilot):
        await seen(app, pilot, "row 100")
        body = app.screen.query_one("#errors-body")
        side, sheet = app.screen.query_one("#errors-side"), body.query_one(Sheet)
        assert side.region.x > sheet.region.right - 1
        lines = str(app.screen.query_one("#errors-row").visual).splitlines()
        assert lines[0] == "row 100  actual 1, predicted 0"
        names = [line[2:].split()[0] for line in lines[1:]]
        assert names[0] == "score"
        assert names[-6:] == [column.name for column in fakes.TABLE.columns]
        assert not app.screen.query_one("#errors-foot").display
        await press(pilot, "down")
        assert str(app.screen.query_one("#errors-row").visual).startswith("row 107")
        # Levels of a column have no row.
        await press(pilot, *["right"] * 6, "t")
        await seen(app, pilot, "smote by age")
        assert not body.display

    in_pane(panes, use, (140, 40))


def test_an_arm_without_rows_of_a_kind_says_so_and_not_that_there_is_no_row(panes):
    service = FakeService()
    none = replace(explain_samples.counts("smote"), fn=0, fp=0)

    def answer(request):
        kept = {} if request.kind == "found" else {"rows": (), "total": 0}
        return explain_samples.shown(request, confusion=none, **kept)

    service.answers[ErrorRows] = answer

    async def use(app, pilot):
        app.query_one(ErrorsView).query_one(Sheet).focus()
        await seen(app, pilot, "smote misses no row of class 1 at fixed 0.5.")
        # Of no row there is no worst one, and none that another arm finds.
        assert "worst first" not in screen_text(app)
        assert "found by" not in screen_text(app)
        await press(pilot, "m")
        await seen(app, pilot, "smote has no false alarm at fixed 0.5.")
        await press(pilot, "m")
        await until(pilot, lambda: "smote has no" not in screen_text(app))

    panes.run(use, ResultsPane, done(), (140, 40), service=service)


def test_nothing_stands_out_is_said():
    request = ErrorGroups(id=1, store="", run="", column="age")
    untreated = explain_samples.grouped(request, ranking=())
    assert "no level can stand out" in results_errors.ranked(untreated, 80).plain
    (one,) = explain_samples.grouped(request).ranking
    chance = replace(one, adjusted_p=0.4)
    some = explain_samples.grouped(request, ranking=(chance,))
    assert "nothing stands out" in results_errors.ranked(some, 80).plain.replace(
        "\n ", " "
    )


# Without an answer -------------------------------------------------------------------


def test_a_table_that_changed_is_told_in_plain_words(panes):
    service = FakeService()
    problem = Failure(
        code="data",
        message="stroke.csv has changed since the run",
        fix="bring the old file back, or start a new run",
    )
    service.answers[ErrorRows] = problem
    service.answers[Importance] = problem

    async def use(app, pilot):
        for view in ("errors", "reasons"):
            app.post_message(say.ViewChosen("results", view))
            await seen(app, pilot, "has changed since the run")
            assert "→ bring the old file back" in screen_text(app)

    panes.run(use, ResultsPane, done(), (118, 24), service=service)


def test_what_is_being_done_is_told_while_it_is(panes):
    service = FakeService()

    async def use(app, pilot):
        service.let.clear()
        app.post_message(say.ViewChosen("results", "errors"))
        await seen(app, pilot, "reading the file: 1,300,000 of 2,600,000 rows …")
        service.let.set()
        await seen(app, pilot, "missed of 161")

    session = reducers.show(done(), "results", "board")
    panes.run(use, ResultsPane, session, (118, 24), service=service)


def test_an_arm_at_work_or_failed_has_no_mistakes_yet():
    some = events()
    working = reducers.activate(fakes.followed(some[:4]), "results")
    why = results_reasons.why_not(working)
    assert "still at work" in why or "No results" in why or "starting" in why
    gone = [e for e in some if getattr(e, "arm", "") != "smote"][:-2]
    broken = fakes.followed([*gone, failed("smote")], "done")
    broken = reducers.select(broken, "results", "smote")
    assert "smote failed" in results_reasons.why_not(broken)
    assert results_reasons.rows(broken) is None
    assert "r starts" in results_reasons.why_not(Session())


def test_progress_is_said_in_words():
    session = done()
    wish = results_reasons.importance(session)
    session = ask(session, wish)
    session = take(
        session, Progressed, "shuffling columns: 3", place="explain.importance"
    )
    slot = session.explain.importance
    assert results_reasons.waiting(slot).plain == "shuffling columns: 3 …"
    assert LoadProgress  # what the service says it with


def test_hostile_cells_and_labels_do_nothing(panes):
    text = fakes.EVIL
    service = FakeService()

    def rows(request):
        found = explain_samples.shown(request)
        one = replace(
            found.rows[0],
            cells=(text,) * len(found.columns),
            label=text,
            predicted=text,
        )
        return replace(
            found, rows=(one,), total=1, columns=(text,) * 6, klass=text, level=text
        )

    def parts(request):
        found = explain_samples.apart(request)
        bad = [replace(p, column=text, cell=text) for p in found.parts]
        return replace(found, parts=tuple(bad), klass=text, label=text, predicted=text)

    service.answers[ErrorRows] = rows
    service.answers[Contributions] = parts

    async def use(app, pilot):
        await until(pilot, lambda: bool(asked(app, ErrorRows)))
        await press(pilot)
        app.screen.query_one(ErrorsView).query_one(Sheet).focus()
        assert not harmful(screen_text(app).replace("\n", ""))
        await press(pilot, "enter")
        await seen(app, pilot, "Row 100", "−2.55")
        assert not harmful(screen_text(app).replace("\n", ""))

    panes.run(use, ResultsPane, done(), (120, 30), service=service)
