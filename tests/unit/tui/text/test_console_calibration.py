"""Whether scores can be read as probabilities, as a table."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from engine.core import Result
from engine.core.errors import UsageError
from tests.support.calibration_samples import calibrated
from tests.support.console_samples import document, started
from tui.terminal.safe_text import cells
from tui.text.lines import PLAIN, paint
from tui.text.scores import calibration

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


def test_every_method_of_every_arm_is_a_line_the_recommended_marked():
    lines = shown(built())
    assert lines[0].split() == [
        *("arm", "scores", "Brier", "log", "loss", "slope", "intercept", "ECE"),
        "calibration-in-the-large",
    ]
    table = [line.split() for line in lines[1:16]]
    assert table[0][:5] == ["untreated", "as", "it", "is", "✓"]
    assert table[3][:5] == ["smote", "as", "it", "is", "0.0344"]
    assert table[5] == [
        *("Platt", "✓", "0.0177", "0.0803", "0.90", "−0.30", "0.0019", "0.04")
    ]
    said = "\n".join(lines[16:])
    assert said.startswith(" ✓ did best on out-of-fold scores;")
    assert said.count("not calibrated") == 3
    assert said.count("can be read as probabilities") == 1
    assert " ⚠ smote, smote-enn, kmeans-smote: trained on resampled" in said


def test_narrow_tables_say_what_they_leave_out():
    found = built()
    for width in range(50, 130, 7):
        lines = shown(found, width)
        assert all(cells(line) <= width for line in lines)
        assert "log loss" in lines[0]
    assert "not shown at this width: intercept, calibration-in-the-large" in "\n".join(
        shown(found, 60)
    ).replace("\n ", " ")


def test_of_many_classes_one_is_told_from_the_rest():
    found = built("b")
    assert shown(found)[0] == " class b against the rest"
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
