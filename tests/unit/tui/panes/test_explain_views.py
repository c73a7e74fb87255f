"""Errors and Reasons: what is asked, what is seen of it, and where keys lead."""

from __future__ import annotations

import msgspec
import pytest

from engine.client import (
    Contributions,
    ErrorGroups,
    ErrorRows,
    Failure,
    Importance,
    LoadProgress,
)
from tests.support import explain_samples, fakes
from tests.support.console_samples import events, failed, harmful
from tests.support.fakes import press, run, screen_text
from tests.support.patience import until
from tests.unit.tui.panes.test_panes_results import swept
from tui import explain, reducers
from tui import messages as say
from tui.draft import Problem
from tui.explain import Choice, Slot, state_of, wanting
from tui.panes import errors_words, results_wishes
from tui.panes.results_errors import ErrorsView
from tui.session import Session
from tui.widgets import Sheet

SIZES = [(80, 24), (140, 40)]


def done(**choice) -> Session:
    session = reducers.activate(fakes.followed(swept(), "done"), "results")
    session = reducers.show(session, "results", "errors")
    session = reducers.select(session, "results", "smote")
    return explain.choose(session, Choice(**choice)) if choice else session


async def to_errors(app, pilot, arm: str = "smote") -> None:
    """Go to the rows that an arm of a whole run misses, in the real app."""
    app.runs.known["0000002a"] = fakes.done_run(42, swept())
    app.post_message(say.OpenRunRequested("0000002a"))
    await press(pilot)
    app.post_message(say.Selected("results", arm))
    app.post_message(say.ViewChosen("results", "errors"))
    await until(pilot, lambda: f"{arm}  " in screen_text(app))
    await until(pilot, lambda: "missed of 161" in screen_text(app))
    app.screen.query_one(ErrorsView).query_one(Sheet).focus()
    await press(pilot)


def asked(app, kind: type) -> list:
    return [one for one in app.fake_service.requests if isinstance(one, kind)]


# The session -------------------------------------------------------------------------


def test_a_wish_is_about_what_is_looked_at():
    session = done(kind="alarms", against="none", where=("age", "33"), best=True)
    session = reducers.choose_policy(session, "cost")
    wish = results_wishes.rows(session)
    assert wish is not None
    assert (wish.arm, wish.policy, wish.kind) == ("smote", "cost", "alarms")
    assert (wish.against, wish.where, wish.order) == ("none", ("age", "33"), "best")
    moved = reducers.move_threshold(session, "smote", 0.3)
    assert results_wishes.rows(moved).thresholds == {"smote": 0.3}
    assert results_wishes.importance(moved) == results_wishes.importance(session)
    assert results_wishes.parts(session) is None
    assert results_wishes.groups(session) is None
    assert results_wishes.rows(Session()) is None


def test_an_arm_does_not_differ_from_itself():
    session = reducers.select(done(against="none"), "results", "none")
    assert results_wishes.rows(session).against is None
    assert results_wishes.others(done())[0] == "none"


def test_only_the_newest_answer_of_a_kind_is_taken():
    session = done()
    first = results_wishes.rows(session)
    session = explain.ask(session, first)
    old = session.jobs
    assert wanting(session, first) is None
    second = msgspec.structs.replace(first, kind="alarms")
    assert wanting(session, second) == second
    session = explain.ask(session, second)
    stale = explain.explained(session, old, first, explain_samples.shown(first))
    assert stale.explain.rows.pending
    assert stale.explain.rows.answer is None
    answer = explain_samples.shown(second)
    fresh = explain.explained(session, session.jobs, second, answer)
    assert fresh.explain.rows.answer is answer
    assert fresh.explain.rows.shown == second
    assert not fresh.explain.rows.pending


def test_a_new_result_asks_again_and_another_run_forgets():
    some = swept()
    part = [e for e in some if getattr(e, "arm", "") != "smote-enn"][:-2]
    session = reducers.select(fakes.followed(part), "results", "smote")
    wish = results_wishes.rows(session)
    session = explain.ask(session, wish)
    assert wanting(session, wish) is None
    late = [e for e in some if getattr(e, "arm", "") == "smote-enn"]
    session = reducers.run_events(session, session.run.id, late, "running", 20.0)
    assert wanting(session, wish) == wish
    other = reducers.follow(session, fakes.done_run(7, some))
    assert state_of(other).rows == Slot()
    assert state_of(other).choice == Choice()


def test_what_went_wrong_stands_until_something_else_is_asked():
    session = done()
    wish = results_wishes.rows(session)
    session = explain.ask(session, wish)
    problem = Problem(message="the file has changed", remedy="bring it back")
    session = explain.failed(session, session.jobs, wish, problem)
    assert session.explain.rows.problem == problem
    assert wanting(session, wish) is None
    session = explain.ask(session, msgspec.structs.replace(wish, kind="found"))
    assert session.explain.rows.problem is None


# The rows ----------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_missed_positives_are_listed_as_they_came(size):
    async def use(app, pilot):
        await to_errors(app, pilot)
        text = screen_text(app)
        for part in ("smote  81 missed of 161", "worst first", "score", "0.0010"):
            assert part in text, part
        assert "row 100" in text
        assert "is 1, called 0" in text
        wish = asked(app, ErrorRows)[-1]
        assert (wish.run, wish.arm, wish.kind) == ("0000002a", "smote", "missed")

    run(fakes.app("sample:stroke"), use, size=size)


def test_the_number_of_a_row_is_said_once_and_a_line_is_cut_with_a_mark():
    arms = {f"an arm of a long name {i}": (0.1 * i, 5) for i in range(6)}

    async def use(app, pilot):
        await to_errors(app, pilot)
        foot = str(app.screen.query_one("#errors-foot").visual)
        assert foot == "row 100  is 1, called 0"
        await press(pilot, "right")
        foot = str(app.screen.query_one("#errors-foot").visual)
        assert foot == "row 100  is 1, called 0  score  0.0010"
        only = app.screen.query_one("#errors-only")
        only.update("found by " + ", ".join(arms))
        await press(pilot)
        text = screen_text(app)
        assert "an arm of a long name 0" in text
        line = next(one for one in text.splitlines() if "found by an arm" in one)
        assert line.rstrip("│ ").endswith("…")

    run(fakes.app("sample:stroke"), use, size=(80, 24))


def test_the_footer_keeps_what_leads_on_from_anywhere():
    async def use(app, pilot):
        await to_errors(app, pilot)
        footer = screen_text(app).splitlines()[-1]
        for part in ("m kind", "enter why", "v view", "? help"):
            assert part in footer
        await press(pilot, "enter")
        footer = screen_text(app).splitlines()[-1]
        for part in ("enter rows", "v view", "? help"):
            assert part in footer

    run(fakes.app("sample:stroke"), use, size=(80, 24))


def test_without_a_row_nothing_is_offered_for_one():
    async def use(app, pilot):
        app.fake_service.answers[ErrorRows] = lambda request: explain_samples.shown(
            request, rows=(), total=0
        )
        await to_errors(app, pilot)
        text = screen_text(app)
        assert "There is no such row." in text
        footer = text.splitlines()[-1]
        assert "enter why" not in footer
        assert "d differ" not in footer
        assert "m kind" in footer
        await press(pilot, "enter", "d")
        assert asked(app, Contributions) == []

    run(fakes.app("sample:stroke"), use, size=(140, 40))


def test_keys_choose_kind_order_and_disagreement():
    async def use(app, pilot):
        await to_errors(app, pilot)
        await press(pilot, "m")
        await until(pilot, lambda: "1,320 false alarms on 8,519" in screen_text(app))
        await press(pilot, "M", "s")
        await until(pilot, lambda: "nearest first" in screen_text(app))
        assert asked(app, ErrorRows)[-1].order == "best"
        await press(pilot, "d")
        await until(pilot, lambda: "27 of them: found by none" in screen_text(app))
        await press(pilot, "d")
        await until(pilot, lambda: "found by smote-enn" in screen_text(app))
        await press(pilot, "backspace")
        await until(pilot, lambda: "of them" not in screen_text(app))
        await press(pilot, "n")
        await until(pilot, lambda: asked(app, ErrorRows)[-1].policy == "cost")

    run(fakes.app("sample:stroke"), use, size=(120, 30))


def test_brackets_focus_another_arm_and_arrows_move_in_the_rows():
    async def use(app, pilot):
        await to_errors(app, pilot)
        await press(pilot, "down", "right", "right", "right", "right", "right")
        await until(pilot, lambda: "row 107" in screen_text(app))
        assert "gender" in screen_text(app).splitlines()[-3]
        await press(pilot, "right_square_bracket")
        await until(pilot, lambda: "kmeans-smote  122 missed" in screen_text(app))
        await press(pilot, "left_square_bracket")
        await until(pilot, lambda: "smote  81 missed" in screen_text(app))

    run(fakes.app("sample:stroke"), use, size=(120, 30))


def test_further_rows_are_fetched_as_one_comes_to_them():
    async def use(app, pilot):
        await to_errors(app, pilot)
        await press(pilot, "m", "end")
        await until(pilot, lambda: asked(app, ErrorRows)[-1].start > 1_000)
        await until(pilot, lambda: "row 9,333" in screen_text(app))

    run(fakes.app("sample:stroke"), use, size=(120, 30))


# The groups --------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_misses_are_counted_by_the_column_under_the_cursor(size):
    async def use(app, pilot):
        await to_errors(app, pilot)
        await press(pilot, *["right"] * 6, "b")
        await until(pilot, lambda: "smote by age" in screen_text(app))
        text = screen_text(app)
        for part in ("over 44 to 60", "27", "▼", "few", "Misses stand out by"):
            assert part in text, part
        assert "p < 0.001" in text
        await press(pilot, "right")
        await until(pilot, lambda: "smote by gender" in screen_text(app))
        await press(pilot, "left", "enter")
        await until(pilot, lambda: "40 of them: age: over 44" in screen_text(app))
        assert asked(app, ErrorRows)[-1].where == ("age", "over 44 to 60")
        await press(pilot, "backspace")
        await until(pilot, lambda: asked(app, ErrorRows)[-1].where is None)

    run(fakes.app("sample:stroke"), use, size=size)


def test_nothing_stands_out_is_said():
    request = ErrorGroups(id=1, store="", run="", column="age")
    none = explain_samples.grouped(request, ranking=())
    assert "nothing can stand out" in errors_words.ranking(none).plain
    (one,) = explain_samples.grouped(request).ranking
    chance = msgspec.structs.replace(one, adjusted_p=0.4)
    said = errors_words.ranking(explain_samples.grouped(request, ranking=(chance,)))
    assert "nothing stands out" in said.plain


# The reasons -------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_enter_takes_a_row_s_score_apart(size):
    async def use(app, pilot):
        await to_errors(app, pilot)
        await press(pilot, "down", "enter")
        await until(pilot, lambda: "Row 107 as smote" in screen_text(app))
        await until(pilot, lambda: "−2.55" in screen_text(app))
        assert asked(app, Contributions)[-1].row == 107
        text = screen_text(app)
        for part in ("age", "33", "what every row", "−6.17", "It is 1 and is called 0"):
            assert part in text, part
        await press(pilot, "right")
        await until(pilot, lambda: "Row 114" in screen_text(app))
        await press(pilot, "left", "backspace")
        await until(pilot, lambda: "What smote goes by" in screen_text(app))
        await until(pilot, lambda: "0.091 ± 0.011" in screen_text(app))
        assert asked(app, Importance)[-1].arm == "smote"
        await press(pilot, "down")
        await until(pilot, lambda: "What kmeans-smote goes by" in screen_text(app))
        await press(pilot, "enter")
        await until(pilot, lambda: "missed of 161" in screen_text(app))

    run(fakes.app("sample:stroke"), use, size=size)


# Without an answer -------------------------------------------------------------------


def test_a_table_that_changed_is_told_in_plain_words():
    problem = Failure(
        code="data",
        message="stroke.csv has changed since the run",
        remedy="bring the old file back, or start a new run",
    )

    async def use(app, pilot):
        app.fake_service.answers[ErrorRows] = problem
        app.fake_service.answers[Importance] = problem
        app.runs.known["0000002a"] = fakes.done_run(42, swept())
        app.post_message(say.OpenRunRequested("0000002a"))
        await press(pilot)
        for view in ("errors", "reasons"):
            app.post_message(say.ViewChosen("results", view))
            await until(pilot, lambda: "has changed since the run" in screen_text(app))
            assert "→ bring the old file back" in screen_text(app)

    run(fakes.app("sample:stroke"), use, size=(80, 24))


def test_what_is_being_done_is_told_while_it_is():
    async def use(app, pilot):
        app.runs.known["0000002a"] = fakes.done_run(42, swept())
        app.post_message(say.OpenRunRequested("0000002a"))
        await press(pilot)
        app.fake_service.let.clear()
        app.post_message(say.ViewChosen("results", "errors"))
        await until(pilot, lambda: "reading the table …" in screen_text(app))
        app.fake_service.let.set()
        await until(pilot, lambda: "missed of 161" in screen_text(app))

    run(fakes.app("sample:stroke"), use, size=(80, 24))


def test_an_arm_at_work_or_failed_has_no_mistakes_yet():
    some = events()
    working = reducers.activate(fakes.followed(some[:4]), "results")
    why = results_wishes.why_not(working)
    assert "still at work" in why or "No results" in why or "starting" in why
    gone = [e for e in some if getattr(e, "arm", "") != "smote"][:-2]
    broken = fakes.followed([*gone, failed("smote")], "done")
    broken = reducers.select(broken, "results", "smote")
    assert "smote failed" in results_wishes.why_not(broken)
    assert results_wishes.rows(broken) is None
    assert "r runs" in results_wishes.why_not(Session())


def test_progress_is_said_in_words():
    session = done()
    wish = results_wishes.importance(session)
    session = explain.ask(session, wish)
    session = explain.progressed(session, session.jobs, wish, "shuffling columns: 3")
    slot = session.explain.importance
    assert results_wishes.waiting(slot).plain == "shuffling columns: 3 …"
    assert LoadProgress  # what the service says it with


def test_hostile_cells_and_labels_do_nothing():
    text = fakes.EVIL

    async def use(app, pilot):
        def rows(request):
            found = explain_samples.shown(request)
            one = msgspec.structs.replace(
                found.rows[0], cells=(text,) * len(found.columns), label=text, said=text
            )
            return msgspec.structs.replace(
                found, rows=(one,), total=1, columns=(text,) * 6, klass=text, level=text
            )

        def parts(request):
            found = explain_samples.apart(request)
            bad = [
                msgspec.structs.replace(p, column=text, cell=text) for p in found.parts
            ]
            return msgspec.structs.replace(
                found, parts=tuple(bad), klass=text, label=text, said=text
            )

        app.fake_service.answers[ErrorRows] = rows
        app.fake_service.answers[Contributions] = parts
        await to_errors(app, pilot)
        assert not harmful(screen_text(app).replace("\n", ""))
        await press(pilot, "enter")
        await until(pilot, lambda: "Row 100" in screen_text(app))
        await until(pilot, lambda: "−2.55" in screen_text(app))
        assert not harmful(screen_text(app).replace("\n", ""))

    run(fakes.app("sample:stroke"), use, size=(100, 30))
