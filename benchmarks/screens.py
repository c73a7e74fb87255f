"""Take the pictures of docs/: the real app and engine, driven by keys.

    python benchmarks/screens.py [FOLDER]

Opens sample:stroke, sets three trials, runs the article's arms, looks at the
training, the matrices, a moved threshold and the verdict, at 80×24 and 140×40.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
from pathlib import Path

# Nothing of the person who takes the pictures is to be in them.
_HOME = tempfile.mkdtemp(prefix="imbtui-screens-")
for _name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
    os.environ[_name] = _HOME

from tui.app import ImbTuiApp

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


def save(app, path):
    svg = app.export_screenshot(title="imbtui")
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
            await pilot.press("p", "down")
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
            for _ in range(6):
                if re.search("said 0", text(app)):
                    break
                await pilot.press("v")
                await pilot.pause(0.5)
            shoot("6-matrices")
            await pilot.press(*["left"] * 12)
            await pilot.pause(0.5)
            shoot("7-threshold")
            for _ in range(6):
                if re.search("Why", text(app)):
                    break
                await pilot.press("v")
                await pilot.pause(0.5)
            shoot("8-verdict")
    return shots


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/screens")
    folder.mkdir(parents=True, exist_ok=True)
    for width, height in ((80, 24), (140, 40)):
        for name in asyncio.run(tour(folder, width, height)):
            print(name)


if __name__ == "__main__":
    main()
