"""Pane 3 and its pictures, before, while and after a run works."""

from __future__ import annotations

import msgspec

from engine.core.events import (
    Event,
    Progress,
    RunFinished,
    SetupProgress,
    Warned,
)
from tests.support import fakes
from tests.support.console_samples import (
    compared,
    events,
    failed,
    prepared,
    started,
    trial,
)
from tests.support.fakes import press, screen_text, settle
from tests.support.patience import until
from tui.charts import ChartView
from tui.features import messages as say
from tui.features import reducers
from tui.features.arms.draft import Problem
from tui.features.session import CurrentRun, Session
from tui.features.training import progress
from tui.features.training.pane import LiveView, LogView, TrainingPane, TrialsView
from tui.widgets import Rows

GROWING = Progress(
    arm="smote",
    stage="tune",
    done=1,
    total=2,
    trial=1,
    curve=((10, 0.03), (20, 0.05), (30, 0.06)),
)


def half_way() -> list[Event]:
    """`untreated` done, `smote` at its 2nd trial, `smote-enn` failed, one waiting."""
    "waiting."
    whole = events()
    done = [e for e in whole if getattr(e, "arm", "") == "untreated"]
    return [
        whole[0],
        *done,
        prepared("smote", 0),
        prepared("smote", 1, repairs=("k_neighbors 5 → 2: few rows",)),
        trial("smote", 0, 0.0512, seconds=4.0),
        failed("smote-enn", "no room", "use none"),
        GROWING,
    ]


def with_run(session: Session, **changes: object) -> Session:
    assert session.run is not None
    return msgspec.structs.replace(
        session, run=msgspec.structs.replace(session.run, **changes)
    )


def lines(session: Session) -> dict[str, list[str]]:
    """The cells of each arm, as text."""
    return {
        item.key: [c if isinstance(c, str) else c[0] for c in item.cells]
        for item in progress.items(session, progress.WIDE_BAR)
    }


def test_each_arm_has_its_stage_trials_best_score_and_times():
    found = lines(fakes.followed(half_way()))
    assert found["untreated"][1:7] == [
        "done",
        "━━━━━━━━━━",
        "2 trials",
        "0.0600",
        "00:07",
        "",
    ]
    assert found["smote"][1] == "tuning"
    assert found["smote"][3:7] == ["1/2 trials", "0.0512", "00:06", "~00:13"]
    assert found["smote"][7] == "#2, 30 boosting rounds"
    assert found["smote-enn"][1] == "✗ failed"
    assert found["smote-enn"][7] == "no room"
    assert found["kmeans-smote"][1:4] == ["waiting", "──────────", "0/2 trials"]


def test_preparing_counts_folds():
    some = [
        started(),
        prepared("untreated", 0),
        Progress(arm="untreated", stage="prepare", done=1, total=3),
    ]
    assert lines(fakes.followed(some))["untreated"][1:4] == [
        "preparing",
        "━─────────",
        "1/3 folds",
    ]


def test_an_arm_that_the_run_left_is_stopped():
    found = lines(fakes.followed(half_way(), "cancelled"))
    assert found["kmeans-smote"][1] == "stopped"
    assert found["untreated"][1] == "done"


def test_an_arm_without_a_trial_says_why():
    for status, arm, said in (
        ("running", "kmeans-smote", "No trial yet: the arm waits for its turn."),
        ("cancelled", "kmeans-smote", "No trial: the run was cancelled before."),
        ("running", "smote-enn", "No trial yet: the arm failed before."),
    ):
        run = fakes.followed(half_way(), status).run
        assert progress.no_trial(run, run.state.arm(arm)) == said
    some = [started(), prepared("smote", 0)]
    run = fakes.followed(some).run
    text = progress.no_trial(run, run.state.arm("smote"))
    assert text == "No trial yet: the folds are being prepared."


def test_the_status_says_where_the_run_is():
    for status, said in (
        ("done", "✓ run 42 done in 00:10"),
        ("cancelled", "■ run 42 cancelled after 00:10\n"),
        ("interrupted", "■ run 42 interrupted: its process is gone\n"),
        ("queued", "starting …"),
    ):
        session = fakes.followed(half_way(), status)
        if status == "queued":
            assert session.run is not None
            session = with_run(session, state=type(session.run.state)())
        assert said in progress.status(session).plain, status


def test_the_status_says_how_far_the_table_is_read():
    now = SetupProgress(stage="reading", done=250_000, total=1_000_000, seconds=5.0)
    session = fakes.followed([*half_way(), now])
    assert progress.status(session).plain.splitlines() == [
        "▶ run 42  00:10  ━━──────── 25 %",
        "reading the file: 250,000 of 1,000,000 rows, 50,000 rows/s, ~15 s left",
    ]
    over = fakes.followed([*half_way(), now, SetupProgress()])
    assert progress.status(over) == progress.status(fakes.followed(half_way()))
    assert (
        "reading"
        not in progress.status(fakes.followed([*half_way(), now], "failed")).plain
    )


def test_a_failed_run_says_why():
    some = [
        *half_way(),
        RunFinished(
            status="failed",
            seconds=3.0,
            error={"message": "every arm failed", "fix": "look at the log"},
        ),
    ]
    text = progress.status(fakes.followed(some, "failed")).plain
    assert text == "✗ run 42 failed: every arm failed\n→ look at the log"


def test_before_a_run_it_says_how_to_start_one_or_why_not(panes):
    async def use(app, pilot):
        text = screen_text(app)
        assert "Ready: r runs 6 arms × 10 trials" in text.replace("│", "")
        await pilot.click("#training-run")
        await press(pilot)
        assert len(app.posted(say.RunRequested)) == 1
        app.give(Session())
        await press(pilot)
        text = screen_text(app)
        assert "no dataset is open" in text
        assert "open one first" in text
        assert not app.query_one("#training-run").display

    panes.run(use, TrainingPane, fakes.loaded(), size=(140, 40))


def test_a_run_is_started_watched_and_cancelled_with_keys(shell):
    async def use(app, pilot):
        await press(pilot, "3", "r")
        assert app.runs.calls[0][0] == "start"
        assert "starting" in screen_text(app)
        app.runs.feed(*half_way())
        await press(pilot)
        text = screen_text(app)
        assert "tuning" in text
        assert "smote" in text
        assert "average precision, best so far" in text
        await pilot.resize_terminal(140, 40)
        await press(pilot)
        text = screen_text(app)
        assert "smote" in text
        assert "average precision, best so far" in text
        await press(pilot, "x")
        assert "Cancel run 42?" in screen_text(app)
        await press(pilot, "x")
        assert ("cancel", "0000002a") in app.runs.calls
        assert "cancelling" in screen_text(app)
        app.runs.end("cancelled")
        await press(pilot)
        assert "cancelled" in screen_text(app)

    shell.run(use, "sample:stroke", size=(80, 24))


def test_buttons_cancel_and_resume(panes):
    session = fakes.followed(half_way())

    async def use(app, pilot):
        await pilot.click("#training-cancel")
        await press(pilot)
        assert len(app.posted(say.CancelRequested)) == 1
        app.give(with_run(session, status="interrupted"))
        await press(pilot)
        assert not app.query_one("#training-cancel").display
        await pilot.click("#training-resume")
        await press(pilot)
        assert [r.run_id for r in app.posted(say.ResumeRequested)] == ["0000002a"]

    panes.run(use, TrainingPane, session, size=(140, 40))


def test_the_highlighted_arm_decides_curve_and_trials(panes):
    async def use(app, pilot):
        app.query_one("#training-arms").focus()
        assert "▲ smote trial 1  score" in screen_text(app)
        await press(pilot, "up", "up", "enter")
        assert app.session.view.selected["training"] == "untreated"
        assert app.session.view.shown["training"] == TrialsView.NAME
        text = screen_text(app)
        assert "more is better" in text
        assert "★" in text
        assert "max_depth 3" in text
        app.post_message(say.ViewChosen("training", LiveView.NAME))
        await settle(pilot)
        read = screen_text(app)
        assert read.index("● untreated trial 2") < read.index("▲ smote trial 1")

    session = reducers.show(fakes.followed(half_way()), "training", LiveView.NAME)
    panes.run(use, TrainingPane, session, (180, 40), service=fakes.FakeService())


def test_a_trial_and_a_round_are_read_by_mouse_and_keys(panes):
    scores = (0.03, 0.05, 0.04, 0.06)
    some = [
        started(),
        *(trial("untreated", n, score) for n, score in enumerate(scores)),
        trial("smote", 0, 0.02),
        trial("smote", 1, 0.01),
        GROWING,
    ]

    async def use(app, pilot):
        def read() -> list[str]:
            return str(app.query_one("#live-read").visual).split("\n")

        trials, curve = app.query(ChartView)
        await until(pilot, lambda: trials.area is not None)
        # Before it is pointed at, the last trial is read.
        for line, sign, last in zip(
            read(),
            ("▲ smote trial 2", "● untreated trial 4"),
            ("score 0.0100  best so far 0.0200 (trial 1)", "score 0.0600"),
            strict=True,
        ):
            assert line.startswith(f"{sign}  {last}")
        assert "╋" not in trials.plain
        column, row = trials.area.cell(3.1)
        await pilot.hover(trials, offset=(column, row - 2))
        await settle(pilot)
        said = "● untreated trial 3  score 0.0400  best so far 0.0500 (trial 2)"
        assert read()[1] == said
        column, row = trials.area.cell(2, 0.02)
        assert trials.plain.split("\n")[row][column] == "╋"
        app.query_one("#live-arms").focus()
        await press(pilot, *["less_than_sign"] * 9)
        assert read()[1].startswith("● untreated trial 1  score 0.0300")
        if size[0] > 120:
            await until(pilot, lambda: curve.area is not None)
            column, row = curve.area.cell(20)
            await pilot.hover(curve, offset=(column, row - 2))
            await settle(pilot)
            assert read() == [
                "● smote #2 at 20 boosting rounds  score 0.0500  best 0.0600 (at 30)"
            ]
            assert "╋" in curve.plain
            assert "╋" not in trials.plain

    session = reducers.show(fakes.followed(some), "training", LiveView.NAME)
    session = reducers.select(
        reducers.activate(session, "training"), "training", "smote"
    )
    for size in ((140, 40), (118, 24)):
        panes.run(use, TrainingPane, session, size)


def test_the_log_follows_its_end_until_the_cursor_leaves_it(panes):
    async def use(app, pilot):
        app.runs.feed(*half_way()[1:])
        await press(pilot)
        log = app.screen.query_one("#log-lines", Rows)
        log.focus()
        assert log.highlighted == str(len(app.session.run.log) - 1)
        assert "✗ failed: no room" in screen_text(app)
        app.runs.feed(Warned(message="a long word from a library", arm="smote"))
        await press(pilot)
        assert log.highlighted == str(len(app.session.run.log) - 1)
        assert "⚠ a long word from a library" in screen_text(app)
        await press(pilot, "up", "up")
        here = log.highlighted
        app.runs.feed(trial("smote", 1, 0.07))
        await press(pilot)
        assert log.highlighted == here
        assert "best so far" in screen_text(app)

    session = reducers.show(fakes.followed([started()]), "training", LogView.NAME)
    panes.run(use, TrainingPane, session, (118, 24), service=fakes.FakeService())


def test_a_score_that_should_be_small_is_read_that_way(panes):
    session = fakes.followed(half_way())
    assert session.run is not None
    search = msgspec.structs.replace(
        session.run.experiment.search, objective="log_loss"
    )
    experiment = msgspec.structs.replace(session.run.experiment, search=search)
    session = with_run(session, experiment=experiment)
    assert not progress.greater_is_better(session.run)
    assert progress.greater_is_better(None)
    panes.look(TrainingPane, reducers.show(session, "training", TrialsView.NAME))
    assert "less is better" in panes.text


def test_every_view_has_something_to_say_without_a_run(panes):
    for view in (LiveView, TrialsView, LogView):
        session = reducers.show(fakes.loaded(), "training", view.NAME)
        app = panes.look(TrainingPane, session, (80, 24))
        assert "No run yet: r starts one" in panes.text
        assert app.query_one(view).copied() is not None


def test_progress_alone_draws_only_what_changed(panes):
    session = fakes.followed(half_way())

    async def use(app, pilot):
        rows = app.query_one("#training-arms", Rows)
        drawn: list[int] = []
        rows.refresh_line = drawn.append  # type: ignore[method-assign]
        assert session.run is not None
        later = msgspec.structs.replace(GROWING, curve=(*GROWING.curve, (40, 0.07)))
        app.give(reducers.run_events(session, session.run.id, [later], "running", 11.0))
        await press(pilot)
        assert drawn == [1]

    panes.run(use, TrainingPane, session, size=(140, 40))


def test_the_folded_pane_says_the_essence():
    made = TrainingPane()
    live = fakes.followed(half_way())
    assert made.summary(live).plain.startswith("━━━━━━────")
    assert "5/8" in made.summary(live).plain
    assert made.subtitle(live).plain == "run 42 running"
    assert made.summary(fakes.loaded()).plain.startswith("Ready: r runs")
    assert made.summary(Session()).plain == "✗ no dataset is open"
    done = fakes.followed(events(), "done")
    assert made.summary(done).plain == "✓ run 42 done in 00:10"
    assert made.subtitle(Session()).plain == ""


def test_a_problem_with_the_table_is_why_no_run_can_start():
    problem = Problem(message="one class only", fix="choose another target")
    session = fakes.loaded()
    load = msgspec.structs.replace(session.load, problem=problem)
    session = msgspec.structs.replace(session, load=load)
    assert "one class only" in progress.status(session).plain
    assert isinstance(compared().verdict.headline, str)
    assert CurrentRun.__struct_fields__


def test_waiting_for_the_dataset_is_no_failure():
    opened = reducers.open_source(Session(), "big.csv")
    text = progress.status(opened)
    assert text.plain == "· waits for the dataset"
    assert "error" not in str(text.spans)
