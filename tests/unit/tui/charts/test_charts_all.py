"""What holds for every chart: room, colours, hostile names, hash seeds."""

import os
import re
import subprocess
import sys
from itertools import product

from rich.text import Text

from tests.support.charts_samples import (
    HOSTILE,
    NAMES,
    PALETTES,
    SIZES,
    charts,
    check,
    digest,
    plain,
)
from tests.support.each import each
from tests.support.paths import ROOT
from tui.charts.base import DARK, MONO

PLAIN, BAD, WORSE = charts(NAMES), charts(HOSTILE), charts(HOSTILE[::-1])


def test_a_chart_keeps_to_its_room():
    with each() as failing:
        for kind, (n, size) in product(PLAIN, enumerate(SIZES)):
            with failing(kind, size):
                check((PLAIN, BAD, WORSE)[n % 3][kind](*size, MONO), *size)
                check((BAD, WORSE, BAD)[n % 3][kind](*size, DARK), *size)


def test_a_tiny_room_is_no_reason_to_fail():
    tiny = ((0, 0), (1, 1), (3, 2), (19, 4), (200, 1), (2, 50))
    with each() as failing:
        for kind, size in product(PLAIN, tiny):
            with failing(kind, size):
                text = PLAIN[kind](*size, DARK)
                if all(size):
                    check(text, *size)
                else:
                    assert text == ""


def test_palettes_differ_in_colours_only():
    with each() as failing:
        for kind, size in product(PLAIN, ((60, 15),)):
            with failing(kind, size):
                drawn = [PLAIN[kind](*size, palette) for palette in PALETTES]
                assert all("\x1b[" in text for text in drawn[:3])
                assert "\x1b" not in drawn[3]
                shown = [re.sub(" +$", "", plain(text), flags=re.M) for text in drawn]
                assert shown[0] == shown[1]
                assert shown[2] == shown[3]


def test_what_rich_makes_of_it_is_the_same_text():
    with each() as failing:
        for kind, draw in BAD.items():
            with failing(kind):
                text = draw(80, 20, DARK)
                assert Text.from_ansi(text).plain == plain(text)


def test_charts_load_no_science_stack_and_are_the_same_under_every_hash_seed():
    """This process has one seed, mostly by chance; another one has another."""
    code = (
        "import sys, tui.charts.curves, tui.charts.confusion,"
        " tui.charts.column, tui.charts.bars\n"
        "bad = {'numpy', 'pandas', 'plotext', 'textual'} & set(sys.modules)\n"
        "from tests.support.charts_samples import digest\n"
        "print(sorted(bad), digest())"
    )
    ours = os.environ.get("PYTHONHASHSEED")
    seed = "1" if ours == "0" else "0"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["[]", digest()]
