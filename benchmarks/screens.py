"""Take the pictures of docs/: the real app and engine, driven by keys.

    python benchmarks/screens.py [FOLDER]

Opens sample:stroke, sets three trials, runs the article's arms, looks at the
training, the matrices, a moved threshold, calibration, costs, missed rows, the verdict
and what can be exported, at 80×24 and 140×40. Then three views of the run in terminals
of four kinds, at three sizes. Takes some minutes.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

from pictures import (
    be_terminal,
    leave_home,
    lines,
    picture,
    text,
    until,
)

HOME = leave_home()

from tui.app.app import ImbTuiApp
from tui.features.results.pane import ResultsPicture

VIEWS = [view.NAME for view in ResultsPicture.VIEWS]
SIZES = ((80, 24), (140, 40), (200, 60))
TERMINALS = {
    "256": {},
    "16": {"TERM": "xterm-16color"},
    "no-color": {"NO_COLOR": "1"},
    "ascii": {"LC_ALL": "C"},
}
"""By what their pictures are called, the variables that say of what kind they are."""
SEEN = {"board": "missed", "curves": "recall", "verdict": r"VRD\d"}
"""The views in all terminals, and what they say."""


async def view(pilot, name):
    """Go to a view of the results, whichever was the last."""
    await pilot.press("4", "g", str((VIEWS.index(name) + 1) % 10))
    async with asyncio.timeout(60):
        while pilot.app.session.view.shown.get("results") != name:
            await pilot.pause(0.1)


async def shoot(pilot, path, sizes=SIZES[:2], *, chart=False):
    """Take a picture at each size; the last one stays.

    In a small terminal a chart wants the whole screen.
    """
    for width, height in sizes:
        await pilot.resize_terminal(width, height)
        zoomed = chart and width < 110
        if zoomed:
            await pilot.press("Z")
        await pilot.pause(1)
        made = path.with_name(f"{path.name}-{width}x{height}.svg")
        made.write_text(picture(pilot.app), "utf-8")
        print(made.name, flush=True)
        if zoomed:
            await pilot.press("escape")


async def tour(folder):
    """Take the pictures of a run, from the start view to the export; return its id."""
    app = ImbTuiApp()
    async with app.run_test(size=SIZES[1]) as pilot:
        await until(pilot, r"(?s)\A(?!.*getting ready).*Samples")
        await shoot(pilot, folder / "app-1-start")
        app.exit()
    app = ImbTuiApp("sample:stroke", "stroke")
    async with app.run_test(size=SIZES[1]) as pilot:
        await until(pilot, r"1 +█?.* 783|positive")
        await until(pilot, "IMB023")
        await shoot(pilot, folder / "app-2-dataset")
        await pilot.press("2", "b")
        await until(pilot, "10 trials")
        await pilot.press("down")
        await pilot.pause(0.5)
        await pilot.press("3")
        await until(pilot, "3 trials")
        await shoot(pilot, folder / "app-3-arms")
        await pilot.press("escape", "3", "r")
        await until(pilot, r"1[0-9]/18")
        await shoot(pilot, folder / "app-4-training")
        await until(pilot, "run 1 done")
        await pilot.press("escape")  # removes the notice
        await view(pilot, "board")
        await shoot(pilot, folder / "app-5-results")
        await view(pilot, "matrices")
        await shoot(pilot, folder / "app-6-matrices")
        await view(pilot, "threshold")
        await pilot.press(*["left"] * 12)
        await shoot(pilot, folder / "app-7-threshold", chart=True)
        await pilot.press("0")
        await view(pilot, "calibration")
        await shoot(pilot, folder / "app-8-calibration", chart=True)
        await view(pilot, "costs")
        await shoot(pilot, folder / "app-9-costs", chart=True)
        await view(pilot, "errors")
        await until(pilot, "worst first")
        await shoot(pilot, folder / "app-10-errors")
        await view(pilot, "verdict")
        await shoot(pilot, folder / "app-11-verdict")
        await pilot.press("e")
        await until(pilot, r"\.py")  # the file that a script would be
        await shoot(pilot, folder / "app-12-export")
        run = app.session.run.id
        app.exit()
    return run


async def terminal(folder, kind, run):
    """Take pictures of a stored run in a terminal of a kind, at all sizes."""
    be_terminal(**TERMINALS[kind])
    app = ImbTuiApp(run=run)
    async with app.run_test(size=SIZES[1]) as pilot:
        await until(pilot, "43,400 .*run 1 done")
        for name, seen in SEEN.items():
            await view(pilot, name)
            await until(pilot, seen)
            check(app, kind)
            path = folder / f"{kind}-{name}"
            await shoot(pilot, path, SIZES, chart=name == "curves")
        app.exit()


def check(app, kind):
    """Stop where a terminal is sent what it cannot show."""
    used = set(re.findall(r'fill="(#\w{6})"', "".join(lines(app))))
    grey = all(colour[1:3] == colour[3:5] == colour[5:] for colour in used)
    if kind == "ascii":
        assert text(app).isascii()
    elif kind == "no-color":
        assert grey, used
    else:
        assert not grey
        assert len(used) <= 16 or kind != "16", used


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/screens").resolve()
    os.chdir(HOME)  # no picture says where the project is on this machine
    folder.mkdir(parents=True, exist_ok=True)
    run = asyncio.run(tour(folder))
    for kind in TERMINALS:
        asyncio.run(terminal(folder, kind, run))


if __name__ == "__main__":
    main()
