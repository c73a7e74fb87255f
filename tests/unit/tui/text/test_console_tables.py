"""The list of runs, and the list of samples."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from engine.io.catalogue import SAMPLES
from tests.support.console_samples import (
    document,
    started,
)
from tui.terminal.safe_text import cells
from tui.text.tables import RunRow, best_line, runs_table, samples_table

ROW = RunRow(
    number=12,
    run="20261124-7f",
    created=datetime(2026, 11, 24, 13, 10, 59),
    status="done",
    dataset="stroke.csv",
    target="stroke",
    arms=("untreated",) * 6,
    trials=1200,
    best="smote-enn misses 63 of 161",
    seconds=192.0,
)


def test_runs_are_one_line_each() -> None:
    other = dataclasses.replace(
        ROW,
        number=13,
        run="20261124-80",
        status="running",
        best="",
        seconds=None,
        dataset="",
    )
    assert runs_table([ROW, other], width=140).split("\n") == [
        " run   id            created            status    dataset      target   arms"
        "   trials   best                          time",
        "  12   20261124-7f   2026-11-24 13:10   done      stroke.csv   stroke      6"
        "    1,200   smote-enn misses 63 of 161   03:12",
        "  13   20261124-80   2026-11-24 13:10   running   —            stroke      6"
        "    1,200   —                                —",
    ]


def test_narrow_lists_keep_number_status_dataset_and_best() -> None:
    for width in range(80, 140):
        text = runs_table([ROW], width=width)
        for part in (" 12 ", "2026-11-24 13:10", "done", "stroke.csv"):
            assert part in text
        assert ("20261124-7f" in text) or width < 119, width
        assert "smote-enn misses 63 of 161" in text
    assert "20261124-7f" not in runs_table([ROW], width=100)
    narrow = runs_table([ROW], width=60).split("\n")
    assert narrow[0].split() == ["run", "status", "dataset", "best"]
    assert all(cells(line) <= 60 for line in narrow)


def test_a_moment_with_a_zone_is_shown_in_the_local_one() -> None:
    moment = datetime(2026, 11, 24, 13, 10, tzinfo=UTC)
    shown = moment.astimezone().strftime("%Y-%m-%d %H:%M")
    text = runs_table([dataclasses.replace(ROW, created=moment)], width=140)
    assert shown in text


def test_no_run_yet_says_how_to_start_one() -> None:
    assert "imbtui run sample:moons" in runs_table([], width=80)


def test_best_line_names_none_where_too_few_tell_arms_apart() -> None:
    known = document()
    few = replace(known.verdict, code="VRD005")
    assert best_line(replace(known, verdict=few)) == "too few to tell"


def test_best_line_names_the_arm_with_fewest_missed() -> None:
    assert best_line(document()) == "smote-enn misses 63 of 161"
    assert best_line(document(at="cost")) == "untreated misses 125 of 161"
    assert best_line(document([started()])) == ""
    assert best_line(document([])) == ""


@pytest.mark.parametrize("width", [60, 80, 200])
def test_samples_are_listed_with_what_to_do(width: int) -> None:
    text = samples_table(list(SAMPLES.values()), width=width)
    for name, sample in SAMPLES.items():
        assert f"sample:{name}" in text
        assert f"{sample.rows:,} × {sample.columns}" in text
    assert "try one: imbtui run sample:stroke" in text
    assert all(cells(line) <= width for line in text.split("\n"))
