"""The board: its order, its figures, what it says of arms without a result."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from engine.core import Result
from engine.core.errors import UsageError
from engine.core.events import ArmEvaluated
from engine.core.format import merge_texts
from engine.core.views import board as views
from engine.core.views.board import BoardLine
from tests.support.console_samples import (
    COUNTS,
    document,
    evaluated,
    events,
    failed,
    prepared,
    started,
    trial,
)
from tui.text.lines import PLAIN, Style, paint
from tui.text.report import board, overview, point_bar


def shown(document: Result, width: int = 120, **about: Any) -> list[str]:
    return paint(board(document, width=width, **about), PLAIN, width).split("\n")


def names(document: Result, at: str | None = None) -> list[str]:
    return [one.name for one in document.at_point(document.select_point(at))]


def test_the_article_reads_like_the_wireframe() -> None:
    assert shown(document())[:5] == [
        " arm             missed (FN)  recall (95 % CI)  false alarms (FP)  precision"
        "     AP  Brier  threshold  trials   time",
        " smote-enn                63  0.61 (0.54–0.68)              1,710       0.05"
        "  0.066  0.111      0.500       2  00:08",
        " smote                    81  0.50 (0.43–0.57)              1,320       0.06"
        "  0.066  0.111      0.500       2  00:08",
        " kmeans-smote ⚠          122  0.24 (0.17–0.31)                700       0.05"
        "  0.066  0.111      0.500       2  00:08",
        " untreated               161  0.00 (0.00–0.07)                  0          —"
        "  0.066  0.111      0.500       2  00:08",
    ]


def test_order_is_by_missed_positives_of_the_chosen_point() -> None:
    assert names(document()) == ["smote-enn", "smote", "kmeans-smote", "untreated"]
    assert names(document(), "cost") == [
        "untreated",
        "smote-enn",
        "smote",
        "kmeans-smote",
    ]
    assert names(document(at="cost")) == names(document(), "cost")


def test_ties_go_to_fewer_false_alarms_then_to_the_experiment() -> None:
    counts = {
        "late": {"fixed": (63, 1710)},
        "dear": {"fixed": (63, 1711)},
        "untreated": {"fixed": (161, 0)},
        "also": {"fixed": (63, 1710)},
    }
    assert names(document(events(counts))) == ["late", "also", "dear", "untreated"]


def test_a_point_that_the_run_lacks_is_refused_with_those_it_has() -> None:
    with pytest.raises(UsageError, match=r"no operating point 'f2'.*fixed, cost"):
        board(document(), width=80, at="f2")


def test_narrow_boards_drop_columns_last_the_missed_and_say_so() -> None:
    for width in range(60, 160):
        lines = shown(document(), width)
        assert lines[0].split()[:2] == ["arm", "missed"]
        assert "recall (95 %" in lines[0]
        assert "FP" in lines[0], width
    narrow = shown(document(), 60)
    assert " not shown at this width: AP, Brier, threshold, trials, time" in narrow
    assert not any("not shown" in text for text in shown(document(), 110))


def test_failed_arms_end_the_board_each_cause_once() -> None:
    out = [
        e for e in events() if not isinstance(e, ArmEvaluated) or e.arm == "untreated"
    ]
    out += [
        failed("smote", "too few positives", "give fewer folds"),
        failed("smote-enn", "too few positives", "give fewer folds"),
        failed("kmeans-smote", "no cluster", ""),
    ]
    lines = shown(document(out))
    assert lines[1].split()[:2] == ["untreated", "161"]
    assert lines[2:5] == [
        " ✗ failed smote, smote-enn: too few positives",
        "   → give fewer folds",
        " ✗ failed kmeans-smote: no cluster",
    ]


def test_arms_at_work_stand_between_and_are_no_result() -> None:
    out = [
        started(),
        evaluated("smote", COUNTS["smote"]),
        trial("untreated", 0, 0.1),
        failed("smote-enn"),
    ]
    lines = shown(document(out))
    assert lines[1].split()[0] == "smote"
    assert lines[2:4] == [
        " … untreated: still at work, 1 trial finished, best score 0.100",
        " … kmeans-smote: still at work",
    ]
    over = replace(document(out), status="cancelled")
    assert "stopped before its result, 1 trial" in "\n".join(shown(over))


def test_no_arm_has_a_result_yet() -> None:
    assert shown(document([started()]))[0] == " no arm has a result yet"
    assert shown(document([])) == [""]


def test_repairs_are_marked_and_explained_once_with_their_range() -> None:
    lines = shown(document())
    assert lines[5:] == [
        " ⚠ kmeans-smote: adjusted k_neighbors 5 → 2–3: only 3–4 minority rows"
    ]


def test_folded_keeps_texts_that_differ_in_words() -> None:
    assert merge_texts(["a 1", "b 1", "a 1"]) == ["a 1", "b 1"]
    assert merge_texts(["1,710 rows at 0.009", "98 rows at 0.0089"]) == [
        "98–1,710 rows at 0.0089–0.009"
    ]
    assert merge_texts([]) == []


def test_overview_shows_the_points_that_the_board_does_not() -> None:
    def text(at: str | None) -> list[str]:
        lines = overview(document(), width=80, at=at)
        return paint(lines, PLAIN, 80).split("\n")

    assert text(None)[1:3] == [
        " arm            cost 10:1",
        " smote-enn      125 / 307",
    ]
    assert text("cost")[1:3] == [
        " arm             fixed 0.5",
        " untreated         161 / 0",
    ]


def test_overview_without_other_points_or_results_is_nothing() -> None:
    assert overview(document([started()]), width=80) == []
    one = {"untreated": {"fixed": (1, 1)}}
    assert overview(document(events(one)), width=80) == []


def test_overview_of_an_arm_that_lacks_a_point() -> None:
    counts = {"untreated": {"fixed": (9, 1), "f1": (8, 1)}, "x": {"fixed": (9, 2)}}
    lines = paint(overview(document(events(counts)), width=80), PLAIN, 80).split("\n")
    assert [text.split()[-1] for text in lines[2:]] == ["1", "—"]


def test_point_bar_marks_the_chosen_without_colour() -> None:
    lines = point_bar(document(), width=100, at="cost")
    text = paint(lines, PLAIN, 100)
    assert text.startswith(" operating point  fixed 0.5   ▸cost 10:1  ")
    assert text.endswith("161 positives in 8,680 test rows")
    assert len(text) == 100


def test_missed_stand_out_where_there_are_looks() -> None:
    text = paint(board(document(), width=120), Style(color=True), 120)
    assert "\x1b[1;31m         63\x1b[0m" in text


def test_missed_stand_out_by_their_share_of_the_positives() -> None:
    counts = {"none": (0, 9), "few": (40, 9), "many": (41, 9)}
    some = {name: {"fixed": one, "cost": one} for name, one in counts.items()}
    found = document(events(some))
    lines = [BoardLine.of(one) for one in found.at_point("fixed")]
    looks = {row.key: row.cells[1].look for row in views.board(lines).rows}
    assert looks == {"none": "", "few": "alarm", "many": "missed"}


@pytest.mark.parametrize("width", [60, 80, 140])
def test_of_several_models_each_arm_has_its_own(width: int) -> None:
    counts = {
        f"{method}@{model}": {"fixed": (60, 9)}
        for method in ("untreated", "svm-smote")
        for model in ("xgboost", "hist-gradient-boosting")
    }
    found = document(events({**counts, "rus-boost": {"fixed": (61, 9)}}))
    head, *lines = shown(found, width=width)
    assert head.split()[:2] == ["arm", "model"]
    told = [" ".join(line.split()[:2]) for line in lines[:5]]
    assert [line.split()[0] for line in told[:4]] == ["untreated"] * 2 + [
        "svm-smote"
    ] * 2
    assert told[0] == "untreated xgboost"
    assert "untreated hist-gra" in told[1]
    assert told[4] == "rus-boost —"
    assert max(map(len, shown(found, width=width))) <= width


def test_the_interval_of_the_average_precision_stands_beside_it() -> None:
    some = [
        replace(event, average_precision_ci=(0.041, 0.098))
        if isinstance(event, ArmEvaluated) and event.arm == "smote"
        else event
        for event in events()
    ]
    lines = [" ".join(line.split()) for line in shown(document(some), 140)]
    assert "AP AP 95 % CI Brier" in lines[0]
    assert "0.066 (0.04–0.10) 0.111" in lines[2]
    assert "0.066 0.111" in lines[1]
    assert "AP 95 % CI" not in shown(document(), 140)[0]


def test_an_arm_prepared_but_not_evaluated_has_no_false_figures() -> None:
    found = document([started(), prepared("untreated", 0)])
    assert names(found) == []
    assert shown(found)[0] == " no arm has a result yet"
