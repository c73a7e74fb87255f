"""Points before and after an arm, and a column's change."""

from __future__ import annotations

import msgspec
import pytest

from engine.core.lab import Treat
from engine.core.methods import grammar
from tests.support import lab_samples
from tests.support.charts_samples import plain
from tui.charts.base import MONO
from tui.charts.column import column_change
from tui.charts.scatter import CLOUD, treated_points

SIZE = (90, 30)


def rows(arm: str = "smote", **changes):
    request = Treat(id=1, arm=grammar.parse(arm), column=changes.pop("asked", None))
    return lab_samples.treated(request, **changes)


def drawn(found, side: str, **options) -> str:
    return plain(treated_points(found, side, *SIZE, MONO, **options))


def plotted(text: str) -> str:
    """The canvas, without the legend and the scales."""
    return "\n".join(line.partition("│")[2] for line in text.split("\n") if "│" in line)


def test_each_side_draws_its_own_rows_and_counts_all_of_them():
    found = rows()
    before, after, change = (drawn(found, s) for s in ("before", "after", "change"))
    assert "⠿ 0 2,000   ▲ 1 200" in before
    assert "+" not in before
    assert "+ synthetic 1,800" in after
    assert "of 4,000 rows shown" in after
    assert set("▲+") <= set(plotted(after))
    assert "▲" not in plotted(change)
    assert "+" in plotted(change)
    assert "of 1,800 rows shown" in change


def test_dropped_rows_have_a_mark_of_their_own():
    found = rows("random-under")
    assert "×" not in drawn(found, "after")
    change = drawn(found, "change")
    assert "× dropped 1,800" in change
    assert "×" in plotted(change)
    # Before, dropped rows are rows as all others.
    assert "⠿ 0 2,000" in drawn(found, "before")


def test_the_scales_are_the_same_on_each_side():
    found = rows()
    below = {
        drawn(found, side).split("\n")[-2] for side in ("before", "after", "change")
    }
    assert len(below) == 1


def test_before_mixes_kept_and_dropped_rows_as_they_were():
    """Few of the kept rows are there, and all of the few that were dropped."""
    kept = tuple((n / 1000, 0.0) for n in range(1000))
    gone = tuple((n / 100, 1.0) for n in range(100))
    found = rows(
        before={"0": 10_000, "1": 0},
        after={"0": 9_900, "1": 0},
        removed={"0": 100, "1": 0},
        synthetic={"0": 0, "1": 0},
        kept={"0": tuple(zip(*kept, strict=True))},
        dropped={"0": tuple(zip(*gone, strict=True))},
        made={},
    )
    text = drawn(found, "before")
    shown = int(text.split(" ", 1)[0].replace(",", ""))
    assert shown == pytest.approx(1_010, abs=1)


def test_nothing_added_or_dropped_is_said():
    assert "No row was added or dropped." in drawn(rows("untreated"), "change")
    copies = rows(
        "random-over",
        synthetic={"0": 0, "1": 0},
        made={},
        copies=1_800,
        lineage=(),
    )
    assert "1,800 rows are repeated" in drawn(copies, "change")
    assert "▲ 1 2,000 (1,800 repeated)" in drawn(copies, "after")


def test_no_points_and_no_room_are_said():
    assert "No row has a value in both" in drawn(rows(kept={}, made={}), "after")
    assert "Too small" in plain(treated_points(rows(), "after", 20, 7, MONO))


def test_every_class_has_a_mark_of_its_own():
    names = ("a", "b", "c", "d")
    found = rows(
        before={"a": 900, "b": 300, "c": 200, "d": 100},
        after=dict.fromkeys(names, 900),
        synthetic={"a": 0, "b": 600, "c": 700, "d": 800},
        removed=dict.fromkeys(names, 0),
        kept={n: lab_samples.points(100, i) for i, n in enumerate(names)},
        made={n: lab_samples.points(100, i) for i, n in enumerate(names) if i},
    )
    text = drawn(found, "after")
    for mark, name in zip(f"{CLOUD}■◆▲", names, strict=True):
        assert f"{mark} {name} " in text
    # The positive class is the special one, whatever its size.
    assert "▲ b 300" in drawn(found, "after", positive="b")


def test_a_column_is_drawn_before_and_after_on_one_scale():
    found = rows(asked="age")
    text = plain(column_change(found, "1", *SIZE, MONO))
    assert text.index("before") < text.index("after")
    assert "200 rows" in text
    assert "2,000 rows" in text
    assert "No column" in plain(column_change(rows(), "1", *SIZE, MONO))
    levels = msgspec.structs.replace(found, edges=(), levels=("x", "y", "z", "w"))
    assert "before" in plain(column_change(levels, "1", *SIZE, MONO))
