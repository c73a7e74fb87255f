"""Arms over the folds, as text."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.documents import typed
from tui.terminal.safe_text import cells
from tui.text.lines import PLAIN, paint
from tui.text.scores import BETTER, SAME, WORSE, bar, folds


def compared(arm: str = "smote", metric: str = "average_precision") -> dict[str, Any]:
    return {
        "a": arm,
        "b": "untreated",
        "metric": metric,
        "folds": 25,
        "difference": -0.0124,
        "ci": [-0.03, 0.006],
        "p": 0.01,
        "adjusted_p": 0.02,
        "rope": 0.01,
        "worse": 0.62,
        "same": 0.33,
        "better": 0.05,
        "method": "",
    }


def seen(arm: str = "smote", difference: float = 0.124) -> dict[str, Any]:
    return {
        "arm": arm,
        "at": "fixed",
        "positives": 161,
        "discordant": 0.3,
        "difference": difference,
        "power": 0.8,
    }


def text(document: dict[str, Any], width: int = 100) -> str:
    return paint(folds(typed(document), width=width), PLAIN, width)


def test_every_figure_is_there():
    document = {
        "folds": [compared(), compared("enn"), compared(metric="brier")],
        "detectable": [seen(), seen("enn", 1.0)],
    }
    shown = text(document)
    for part in (
        "Average precision over 25 folds, minus untreated",
        "The same in practice: within ±0.010.",
        "Brier score over 25 folds",
        "−0.012",
        "−0.030 to +0.006",
        "0.02",
        "0.62",
        "0.33",
        "0.05",
        WORSE * 12 + SAME * 7 + BETTER,
        "What the test positives can show",
        "fixed 0.5",
        "161",
        "30.0 %",
        "0.12",
        "none could",
    ):
        assert part in shown, part
    assert "Log loss" not in shown


def test_a_run_without_folds_shows_nothing():
    assert folds(typed({}), width=80) == []
    only = text({"detectable": [seen()]})
    assert only.startswith(" What the test positives can show")


@pytest.mark.parametrize("width", [40, 60, 80, 140])
def test_it_fits_and_keeps_the_bar(width):
    document = {"folds": [compared("a" * 60)], "detectable": [seen("b" * 60)]}
    shown = text(document, width)
    assert all(cells(row) <= width for row in shown.splitlines())
    assert WORSE * 12 in shown


@given(st.tuples(*[st.floats(0, 1)] * 3), st.integers(1, 60))
def test_the_bar_is_always_as_wide(parts, width):
    total = sum(parts)
    if total == 0:
        return
    shares = [part / total for part in parts]
    drawn = bar(*shares, width)
    assert len(drawn) == width
    assert drawn == "".join(sorted(drawn, key=(WORSE, SAME, BETTER).index))
    for mark, share in zip((WORSE, SAME, BETTER), shares, strict=True):
        assert abs(drawn.count(mark) - share * width) <= 1


def test_too_few_folds_have_no_interval():
    few = {"folds": [compared(metric="cost_per_1000") | {"folds": 4}]}
    shown = text(few)
    assert "Cost per 1,000 rows over 4 folds" in shown
    assert "too few folds" in shown
    assert " to " not in shown.split("\n")[2]
    assert "too few folds" not in text({"folds": [compared() | {"folds": 5}]})


@pytest.mark.parametrize("metric", ["false_positive_rate", "recall", "f1"])
def test_what_is_aimed_at_has_a_name(metric):
    assert "over 25 folds" in text({"folds": [compared(metric=metric)]})
