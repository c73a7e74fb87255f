"""The verdict in full, and what there is to see of a run that ended early."""

from __future__ import annotations

import fakes
import msgspec
import pytest
from console_samples import compared, failed, started, trial
from fakes import press, run, screen_text
from test_panes_results import VIEWS, done, pane, swept

from engine.events import ArmEvaluated, Event, RunFinished
from tui import reducers
from tui.panes.results_curves import CurvesView
from tui.panes.results_verdict import VerdictView
from tui.panes.results_views import BoardView
from tui.widgets.prose import Prose
from tui.widgets.rows import Rows


def test_the_verdict_has_reasons_doubts_differences_and_the_proof():
    session = reducers.show(done(), "results", VerdictView.NAME)

    async def use(app, pilot):
        text = app.query_one(Prose).plain
        for part in (
            "Chance alone could explain it.",
            "→ Do not resample",
            "· It costs less.",
            "? Few positives.",
            "⚠ kmeans-smote: k_neighbors 5 → 2–3",
            "Differences at default 0.5",
            "smote − none",
            "+0.50",
            "(+0.42 to +0.57)",
            "p < 0.001",
            "p = 0.4, may be chance",
            "✓ the test rows are the same after as before (SHA-256 ff6cfe5bd165d9e2…)",
            "✓ 0 synthetic rows in validation folds",
        ):
            assert part in text, part
        assert "cost per 1,000" not in text
        app.give(reducers.choose_policy(session, "cost"))
        await press(pilot)
        assert "cost per 1,000" in app.query_one(Prose).plain

    run(pane(session), use)


def test_a_leak_is_said_loudly():
    some = swept()
    proof = msgspec.structs.replace(
        compared().proof,
        test_fingerprint_after="00",
        synthetic_rows_in_validation=3,
        test_counts_unchanged=False,
    )
    some[-2] = msgspec.structs.replace(compared(), proof=proof)
    session = reducers.show(fakes.followed(some, "done"), "results", "verdict")

    async def use(app, pilot):
        text = app.query_one(Prose).plain
        assert "✗ the test rows CHANGED" in text
        assert "✗ 3 synthetic rows in validation folds" in text

    run(pane(session), use)


def test_an_arm_at_work_and_a_failed_one_have_their_place():
    some: list[Event] = [
        started(),
        trial("none", 0, 0.05),
        next(e for e in swept() if isinstance(e, ArmEvaluated) and e.arm == "smote"),
        failed("smote-enn", "no room", "use none"),
    ]
    session = fakes.followed(some)

    async def use(app, pilot):
        names = [item.key for item in app.query_one("#results-arms", Rows).items]
        assert names == ["smote", "none", "kmeans-smote", "smote-enn"]
        text = screen_text(app)
        assert "tuning" in text
        assert "The verdict comes when all arms are done." in text
        app.give(reducers.select(session, "results", "smote-enn"))
        await press(pilot)
        text = screen_text(app)
        assert "✗ smote-enn: no room" in text
        assert "→ use none" in text
        app.give(reducers.select(session, "results", "none"))
        await press(pilot)
        assert "none: tuning, 1 trial finished" in screen_text(app)

    run(pane(session), use, size=(140, 40))


@pytest.mark.parametrize("status", ["cancelled", "failed", "interrupted"])
def test_a_run_that_ended_early_shows_what_there_is(status):
    error = (
        {"message": "it broke", "remedy": "try again"} if status == "failed" else None
    )
    some: list[Event] = [
        started(),
        next(e for e in swept() if isinstance(e, ArmEvaluated) and e.arm == "smote"),
        RunFinished(status=status, seconds=3.0, error=error),
    ]
    session = fakes.followed(some, status)
    for view in VIEWS:
        shown = reducers.show(session, "results", view.NAME)

        async def use(app, pilot, view=view):
            text = screen_text(app)
            assert "▶ 81" in text or view in (CurvesView, VerdictView)
            if view is VerdictView:
                assert "the run ended before it compared" in text
            if view is BoardView:
                assert status in text

        run(pane(shown), use, size=(140, 40))
