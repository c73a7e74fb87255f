"""Any text in any renderer: no line is too wide, and nothing drives a terminal."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import datetime
from itertools import cycle

from msgspec.structs import replace

from engine.core.compare_runs import contrast
from engine.core.state import State, reduce
from engine.io.catalogue import SAMPLES
from tests.support.calibration_samples import calibrated
from tests.support.console_samples import (
    HOSTILE,
    document,
    harmful,
    hostile_document,
    hostile_events,
    state_of,
    without_looks,
)
from tests.support.documents import typed
from tui.terminal.safe_text import cells
from tui.text.comparisons import render_contrast
from tui.text.lines import PLAIN, Style, line, paint, wrap
from tui.text.live import lines as progress
from tui.text.live import plain
from tui.text.report import render
from tui.text.scores import calibration, folds
from tui.text.tables import RunRow, runs_table, samples_table

COLORED = Style(color=True)
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
FOLDS = {
    "b": "untreated",
    "metric": "average_precision",
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
SEEN = {
    "at": "fixed",
    "positives": 161,
    "discordant": 0.3,
    "difference": 0.124,
    "power": 0.8,
}


def lists(text: str, width: int, style: Style) -> str:
    """Runs and samples."""
    row = dataclasses.replace(
        ROW, run=text, status=text, dataset=text, target=text, best=text
    )
    sample = replace(
        SAMPLES["moons"], name=text, title=text, target=text, description=text
    )
    out = runs_table([row, ROW], width=width, style=style)
    return out + "\n" + samples_table([sample], width=width, style=style)


def arms_over_folds(text: str, width: int, style: Style) -> str:
    some = {"folds": [{**FOLDS, "a": text}], "detectable": [{**SEEN, "arm": text}]}
    return paint(folds(typed(some), width=width), style, width)


def calibrations(text: str, width: int, style: Style) -> str:
    found = document(calibrated(None))
    arms = tuple(replace(arm, name=f"{arm.name}{text}") for arm in found.arms)
    return paint(calibration(replace(found, arms=arms), width=width), style, width)


def live(text: str, width: int, style: Style) -> str:
    state = state_of(hostile_events(text))
    return "\n".join(progress(state, elapsed=3.0, jobs=1, width=width, style=style))


def report(text: str, width: int, style: Style) -> str:
    return render(hostile_document(text), width=width, style=style)


def side_by_side(text: str, width: int, style: Style) -> str:
    other = replace(hostile_document(text + "x"), run="other")
    found = contrast([hostile_document(text), other])
    return render_contrast(found, width=width, style=style)


def painted(text: str, width: int, style: Style) -> str:
    """The last step of all of them, alone."""
    return paint([line(text, text), *wrap(text, width)], style, width)


RENDERERS = {
    lists: (60, 200),
    arms_over_folds: (80,),
    calibrations: (80,),
    live: (20, 100),
    report: (60, 131),
    side_by_side: (60, 140),
    painted: (1, 2, 7, 20, 80),
}


def shown() -> Iterator[tuple[str, str, int, str]]:
    """Each renderer's lines with each text, narrow and plain, wide and coloured."""
    for renderer, widths in RENDERERS.items():
        for name, text in HOSTILE.items():
            for width, style in zip(widths, cycle((PLAIN, COLORED))):
                for row in without_looks(renderer(text, width, style)).split("\n"):
                    yield renderer.__name__, name, width, row


def test_no_text_breaks_the_width_or_drives_a_terminal() -> None:
    wrong = [one for one in shown() if harmful(one[3]) or cells(one[3]) > one[2]]
    assert not wrong


def test_hostile_text_in_a_log_is_one_harmless_line() -> None:
    wrong = []
    for name, text in HOSTILE.items():
        state = State()
        for event in hostile_events(text):
            said = plain(state, event, elapsed=1.0)
            wrong += [(name, line) for line in said if harmful(line)]
            state = reduce(state, event)
    assert not wrong
