"""What holds for every chart: room, colours, hostile names, hash seeds."""

import os
import re
import subprocess
import sys

import pytest
from rich.text import Text

from tests.support.charts_samples import (
    HOSTILE,
    NAMES,
    PALETTES,
    SIZES,
    charts,
    check,
    plain,
)
from tests.support.paths import ROOT, SUPPORT
from tui.charts.base import DARK, MONO

KINDS = sorted(charts(NAMES))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_chart_keeps_to_its_room(kind, size):
    for names, palette in ((NAMES, MONO), (HOSTILE, DARK), (HOSTILE[::-1], DARK)):
        check(charts(names)[kind](*size, palette), *size)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(0, 0), (1, 1), (3, 2), (19, 4), (200, 1), (2, 50)])
def test_a_tiny_room_is_no_reason_to_fail(kind, size):
    width, height = size
    text = charts(NAMES)[kind](*size, DARK)
    if width and height:
        check(text, *size)
    else:
        assert text == ""


@pytest.mark.parametrize("kind", KINDS)
def test_palettes_differ_in_colours_only(kind):
    for size in ((60, 15), (120, 30)):
        drawn = [charts(NAMES)[kind](*size, palette) for palette in PALETTES]
        assert all("\x1b[" in text for text in drawn[:3])
        assert "\x1b" not in drawn[3]
        shown = [re.sub(" +$", "", plain(text), flags=re.M) for text in drawn]
        assert shown[0] == shown[1]
        assert shown[2] == shown[3]


@pytest.mark.parametrize("kind", KINDS)
def test_what_rich_makes_of_it_is_the_same_text(kind):
    text = charts(HOSTILE)[kind](80, 20, DARK)
    assert Text.from_ansi(text).plain == plain(text)


def test_charts_are_the_same_under_every_hash_seed():
    program = SUPPORT / "charts_samples.py"
    root = ROOT
    running = [
        subprocess.Popen(
            [sys.executable, str(program)],
            cwd=root,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in ("0", "1", "2")
    ]
    digests = [process.communicate(timeout=60)[0] for process in running]
    assert len(digests[0]) == 64
    assert len(set(digests)) == 1


def test_charts_load_no_science_stack_and_plotext_only_for_curves():
    code = (
        "import sys, tui.charts.curves, tui.charts.search, tui.charts.confusion,"
        " tui.charts.column, tui.charts.distribution\n"
        "bad = {'numpy', 'pandas', 'plotext', 'textual'} & set(sys.modules)\n"
        "raise SystemExit(repr(bad) if bad else 0)"
    )
    root = ROOT
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
