"""Confusion matrices: layout, marks, shares, degenerate counts."""

from __future__ import annotations

from typing import Any

import pytest

from engine.core import Result
from engine.core.outcome import Confusion, OperatingPoint
from tests.support.console_samples import COUNTS, document, evaluated, events, started
from tui.terminal.safe_text import cells
from tui.text.lines import PLAIN, Style, paint
from tui.text.report import matrices


def shown(document: Result, width: int, **about: Any) -> list[str]:
    return paint(matrices(document, width=width, **about), PLAIN, width).split("\n")


def test_one_matrix_reads_like_the_wireframe() -> None:
    counts = {"smote-enn": COUNTS["smote-enn"]}
    assert shown(document(events(counts)), 60) == [
        " smote-enn",
        " actual      predicted 0            predicted 1",
        " 0      ▓▓▓▓▓▓▓ 6,809 ▓▓▓▓▓▓▓▓ ······· 1,710 ········",
        "        ▓▓▓▓▓▓▓▓ 80 % ▓▓▓▓▓▓▓▓ ········ 20 % ········",
        " 1      ╱╱╱╱╱╱╱ ▶ 63 ╱╱╱╱╱╱╱╱╱ ▒▒▒▒▒▒▒▒▒ 98 ▒▒▒▒▒▒▒▒▒",
        "        ╱╱╱╱╱╱╱╱ 39 % ╱╱╱╱╱╱╱╱ ▒▒▒▒▒▒▒▒ 61 % ▒▒▒▒▒▒▒▒",
    ]


@pytest.mark.parametrize(("width", "beside"), [(40, 1), (80, 2), (100, 2), (150, 4)])
def test_as_many_side_by_side_as_fit_in_even_rows(width: int, beside: int) -> None:
    lines = shown(document(), width)
    assert len(lines[1].split("predicted 0")) - 1 == beside
    heads = [text for text in lines if "predicted 0" in text]
    assert len(heads) == 4 // beside
    assert lines[0].split()[0] == "smote-enn"


def test_every_matrix_has_exactly_one_mark_beside_its_misses() -> None:
    lines = shown(document(), 40)
    marked = [text.split("▶")[1].split()[0] for text in lines if "▶" in text]
    assert marked == ["63", "81", "122", "161"]


def test_marks_and_counts_of_another_point() -> None:
    lines = shown(document(), 40, at="cost")
    marked = [text.split("▶")[1].split()[0] for text in lines if "▶" in text]
    assert marked == ["125", "125", "130", "132"]


def at(**counts: int) -> Result:
    arm = evaluated("untreated", {})
    point = OperatingPoint(
        name="fixed", threshold=0.5, confusion=Confusion(**counts), metrics={}
    )
    arm = type(arm)(arm="untreated", operating_points=(point,), test={})
    return document([started(), arm])


def test_a_class_without_rows_has_no_share() -> None:
    lines = shown(at(tn=5, fp=5, fn=0, tp=0), 60)
    assert lines[-1].split() == ["—", "—"]
    assert lines[3].count("50 %") == 2
    lines = shown(at(tn=0, fp=0, fn=1, tp=0), 60)
    assert lines[3].split() == ["—", "—"]


def test_shares_are_0_or_100_only_if_exact() -> None:
    lines = shown(at(tn=99_999, fp=1, fn=1, tp=99_999), 60)
    assert ">99 %" in lines[3]
    assert "<1 %" in lines[3]
    exact = shown(at(tn=9, fp=0, fn=0, tp=9), 60)
    assert "100 %" in exact[3]
    assert " 0 %" in exact[3]


def test_no_result_no_matrix() -> None:
    assert matrices(document([started()]), width=80) == []


def test_labels_are_clipped_but_stay_apart() -> None:
    long = ("a label that is long: no", "a label that is long: yes")
    text = "\n".join(shown(document(labels=long), 100))
    assert text.split("\n")[0].split() == [
        "smote-enn",
        "predicted",
        "smote",
        "predicted",
    ]
    assert "negative" in text
    assert "positive" in text
    text = "\n".join(shown(document(labels=("versicolor", "virginica")), 120))
    assert "versicolor" in text


def test_wide_labels_and_big_counts_fit() -> None:
    wide = document(labels=("漢字漢字漢字漢字", "字漢字漢字漢字漢"))
    big = at(tn=1_000_000_000, fp=2, fn=3, tp=123_456_789)
    wrong = []
    for width in range(60, 201, 7):
        lines = shown(big, width)
        if "1,000,000,000" not in lines[2]:
            wrong.append((width, lines[2]))
        lines += shown(wide, width)
        wrong += [(width, text) for text in lines if cells(text) > width]
    assert not wrong


def test_colours_only_repeat_what_is_said() -> None:
    lines = matrices(document(), width=100)
    colored = paint(lines, Style(color=True), 100)
    assert "\x1b[1;31m" in colored
    assert "\x1b" not in paint(lines, PLAIN, 100)
