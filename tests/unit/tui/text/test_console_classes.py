"""Runs of more than two classes, and all operating points, in reports and the log."""

from __future__ import annotations

import itertools

import pytest

from engine.core import format as figures
from engine.core.errors import UsageError
from engine.core.experiment import DecisionSpec
from engine.core.state import State, reduce
from tests.support import multiclass_samples as samples
from tests.support.class_sessions import done
from tests.support.console_samples import COUNTS, HOSTILE, document, events, harmful
from tests.support.each import each
from tests.support.multiclass_samples import THYROID, class_document, many
from tui.features import arm_rows, reducers
from tui.text import PLAIN as UNSTYLED
from tui.text import best_line, live, measure, paint, point_bar
from tui.text import render_report as render
from tui.widgets import Pick
from tui.widgets import fit_picks as fit

EVERY = DecisionSpec().points


def test_a_report_of_classes_stays_in_its_width():
    with each() as failing:
        for classes in (3, 5, 12, 40):
            counts = THYROID if classes == 3 else many(classes)
            made = class_document(counts=counts, arms=("untreated", "smote"))
            for width in (60, 80, 110, 140):
                with failing(classes, width):
                    text = render(made, width=width)
                    assert all(len(line) <= width for line in text.split("\n"))
                    assert f"{classes} classes" in text
                    assert "None" not in text


def test_hostile_classes_only_show():
    for name, text in HOSTILE.items():
        if "\udcff" not in text:  # which JSON cannot hold
            labels = {f"n{text}": 40, f"b{text}": 20, f"c{text}": 10}
            some = samples.events(
                labels, ("untreated", "smote"), name=text, target=text
            )
            shown = render(class_document(some), width=80)
            assert not harmful(shown.replace("\n", "")), name


def test_the_report_has_board_matrices_and_verdict():
    text = render(class_document(), width=100)
    for part in (
        "3 classes",
        "40:1",
        "hyper: 33   hypo: 74   normal: 1,333",
        "hyper: 33 of 1,440 test rows",
        "▸most probable",
        "▶ 2 ·",
        "at other weights: missed rows of class hyper / false alarms",
        "Do not resample",
    ):
        assert part in text, part
    lines = [line.split() for line in text.split("\n")]
    assert ["untreated", "25", "0.24", "0.35", "1.00", "0.53"] in [x[:6] for x in lines]


def test_console_rows_are_those_of_the_app():
    document = class_document()
    for at in samples.CLASS_POINTS:
        session = reducers.choose_point(done(), at)
        ours = [
            (
                row.name,
                (row.confusion.fn, row.confusion.fp, row.confusion.tp),
                row.decided and row.decided.metrics["macro_f1"],
            )
            for row in arm_rows(session)
        ]
        theirs = [
            (
                one.name,
                (one.missed, one.alarms, one.counts.tp),
                one.point.metric("macro_f1"),
            )
            for one in document.at_point(at)
        ]
        assert ours == theirs
    assert best_line(document) == "smote-enn misses 3 of 33 rows of class hyper"
    assert (document.negative, document.positive) == ("the rest", "hyper")
    with pytest.raises(UsageError, match=r"no operating point 'recall>=0\.8'"):
        document.select_point("recall>=0.8")


def test_the_point_bar_of_all_is_short_at_80():
    counts = {arm: dict.fromkeys(EVERY, pair["cost"]) for arm, pair in COUNTS.items()}
    made = document(events(counts))
    for at in EVERY:
        lines = point_bar(made, width=80, at=at)
        assert all(measure(line) <= 80 for line in lines)
        text = paint(lines, UNSTYLED, 80)
        assert f"▸{made.point_label(at)}" in text
        assert len(lines) <= 3
    assert "precision ≥ 0.2" in paint(point_bar(made, width=140), UNSTYLED, 140)


def test_the_log_of_a_run_is_about_the_rarest_class():
    state, lines = State(), []
    for event in samples.events():
        lines += live.plain(state, event, elapsed=1.0)
        state = reduce(state, event)
    told = [line.partition("] ")[2] for line in lines]
    assert told[0].startswith("thyroid.csv: 7,200 rows, diagnosis of 3 classes; 4 arms")
    made = "smote: 2 folds prepared, 2,880 → 7,998 rows each "
    made += "(66 → 2,666 rows of class hyper)"
    assert made in told
    said = "untreated: missed 25 of 33 rows of class hyper, 0 false alarms"
    assert f"{said} at the most probable class" in told


def test_a_point_of_one_class_is_read_as_the_recommended_point():
    text = render(class_document(at="recall>=0.8"), width=100)
    assert "▸recommended" in text
    assert "no arm has a result" not in text


def test_all_points_fit_and_the_chosen_one_is_seen():
    costs = {"cost_fn": 10, "cost_fp": 1}
    picks = [
        Pick(figures.point_name(p, **costs), figures.point_short(p, **costs))
        for p in EVERY
    ]
    with each() as failing:
        for place, width in itertools.product(
            range(len(EVERY)), (24, 36, 52, 66, 78, 100)
        ):
            with failing(EVERY[place], width):
                room = width - len("operating point ")
                shown = fit(picks, place, room)
                assert shown.first <= place < shown.first + len(shown.names)
                taken = sum(1 + len(n) for n in shown.names)
                taken += shown.gap * (len(shown.names) - 1)
                assert taken + 4 * shown.more <= room
                assert shown.more == (len(shown.names) < 8)
                if width >= 78:
                    assert len(shown.names) >= 6
                if width >= 100:
                    assert len(shown.names) == 8
                    assert shown.names[place] == picks[place].long
