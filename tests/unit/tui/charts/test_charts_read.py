"""Charts that can be read: whole lines, even ticks, the own ratio, points."""

from __future__ import annotations

import math
import re
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text
from sklearn.metrics import confusion_matrix

from engine.core.costs import Costs
from engine.core.outcome import CostStep, CostWinner
from tests.support.charts_samples import NEGATIVES, POSITIVES, plain, sweep
from tests.support.each import each
from tui.charts.base import ANSI, DARK, MARKERS, MONO
from tui.charts.canvas import Axis, ChartText
from tui.charts.costs import CostSeries, costs_by_ratio
from tui.charts.curves import (
    Series,
    boosting_curve,
    counts_at,
    gain,
    objective_by_trial,
    place_at,
    point_at,
    precision_recall,
    roc,
    threshold_sweep,
)
from tui.charts.plane import CHOSEN, DIM, PLAIN, Line, plane

SIZES = ((24, 8), (37, 12), (47, 31), (49, 20), (60, 13), (76, 17), (98, 31), (158, 50))
RANKS = (PLAIN, DIM, DIM, CHOSEN)


def walk(seed: int, points: int = 40) -> list[tuple[float, float]]:
    """Return a made-up curve of steps and slopes from left to right."""
    draw = np.random.default_rng(seed)
    xs = np.sort(draw.uniform(0, 1, points))
    ys = np.clip(np.cumsum(draw.normal(0, 0.15, points)) + 0.5, 0, 1)
    return [*zip(xs.tolist(), ys.tolist(), strict=True)]


def cells_of(text: str, *colours: int) -> set[tuple[int, int]]:
    """Return the cells of a chart's canvas that bear one of these colours."""
    assert isinstance(text, ChartText)
    area, found = text.area, set()
    for row, line in enumerate(Text.from_ansi(text).split("\n", allow_blank=True)):
        for span in line.spans if area.top <= row < area.bottom else ():
            if span.style.color and span.style.color.number in colours:
                found |= {(n, row) for n in range(span.start, span.end)}
    return found


@given(st.integers(0, 10_000), st.sampled_from(SIZES))
def test_the_chosen_line_has_no_gaps(seed, size):
    # Names of wide letters are not written beside a line, of which they are no part.
    lines = [Line("漢字", walk(seed + n), rank=rank) for n, rank in enumerate(RANKS)]
    text = plane(lines, Axis("x"), Axis("y"), *size, DARK)
    chosen = cells_of(text, DARK.series[3])
    columns = {column for column, _ in chosen}
    first, last = (text.area.cell(lines[3].points[n][0])[0] for n in (0, -1))
    assert columns == set(range(first, last + 1))
    seen, todo = set(), [min(chosen)]
    while todo:
        a, b = cell = todo.pop()
        if cell in chosen - seen:
            seen.add(cell)
            todo += [(a + n, b + m) for n, m in product((-1, 0, 1), repeat=2)]
    assert seen == chosen


def test_a_line_that_another_crosses_shows_in_the_cells_of_both():
    across = Line("a", [(0.0, 0.5), (1.0, 0.5)], rank=CHOSEN)
    steep = Line("b", [(0.5, 0.0), (0.5, 1.0)], rank=CHOSEN)
    text = plane([across, steep], Axis("x"), Axis("y"), 47, 20, MONO)
    column, row = text.area.cell(0.5, 0.5)
    both = ord(text.split("\n")[row][column]) - 0x2800
    beside = ord(text.split("\n")[row][column - 1]) - 0x2800
    above = ord(text.split("\n")[row - 1][column]) - 0x2800
    assert both == both | beside | above
    assert bin(both).count("1") > bin(beside).count("1")


def test_lines_differ_by_more_than_colour():
    """Where colours are few a line beside the chosen one is dashed, or the second."""
    points = [(0.0, 0.2), (1.0, 0.2)], [(0.0, 0.8), (1.0, 0.8)]

    def drawn(palette, *ranks):
        lines = [
            Line("漢字", some, rank=rank)
            for some, rank in zip(points, ranks, strict=True)
        ]
        text = plane(lines, Axis("x"), Axis("y"), 60, 20, palette)
        rows = re.sub("\x1b[^m]*m", "", text).split("\n")
        left, last = text.area.left, text.area.cell(1.0)[0]
        places = [text.area.cell(0.0, some[0][1])[1] for some in points]
        return [rows[place][left:last].count(" ") for place in places]

    assert drawn(DARK, CHOSEN, PLAIN) == [0, 0]
    for palette in (MONO, ANSI):
        solid, dashed = drawn(palette, CHOSEN, PLAIN)
        assert solid == 0
        assert dashed > 20
        assert drawn(palette, PLAIN, CHOSEN) == [dashed, 0]
        assert drawn(palette, PLAIN, PLAIN)[0] == 0
        assert drawn(palette, PLAIN, PLAIN)[1] > 20


STEPS = (
    CostStep(ratio=0.0, threshold=0.5, fp=0, fn=90),
    CostStep(ratio=9.0, threshold=0.1, fp=700, fn=9),
)
COSTS = [
    CostSeries("untreated", STEPS),
    CostSeries("b", STEPS[:1], rank=CHOSEN),
]


def draws():
    series = [
        Series(name, sweep(n), rank=rank)
        for n, (name, rank) in enumerate(zip("abcd", RANKS, strict=True))
    ]
    tested = POSITIVES, NEGATIVES
    trials = {"a": [(n, 0.313 + n / 700) for n in range(1, 24)]}
    rounds = [(n, 0.1 - 0.05 * math.exp(-n / 30)) for n in range(0, 287, 7)]
    return {
        "roc": lambda *room: roc(series, *tested, *room),
        "pr": lambda *room: precision_recall(series, *tested, *room),
        "gain": lambda *room: gain(series, *tested, *room),
        "threshold": lambda *room: threshold_sweep(sweep(1), *tested, None, *room),
        "trials": lambda *room: objective_by_trial(trials, *room),
        "rounds": lambda *room: boosting_curve(rounds, *room),
        "costs": lambda *room: costs_by_ratio(
            COSTS, 100, 900, *room, against="untreated"
        ),
    }


def test_ticks_are_evenly_apart_and_above_their_numbers():
    with each() as failing:
        for (name, draw), size in product(draws().items(), SIZES[1:]):
            with failing(name, size):
                text = draw(*size, MONO)
                lines, area = text.split("\n"), text.area
                ticks = [
                    found.start() for found in re.finditer("┬", lines[area.bottom])
                ]
                assert len({b - a for a, b in pairwise(ticks)}) == 1, ticks
                signs = [line[area.left - 1] for line in lines[area.top : area.bottom]]
                rows = [n for n, sign in enumerate(signs) if sign == "┤"]
                assert len({b - a for a, b in pairwise(rows)}) == 1, rows
                last = lines[area.bottom + 1].split()[-1]
                end = lines[area.bottom + 1].rindex(last) + (len(last) - 1) // 2
                assert end == ticks[-1]


def test_a_line_and_its_markers_are_at_the_height_of_the_tick():
    level = Line("a", [(0.0, 1.0), (1.0, 1.0)])
    text = plane([level], Axis("x"), Axis("y"), 60, 20, MONO)
    lines = text.split("\n")
    row = next(line for line in lines if line.startswith("1.0┤"))
    assert MARKERS[0] in row
    # The dots of the two middle rows of a cell, of four.
    dots = {ord(sign) - 0x2800 for sign in row[4:].strip() if sign not in MARKERS}
    assert dots <= {0b100100, 0b100, 0b100000, 0b10010, 0b10, 0b10000}


def test_markers_are_on_level_stretches():
    steps = [(0.0, 0.9), (0.3, 0.9), (0.3, 0.5), (0.7, 0.5), (0.7, 0.1), (1.0, 0.1)]
    text = plane([Line("a", steps)], Axis("x"), Axis("y"), 60, 20, MONO)
    lines = text.split("\n")[text.area.top : text.area.bottom]
    found = [(m.start(), line) for line in lines for m in re.finditer("●", line)]
    assert found
    for column, line in found:
        assert all("\u2800" < line[n] <= "\u28ff" for n in (column - 1, column + 1))


def test_two_arms_are_in_colour_and_named_at_their_ends():
    draw = draws()["roc"]
    for palette in (DARK, ANSI):
        text = draw(76, 20, palette)
        assert cells_of(text, palette.series[0])
        assert cells_of(text, palette.series[3])
        assert not cells_of(text, *palette.series[1:3])
    for palette in (MONO, ANSI):
        lines = plain(draw(76, 20, palette)).split("\n")
        assert lines[0].startswith("● a   ◆ d   +2 dim")
        body = "\n".join(lines[2:])
        # Markers tell them apart where colours cannot, and names stand at the lines.
        assert body.count("●") > 1
        assert body.count("◆") > 1
        assert "● a" in body
        assert "◆ d" in body
        assert not set("▲■") & set(body)


@pytest.mark.parametrize("assumed", [False, True])
def test_the_own_ratio_is_seen_whatever_else_is_in_its_column(assumed):
    with each() as failing:
        for size, ratio in product(SIZES[1:], (0.1, 3.0, 10.0, 10.7, 11.0, 900.0)):
            with failing(size, ratio):
                won = [
                    CostWinner("untreated", 0.1, ratio, 1.0),
                    CostWinner("b", ratio, None, ratio),
                ]
                paid = Costs(cost_fn=ratio, cost_fp=1.0, assumed=assumed)
                text = costs_by_ratio(COSTS, 100, 900, *size, MONO, paid=paid, won=won)
                area, lines = text.area, text.split("\n")
                column = area.cell(math.log10(ratio))[0]
                rows = [line[column] for line in lines[area.top : area.bottom]]
                assert set(rows) == {"┃"}
                assert lines[area.bottom][column] == "┸"
                name = f"{'assumed' if assumed else 'yours'} {ratio:.4g}:1"
                assert name in lines[area.top] or size[0] < 40


@pytest.fixture(scope="module")
def scored():
    """Return labels, scores, and the sweep that evaluation makes of them."""
    draw = np.random.default_rng(7)
    y = (draw.random(400) < 0.15).astype(int)
    scores = np.round(np.clip(draw.normal(0.3 + 0.25 * y, 0.2), 0, 1), 2)
    points = [
        (
            float(at),
            int(((scores >= at) & (y == 0)).sum()),
            int(((scores >= at) & (y == 1)).sum()),
        )
        for at in np.unique(scores)[::-1]
    ]
    return y, scores, points


@pytest.mark.parametrize("kind", ["pr", "roc", "det", "lift", "gain"])
def test_what_is_read_at_a_place_is_what_the_rows_say(scored, kind):
    y, scores, points = scored
    tested = int(y.sum()), int((y == 0).sum())
    places = {at: place_at(kind, fp, tp, *tested) for at, fp, tp in points}
    for x in np.linspace(-2, 1, 61):
        found = point_at(kind, points, *tested, float(x))
        tn, fp, fn, tp = confusion_matrix(y, scores >= found.threshold).ravel()
        assert counts_at(points, found.threshold) == (fp, tp)
        if math.isfinite(found.threshold):
            rates = {
                "pr": (tp / (tp + fn), tp / (tp + fp)),
                "roc": (fp / (fp + tn), tp / (tp + fn)),
                "det": (fp / (fp + tn), fn / (tp + fn)),
                "lift": ((tp + fp) / len(y), tp / (tp + fp) / y.mean()),
                "gain": ((tp + fp) / len(y), tp / (tp + fn)),
            }
            assert (found.x, found.y) == pytest.approx(rates[kind])
            # No other point is nearer.
            mine = abs(places[found.threshold][0] - x)
            assert mine <= min(abs(place[0] - x) for place in places.values()) + 1e-12
