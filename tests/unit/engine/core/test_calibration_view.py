"""Whether scores can be read as probabilities, in words."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from engine.core.outcome import Calibration, CalibrationBin, CalibrationMap
from engine.core.views.calibration import (
    MEASURES,
    figure,
    judgement,
    select_arms,
    warning,
)
from tests.support.calibration_samples import (
    AS_IT_IS,
    GOOD,
    ISOTONIC,
    PLATT,
    PRIOR,
    RAW,
    RESAMPLED,
    UNTOUCHED,
    bins,
)


def test_scores_that_are_far_off_are_no_risks_and_are_repaired():
    assert judgement("smote", RESAMPLED, "platt") == (
        "smote predicts 0.353 where 0.074 is observed: not calibrated; "
        "Platt scaling corrects it (Brier 0.0344 → 0.0177)"
    )


def test_a_repair_that_is_off_itself_only_helps():
    half = replace(PLATT, bins=bins(*(b.score / 2 for b in GOOD)))
    said = judgement("smote", (AS_IT_IS, half), "platt")
    assert "; Platt scaling helps (Brier 0.0344 → 0.0177), but predicts 0.0" in said
    assert said.endswith("where 0.074 is observed")


def test_scores_that_need_no_repair_can_be_read():
    said = judgement("untreated", UNTOUCHED, "none")
    assert said == "untreated: its scores can be read as probabilities"


def test_scores_that_nothing_repairs_are_no_risks_all_the_same():
    assert judgement("x", (AS_IT_IS,), "none").endswith(
        "not calibrated; no recalibration did better on out-of-fold scores"
    )


def test_a_repair_for_which_there_was_no_need():
    better = replace(ISOTONIC, brier=0.017, log_loss=0.079)
    assert judgement("x", (*UNTOUCHED[:2], better), "isotonic") == (
        "x: the test rows show no miscalibration; isotonic regression did better out "
        "of fold and on the test rows (Brier 0.0177 → 0.0170): prefer the recalibrated "
        "scores"
    )


def test_few_positives_cannot_tell_much():
    few = replace(UNTOUCHED[0], bins=(CalibrationBin(rows=40, positives=6, score=0.2),))
    assert "read as probabilities, as far as 6 positives can tell" in judgement(
        "x", (few,), "none"
    )


def test_a_repair_that_the_test_rows_speak_against():
    worse = replace(PLATT, brier=0.0177, log_loss=0.2)
    assert judgement("x", (AS_IT_IS, worse), "platt").endswith(
        "not calibrated; Platt scaling did better out of fold, but not on the test "
        "rows (log loss 0.152 → 0.200)"
    )


@pytest.mark.parametrize(
    ("score", "positives", "rows", "off"),
    [
        (0.5, 480, 1000, False),  # chance
        (0.5, 400, 1000, True),
        (0.0002, 2, 875, False),  # too few to say
        (0.0002, 5, 875, True),
        (0.02, 0, 100, False),
        (0.02, 0, 1000, True),
        (0.31, 30_000, 100_000, False),  # certain, and of no matter
        (0.36, 30_000, 100_000, True),
        (0.0130, 1_000, 100_000, True),  # 0.003, but a third of the odds
    ],
)
def test_what_is_off_is_beyond_chance_and_matters(score, positives, rows, off):
    one = Calibration(
        method="none",
        bins=(
            CalibrationBin(rows=rows, positives=positives, score=score),
            CalibrationBin(rows=1000, positives=500, score=0.5),
        ),
    )
    assert ("not calibrated" in judgement("x", (one,), "none")) is off


def test_a_share_of_nothing_is_said_in_words():
    one = replace(AS_IT_IS, bins=(*bins(0.001), CalibrationBin(1000, 0, 0.2)))  # type: ignore[call-arg]
    assert "predicts 0.200 where none is observed" in judgement("x", (one,), "none")


def test_nothing_to_judge_is_said():
    none_found = replace(AS_IT_IS, bins=tuple(replace(b, positives=0) for b in RAW))
    assert "no test row is positive" in judgement("x", (none_found,), "none")
    assert "no calibration was measured" in judgement("x", (), "none")
    assert "no calibration was measured" in judgement(
        "x", (replace(PLATT, bins=()),), "none"
    )


def test_a_model_of_other_shares_is_flagged():
    assert warning(RESAMPLED) == (
        "trained on resampled or weighted rows: "
        "their training odds are 54 × the real ones"
    )
    assert warning(UNTOUCHED) == ""
    for intercept, said in ((0.05, ""), (0.7, "0.5 ×"), (-9.9e3, "× the real ones")):
        one = replace(PRIOR, map=CalibrationMap(intercept=intercept))
        assert said in warning([one])
        assert bool(warning([one])) is bool(said)


def test_figures_are_written_with_the_digits_that_count():
    one = replace(AS_IT_IS, slope=None, intercept=-1234.5, in_the_large=1e6)
    written = {name: figure(getattr(one, name), name) for name in MEASURES}
    assert written["slope"] == "—"
    assert written["intercept"] == "−1234"
    assert written["in_the_large"] == "1e+06"
    assert written["brier"] == "0.0344"
    assert written["log_loss"] == "0.152"


def test_the_controls_of_all_models_are_among_the_arms_that_are_drawn():
    arms = [*"abcdefgh", "untreated@logistic", "smote@logistic", "untreated@xgboost"]
    chosen = select_arms(arms, "h")
    assert {"h", "untreated@logistic", "untreated@xgboost"} <= set(chosen)
    assert "smote@logistic" not in chosen
