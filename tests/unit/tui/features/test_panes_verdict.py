"""The verdict in full, and what there is to see of a run that ended early."""

from __future__ import annotations

import msgspec

from engine.core.events import ArmEvaluated, Event, RunFinished
from engine.core.outcome import Detectable, FoldComparison, Remark, Verdict
from tests.support import fakes
from tests.support.console_samples import compared, failed, started, trial
from tests.support.fakes import press, screen_text
from tests.support.results_samples import DIFFERENCE, ended, swept
from tui.features import reducers
from tui.features.results.curves import CurvesView, ThresholdView
from tui.features.results.pane import (
    BoardView,
    MatricesView,
    ResultsPane,
    ResultsPicture,
)
from tui.features.results.tables import VerdictView
from tui.widgets import Prose, Rows


def test_the_verdict_has_reasons_doubts_differences_and_the_proof(panes):
    session = ended(view=VerdictView.NAME)

    async def use(app, pilot):
        text = app.query_one(VerdictView).query_one(Prose).plain
        for part in (
            "Chance alone could explain it.",
            "→ Do not resample",
            "· It costs less.",
            "? Few positives.",
            "⚠ kmeans-smote: adjusted k_neighbors 5 → 2–3",
            "Recall at fixed 0.5",
            "smote untreated +0.50 +0.42 to +0.57",
            "better",
            "not shown",
            "no leak found: test rows unchanged: yes",
            "synthetic rows in validation: 0",
        ):
            assert part in " ".join(text.split()), part
        assert "Cost per 1,000" not in text
        app.give(reducers.choose_point(session, "cost"))
        await press(pilot)
        assert "Cost per 1,000" in app.query_one(VerdictView).query_one(Prose).plain

    panes.run(use, ResultsPane, session)


def richer() -> list[Event]:
    """A whole run with codes, folds, matched figures and detectable differences."""
    fold = FoldComparison(
        a="smote",
        b="untreated",
        metric="average_precision",
        folds=25,
        difference=-0.0124,
        ci=(-0.03, 0.006),
        p=0.01,
        adjusted_p=0.02,
        rope=0.01,
        worse=0.62,
        same=0.33,
        better=0.05,
        method="",
    )
    matched = msgspec.structs.replace(
        DIFFERENCE,
        at="cost",
        metric="false_positive_rate",
        difference=-0.1,
        ci=(-0.2, -0.01),
        method="matched within each draw",
    )
    some = swept()
    some[-2] = msgspec.structs.replace(
        compared(),
        comparison=(matched,),
        verdict=Verdict(
            headline="Chance alone could explain it.",
            recommendation="Do not resample.",
            reasons=(Remark("VRD105", "It costs less."),),
            doubts=(Remark("VRD201", "Few positives."), Remark("VRD204", "One split.")),
            code="VRD002",
        ),
        folds=(fold, msgspec.structs.replace(fold, metric="brier", a="smote-enn")),
        detectable=(
            Detectable(
                arm="smote",
                at="fixed",
                positives=161,
                discordant=0.3,
                difference=0.124,
            ),
            Detectable(
                arm="smote-enn",
                at="fixed",
                positives=161,
                discordant=0.0,
                difference=1.0,
            ),
        ),
    )
    return some


def test_codes_folds_and_what_can_be_seen(panes):
    session = ended(richer(), VerdictView.NAME)
    for size in ((80, 24), (140, 40)):
        prose = (
            panes.look(ResultsPane, session, size)
            .query_one(VerdictView)
            .query_one(Prose)
        )
        text = prose.plain
        for part in (
            "→ Do not resample. VRD002",
            "· It costs less. VRD105",
            "? One split. VRD204",
            "Average precision over 25 folds, minus untreated",
            "−0.012",
            "0.62   0.33     0.05   ░░░░░░░░░░░░───────█",
            " Brier score over 25 folds",
            "What the test positives can show",
            "30.0 %",
            "none could",
        ):
            assert part in text, (size, part)
        panes.look(ResultsPane, reducers.choose_point(session, "cost"), size)
        text = prose.plain
        assert "False positive rate at" in text


def test_a_leak_is_said_loudly(panes):
    some = swept()
    proof = msgspec.structs.replace(
        compared().proof,
        test_fingerprint_after="00",
        synthetic_rows_in_validation=3,
        test_counts_unchanged=False,
    )
    some[-2] = msgspec.structs.replace(compared(), proof=proof)
    app = panes.look(ResultsPane, ended(some, VerdictView.NAME))
    text = app.query_one(VerdictView).query_one(Prose).plain
    assert "LEAK: test rows unchanged: no" in text
    assert "synthetic rows in validation: 3" in " ".join(text.split())


def test_an_arm_at_work_and_a_failed_one_have_their_place(panes):
    some: list[Event] = [
        started(),
        trial("untreated", 0, 0.05),
        next(e for e in swept() if isinstance(e, ArmEvaluated) and e.arm == "smote"),
        failed("smote-enn", "no room", "use none"),
    ]
    session = fakes.followed(some)

    async def use(app, pilot):
        names = [item.key for item in app.query_one("#results-arms", Rows).items]
        assert names == ["smote", "untreated", "kmeans-smote", "smote-enn"]
        text = screen_text(app)
        assert "tuning" in text
        assert "NO VERDICT YET   2 of 4 arms done; the verdict comes last" in text
        app.give(reducers.select(session, "results", "smote-enn"))
        await press(pilot)
        text = screen_text(app)
        assert "✗ smote-enn: no room" in text
        assert "→ use none" in text
        app.give(reducers.select(session, "results", "untreated"))
        await press(pilot)
        assert "untreated: tuning" in screen_text(app)

    panes.run(use, ResultsPane, session, size=(140, 40))


def test_a_run_that_ended_early_shows_what_there_is(panes):
    smote = next(e for e in swept() if isinstance(e, ArmEvaluated) and e.arm == "smote")
    views = (BoardView, MatricesView, CurvesView, ThresholdView, VerdictView)
    assert {*views} < {*ResultsPicture.VIEWS}
    for view in views:
        for status in ("cancelled", "failed", "interrupted"):
            error = {"message": "it broke", "fix": "try again"}
            end = RunFinished(
                status=status,
                seconds=3.0,
                error=error if status == "failed" else None,
            )
            session = fakes.followed([started(), smote, end], status)
            session = reducers.show(session, "results", view.NAME)
            panes.look(ResultsPane, session, (140, 40))
            text = panes.text
            assert "▶ 81" in text or view in (CurvesView, VerdictView), (view, status)
            if view is VerdictView:
                assert "the run ended before it compared" in text
            if view is BoardView:
                assert status in text
