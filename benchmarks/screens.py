"""Take the pictures of docs/: the real app and engine, driven by keys.

    python benchmarks/screens.py [FOLDER]

Opens sample:stroke, sets three trials, runs the article's arms, looks at the
training, the matrices, a moved threshold, calibration, costs, missed rows, the verdict
and what can be taken away, at 80×24 and 140×40. Then `imbtui demo`, as it prints on a
terminal.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import pty
import re
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

# Nothing of the user who takes the pictures is to be in them.
_HOME = tempfile.mkdtemp(prefix="imbtui-screens-")
for _name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
    os.environ[_name] = _HOME

from rich.console import Console
from rich.text import Text

from tui.app.app import ImbTuiApp

DEMO_COLUMNS = 108
STEP = 0.1
PATIENCE = 900


def text(app):
    """What is on the screen, as lines of text."""
    width, height = app.size
    return "\n".join(
        "".join(segment.text for segment in strip)
        for strip in app.screen._compositor.render_strips()
    )[: width * height * 4]


async def until(pilot, wanted):
    for _ in range(int(PATIENCE / STEP)):
        await pilot.pause(STEP)
        if re.search(wanted, text(pilot.app)):
            return
    raise SystemExit(f"never seen: {wanted}\n{text(pilot.app)}")


async def view(pilot, name):
    """Go on to a view of the results."""
    while pilot.app.session.view.shown.get("results") != name:
        await pilot.press("v")
        await pilot.pause(0.5)


def save(app, path):
    write(app.export_screenshot(title="imbtui"), path)


def demo(path):
    """Print the demo on a terminal of its own, and take a picture of what it says."""
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (60, DEMO_COLUMNS))
    process = subprocess.Popen(
        [sys.executable, "-m", "tui", "demo"],
        stdin=slave,
        stdout=slave,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "TERM": "xterm-256color"},
    )
    os.close(slave)
    said = bytearray()
    with contextlib.suppress(OSError):  # Linux says so when the other side is closed.
        while chunk := os.read(master, 1 << 16):
            said += chunk
    assert process.wait() == 0
    console = Console(
        record=True, width=DEMO_COLUMNS, file=io.StringIO(), force_terminal=True
    )
    console.print(Text("$ imbtui demo", "bold"))
    console.print(Text.from_ansi(said.decode().replace("\r", "")))
    write(console.export_svg(title="imbtui demo"), path)


def write(svg, path):
    # No fonts from the network: the reader's own monospace one does.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.S)
    svg = svg.replace("<svg ", '<svg xml:space="preserve" ', 1)
    svg = svg.replace("Fira Code, monospace", "ui-monospace, Menlo, monospace")
    path.write_text(svg, encoding="utf-8")


async def tour(folder, width, height):
    shots = []

    def shoot(name):
        path = folder / f"app-{name}-{width}x{height}.svg"
        save(app, path)
        shots.append(path.name)

    with tempfile.TemporaryDirectory() as store:
        app = ImbTuiApp(None, None, None, Path(store) / "runs.sqlite")
        async with app.run_test(size=(width, height)) as pilot:
            await until(pilot, "Samples")
            await until(pilot, "ready")
            shoot("1-start")
            app.exit()
        app = ImbTuiApp("sample:stroke", "stroke", None, Path(store) / "runs.sqlite")
        async with app.run_test(size=(width, height)) as pilot:
            await until(pilot, r"1 +█?.* 783|positive")
            await pilot.pause(1)
            shoot("2-dataset")
            await pilot.press("2", "b")
            await until(pilot, "10 trials")
            await pilot.press("down")
            await pilot.pause(0.5)
            await pilot.press("3")
            await until(pilot, "3 trials")
            shoot("3-arms")
            await pilot.press("escape", "3", "r")
            await until(pilot, r"1[0-9]/18")
            shoot("4-training")
            await until(pilot, "run 1 done")
            await pilot.pause(8)  # until the notice is gone
            await pilot.press("4")
            await until(pilot, "missed")
            shoot("5-results")
            await view(pilot, "matrices")
            shoot("6-matrices")
            await view(pilot, "threshold")
            await pilot.press(*["left"] * 12)
            await pilot.pause(0.5)
            shoot("7-threshold")
            await view(pilot, "calibration")
            shoot("8-calibration")
            if width >= 110:  # in a small terminal it wants the whole screen
                await view(pilot, "costs")
                await pilot.pause(1)
                shoot("9-costs")
            await view(pilot, "errors")
            await until(pilot, "worst first")
            await pilot.pause(1)
            shoot("10-errors")
            await view(pilot, "verdict")
            shoot("11-verdict")
            await pilot.press("e")
            await until(pilot, ".py")  # the file that a script would be
            await pilot.pause(1)
            shoot("12-export")
    return shots


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/screens").resolve()
    os.chdir(_HOME)  # no picture says where the project is on this machine
    folder.mkdir(parents=True, exist_ok=True)
    demo(folder / "demo.svg")
    for width, height in ((80, 24), (140, 40)):
        for name in asyncio.run(tour(folder, width, height)):
            print(name)


if __name__ == "__main__":
    main()
