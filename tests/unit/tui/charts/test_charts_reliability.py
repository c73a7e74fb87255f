"""The reliability curve: where points, the dotted line and the bars stand."""

import itertools

import pytest

from engine.core.outcome import CalibrationBin
from engine.core.views.calibration import ReliabilityCurve
from tests.support.calibration_samples import GOOD, RAW, bins
from tests.support.charts_samples import HOSTILE, PALETTES, SIZES, check, plain
from tests.support.each import each
from tui.charts.base import DARK, MARKERS, MONO
from tui.charts.curves import reliability


def canvas(text: str) -> list[str]:
    """Return what is drawn between the axes."""
    return [line.split("┤" if "┤" in line else "│", 1)[1] for line in rows(text)]


def rows(text: str) -> list[str]:
    return [line for line in text.split("\n")[2:] if "┤" in line or "│" in line]


def even(*pairs: tuple[float, float], rows: int = 1000) -> list[CalibrationBin]:
    """Return bins of (mean score, share)."""
    return [
        CalibrationBin(rows=rows, positives=round(share * rows), score=score)
        for score, share in pairs
    ]


def marks(text: str, marker: str) -> list[tuple[int, int]]:
    """Return columns and lines from below of a marker on the canvas."""
    drawn = canvas(text)[::-1]
    return [
        (column, up)
        for up, line in enumerate(drawn)
        for column, char in enumerate(line)
        if char == marker
    ]


def test_both_curves_are_named_and_marked():
    series = [
        ReliabilityCurve("smote", RAW, "as it is"),
        ReliabilityCurve("Platt", GOOD, "✓"),
    ]
    text = reliability(series, 50, 20, MONO)
    first, second, *_ = text.split("\n")
    assert first == "● smote as it is   ▲ Platt ✓"
    assert second == "observed rate (dotted: perfect) ↑"
    drawn = "".join(canvas(text))
    assert drawn.count("●") >= 8
    assert drawn.count("▲") >= 7
    assert "·" in drawn
    assert "│" in drawn


def test_perfect_scores_are_on_the_dotted_line():
    points = even(*((n / 10, n / 10) for n in range(1, 10)))
    text = reliability([ReliabilityCurve("a", points)], 60, 26, MONO)
    # Equal scales to 1: the line goes from corner to corner, a point per tenth.
    found = marks(text, "●")
    assert len(found) == 9
    drawn = canvas(text)
    width, height = max(map(len, drawn)) - 1, len(drawn) - 1
    for (column, up), tenth in zip(sorted(found), range(1, 10), strict=True):
        assert column == pytest.approx(width * tenth / 10, abs=1)
        assert up == pytest.approx(height * tenth / 10, abs=1)


def test_scores_that_are_too_high_are_below_the_line():
    text = reliability([ReliabilityCurve("a", even((0.8, 0.4)))], 60, 26, MONO)
    ((column, up),) = marks(text, "●")
    dots = [at for at, line in marks(text, "·") if line == up]
    assert dots
    assert max(dots) < column
    text = reliability([ReliabilityCurve("a", even((0.4, 0.8)))], 60, 26, MONO)
    ((column, up),) = marks(text, "●")
    assert all(at > column for at, line in marks(text, "·") if line == up)


def test_the_scales_end_where_the_points_do():
    text = reliability([ReliabilityCurve("untreated", GOOD)], 60, 20, MONO)
    shown = text.split("\n")[-2].split()
    assert float(shown[-1]) <= 0.1
    # Most points are in a low corner: square-root scales give them room.
    assert "square-root scales" in text
    found = sorted(marks(text, "●"))
    assert found[-1][0] - found[0][0] > 35
    balanced = even(*((n / 10, n / 10) for n in range(1, 10)))
    assert "square" not in reliability([ReliabilityCurve("a", balanced)], 60, 20, MONO)


def test_little_room_shortens_the_words_for_the_scales():
    series = [ReliabilityCurve("untreated", GOOD)]
    assert "predicted probability (√)" in reliability(series, 34, 16, MONO)
    assert "mean score (√)" in reliability(series, 34, 12, MONO)


def test_a_bar_is_the_interval_of_the_share():
    # 500 of 1,000 at a score of 0.5: Wilson's interval is 0.469 to 0.531.
    wide = reliability(
        [ReliabilityCurve("a", even((0.5, 0.5), rows=1000))], 60, 40, MONO
    )
    few = reliability([ReliabilityCurve("a", even((0.5, 0.5), rows=20))], 60, 40, MONO)
    assert len(marks(wide, "│")) < 4
    assert len(marks(few, "│")) > 8
    assert {column for column, _ in marks(few, "│")} == {marks(few, "●")[0][0]}


def test_bars_do_not_stand_side_by_side():
    close = even(*((0.5 + n / 1000, 0.5) for n in range(10)), rows=30)
    text = reliability([ReliabilityCurve("a", close)], 60, 20, MONO)
    columns = sorted({column for column, _ in marks(text, "│")})
    assert all(b - a >= 2 for a, b in itertools.pairwise(columns))


def test_it_keeps_to_its_room():
    series = [
        ReliabilityCurve(name, RAW if n % 2 else GOOD) for n, name in enumerate("ab")
    ]
    with each() as failing:
        for size, palette in itertools.product(SIZES, PALETTES):
            with failing(size, palette.name):
                check(reliability(series, *size, palette), *size)


def test_any_name_is_drawn():
    many = [ReliabilityCurve(name, GOOD, name) for name in HOSTILE]
    for size in ((38, 12), (60, 20)):
        text = reliability(many, *size, DARK)
        check(text, *size)
    assert "more" in plain(text)
    assert len(many) > len(MARKERS)


def test_degenerate_curves_are_drawn_all_the_same():
    with each() as failing:
        for points in (
            even((0.0, 0.0)),
            even((1.0, 1.0)),
            even((0.3, 0.0), (0.6, 0.0)),
            even((0.0, 0.5)),
            even((1e-7, 0.0), (1e-6, 0.001)),
            even((1e-30, 1.0)),
            [CalibrationBin(rows=1, positives=1, score=0.2)],
            bins(*[0.5] * 10),
        ):
            for size in ((30, 10), (60, 20)):
                with failing(points, size):
                    text = reliability([ReliabilityCurve("a", points)], *size, MONO)
                    check(text, *size)
                    assert "●" in "".join(canvas(text))


def test_what_cannot_be_drawn_is_said():
    assert "No result" in reliability([], 60, 20, MONO)
    assert "No result" in reliability([ReliabilityCurve("a", ())], 60, 20, MONO)
    assert "Too small" in reliability([ReliabilityCurve("a", GOOD)], 20, 20, MONO)
    assert "Too small" in reliability([ReliabilityCurve("a", GOOD)], 60, 5, MONO)
