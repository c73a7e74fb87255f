"""Whether scores can be read as probabilities, in words and as a table."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from engine.core import Result
from engine.errors import UsageError
from engine.outcome import Calibration, CalibrationBin, CalibrationMap
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
    calibrated,
)
from tests.support.console_samples import document, started
from tui.console.lines import paint
from tui.console.risks import calibration, figure, judgement, warning
from tui.console.style import PLAIN
from tui.safe_text import cells

replace = msgspec.structs.replace


def built(klass: str | None = None) -> Result:
    """Return the document of a calibrated run; of three classes if one is named."""
    found = document(calibrated(klass))
    if klass is None:
        return found
    classes = {"a": 90, klass: 5, "c": 9}
    return replace(
        found, dataset=replace(found.dataset, positive=None, classes=classes)
    )


def shown(found: Result, width: int = 100, **about: Any) -> list[str]:
    return paint(calibration(found, width=width, **about), PLAIN, width).split("\n")


# What is said ------------------------------------------------------------------------


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
        "trained on resampled or weighted rows: there a positive has 54 times the odds"
    )
    assert warning(UNTOUCHED) == ""
    for intercept, said in ((0.05, ""), (0.7, "0.5 times"), (-9.9e3, "times the odds")):
        one = replace(PRIOR, map=CalibrationMap(intercept=intercept))
        assert said in warning([one])
        assert bool(warning([one])) is bool(said)


def test_figures_are_written_with_the_digits_that_count():
    one = replace(AS_IT_IS, slope=None, intercept=-1234.5, in_the_large=1e6)
    assert figure(one, "slope") == "—"
    assert figure(one, "intercept") == "−1234"
    assert figure(one, "in_the_large") == "1e+06"
    assert figure(one, "brier") == "0.0344"
    assert figure(one, "log_loss") == "0.152"


# The table ---------------------------------------------------------------------------


def test_every_method_of_every_arm_is_a_line_the_recommended_marked():
    lines = shown(built())
    assert lines[0].split() == [
        *("arm", "scores", "Brier", "log", "loss", "slope", "intercept", "ECE"),
        *("in", "the", "large"),
    ]
    table = [line.split() for line in lines[1:16]]
    assert table[0][:5] == ["untreated", "as", "it", "is", "✓"]
    assert table[3][:5] == ["smote", "as", "it", "is", "0.0344"]
    assert table[5] == [
        *("Platt", "✓", "0.0177", "0.0803", "0.90", "−0.30", "0.0019", "0.04")
    ]
    assert lines[16] == " ✓ did best on out-of-fold scores"
    said = "\n".join(lines[17:])
    assert said.count("not calibrated") == 3
    assert said.count("can be read as probabilities") == 1
    assert " ⚠ smote, smote-enn, kmeans-smote: trained on resampled" in said


def test_narrow_tables_say_what_they_leave_out():
    found = built()
    for width in range(50, 130, 7):
        lines = shown(found, width)
        assert all(cells(line) <= width for line in lines)
        assert "log loss" in lines[0]
    assert "not shown at this width: intercept, in the large" in "\n".join(
        shown(found, 60)
    ).replace("\n ", " ")


def test_of_many_classes_one_is_told_from_the_rest():
    found = built("b")
    assert shown(found)[0] == " b against the rest"
    assert shown(found, klass="b") == shown(found)
    assert shown(found, klass="c") == [" no arm has a calibration"]
    with pytest.raises(UsageError, match=r"no class 'x'.*Choose one of: b, c, a"):
        calibration(found, width=80, klass="x")
    with pytest.raises(
        UsageError, match=r"no class 'x' to look at.*Leave the class out"
    ):
        calibration(built(), width=80, klass="x")


def test_without_a_calibration_that_is_said():
    assert shown(document()) == [" no arm has a calibration"]
    assert shown(document([started()])) == [" no arm has a calibration yet"]
