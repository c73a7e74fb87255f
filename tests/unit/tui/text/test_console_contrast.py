"""Runs side by side as text, at every width and with any text in them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from msgspec.structs import replace

from engine.core import Result
from engine.core.compare_runs import contrast
from engine.core.events import ArmEvaluated
from tests.support.console_samples import (
    COUNTS,
    document,
    events,
    failed,
    started,
)
from tests.support.multiclass_samples import class_document
from tui.terminal.safe_text import cells
from tui.text.comparisons import render_contrast


def named(run: str, found: Result, **split: str) -> Result:
    return replace(found, run=run, split=replace(found.split, **split))


FIRST = named("3f2a9c01", document())
BETTER = {**COUNTS, "smote": {"fixed": (70, 1500), "cost": (100, 400)}}
del BETTER["kmeans-smote"]
SECOND = named("77ab12cd", document(events(BETTER, trials=3)))
ELSEWHERE = named("0badcafe", document(), test_fingerprint="9" * 64)


def shown(*documents: Result, width: int = 100, **asked: Any) -> str:
    return render_contrast(contrast(documents, **asked), width=width)


def block(text: str, arm: str) -> list[str]:
    """The lines of an arm, without its name."""
    lines = text.split("\n")
    start = lines.index(f" {arm}") + 1
    end = next(i for i in range(start, len(lines)) if not lines[i].startswith("   "))
    return lines[start:end]


def test_differences_come_first_then_results_then_verdicts() -> None:
    text = shown(FIRST, SECOND)
    places = [
        text.index(part)
        for part in ("what differs", "at the operating point", " verdicts")
    ]
    assert places == sorted(places)
    assert re.search(r"search\.trials +2 +3\n", text)
    assert re.search(r"arms\.kmeans-smote +kmeans-smote +—\n", text)
    assert text.count("Chance alone could explain it.") == 2


def test_an_arm_has_a_line_per_run_and_the_change_below() -> None:
    first, second, change = block(shown(FIRST, SECOND), "smote")
    assert first.split()[:2] == ["3f2a9c01", "81"]
    assert second.split()[:2] == ["77ab12cd", "70"]
    assert "1,320" in first
    assert "1,500" in second
    assert change.split()[:4] == ["±", "−11", "+0.07", "+180"]
    assert block(shown(FIRST, SECOND), "untreated")[-1] == "      ± none"
    assert block(shown(FIRST, SECOND), "kmeans-smote")[-1].split() == [
        "77ab12cd",
        *["not", "in", "this", "run"],
    ]


def test_on_other_test_rows_no_change_is_shown() -> None:
    text = shown(FIRST, ELSEWHERE)
    assert "their counts cannot be compared" in text
    assert "±" not in text.replace("(±", "")
    assert len(block(text, "smote")) == 2


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_two_to_four_runs_fit_any_width(width: int) -> None:
    long = named("d00d0000", document(name="/a/rather/long/path/to/stroke.csv" * 3))
    runs = [FIRST, SECOND, long, ELSEWHERE]
    for count in (2, 3, 4):
        text = shown(*runs[:count], width=width)
        for line in text.split("\n"):
            assert cells(line) <= width
        for run in runs[:count]:
            assert text.count(run.run) >= 2
        # What orders the board is never left out, and what is left out is said.
        assert re.search(r" missed +recall", text)
        assert ("not shown at this width" in text) == (width < 100)
        if count > 2:
            assert "stroke.csv/a/rather/long" in text.replace("\n", "").replace(" ", "")


def test_a_failed_arm_and_one_that_was_stopped_say_so() -> None:
    some = [
        e
        for e in events()[:-2]
        if not (isinstance(e, ArmEvaluated) and e.arm in ("smote", "smote-enn"))
    ]
    half = named("77ab12cd", document([*some, failed("smote")]))
    text = shown(FIRST, half)
    assert "✗ failed: no room" in block(text, "smote")[1]
    assert "still at work, 2 trials finished" in block(text, "smote-enn")[1]
    assert "none: the run is not done" in text


def test_more_than_two_classes_have_their_macro_recall_and_no_threshold() -> None:
    one, two = (named(run, class_document()) for run in ("a1", "b2"))
    text = shown(one, two, width=140)
    assert "macro recall" in text
    assert "threshold" not in text
    assert "33 of class hyper" in text
    assert "macro" not in shown(FIRST, SECOND, width=140)


def test_runs_without_a_result_show_what_differs() -> None:
    first = started().experiment
    one, two = (
        replace(document([]), run=run, experiment=replace(first, seed=seed))
        for run, seed in (("a1", 1), ("b2", 2))
    )
    text = shown(one, replace(two, status="failed"))
    assert re.search(r"seed +1 +2", text)
    assert "b2 is failed and has no result" in text
    assert "at the operating point" not in text
