"""Record the app for the README: one animated SVG of some 30 seconds, with its keys.

    python benchmarks/recording.py [FILE]

The real app and engine are driven by keys: start, table, run, matrices, verdict,
export. A frame is taken where the screen says what the step waits for; how long it
stays is given by the step, so that waiting costs the viewer nothing. Lines that are
the same in several frames are written once, so the file stays small.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import NamedTuple

from pictures import (
    ATTRIBUTES,
    BACK,
    CELL,
    LINE,
    leave_home,
    lines,
    until,
)

HOME = leave_home()

from tui.app.app import ImbTuiApp

SIZE = (110, 32)
KEY = "#ffaf5f"


class Step(NamedTuple):
    """Keys, what the screen says then, and the seconds that it is shown."""

    keys: str
    caption: str
    until: str
    seconds: float = 1.6


STEPS = (
    Step("", "imbtui", r"(?s)\A(?!.*getting ready).*Samples", 1.5),
    Step("o", "open a dataset", "Open a dataset", 1.0),
    Step("text:sample:stroke", "a sample, or a path", "sample:stroke", 1.0),
    Step("enter", "read the table", r"43,400 rows.*", 2.5),
    Step("2", "choose the methods", "untreated", 2.0),
    Step("r", "run: the target was guessed", "guessed target", 2.0),
    Step("enter", "six arms, one budget", r"starting|/60 trials", 1.2),
    Step("3", "training, live", r"\b([5-9]|1\d)/60 trials", 1.2),
    Step("", "training, live", r"\b[23]\d/60 trials", 1.0),
    Step("", "training, live", r"\b[45]\d/60 trials", 1.0),
    Step("", "the verdict comes with the results", "run 1 done", 3.0),
    Step("down", "another arm", "missed", 1.5),
    Step("v", "confusion matrices", r"arms 1–\d of 6", 3.0),
    Step("n", "another operating point", "▸0.5", 2.0),
    Step("N", "the one before", "▸recommended", 1.0),
    Step("V", "the view before", r"recall \(95", 1.0),
    Step("e", "export", r"\.py", 2.5),
    Step("escape", "back", "missed", 0.8),
    Step("g 0", "the verdict in full", "why", 3.5),
)


Frame = tuple[str, ...]
"""The lines of a screen, as SVG without their places."""


async def record() -> list[tuple[Frame, Step]]:
    """Return the frames of all steps."""
    app = ImbTuiApp()
    frames = []
    async with app.run_test(size=SIZE) as pilot:
        for step in STEPS:
            if step.keys.startswith("text:"):
                app.screen.query_one("Input").value = step.keys[5:]
            elif step.keys:
                await pilot.press(*step.keys.split())
            await until(pilot, step.until)
            await pilot.pause(0.6)
            frames.append((lines(app), step))
            print(step.keys or "·", step.caption, flush=True)
        app.exit()
    return frames


def svg(frames: list[tuple[Frame, Step]]) -> str:
    """Return the moving picture."""
    width, height = SIZE[0] * CELL, SIZE[1] * LINE
    drawn = dict.fromkeys(line for seen, _ in frames for line in seen if line)
    ids = {line: f"l{number}" for number, line in enumerate(drawn)}
    total = sum(step.seconds for _, step in frames)
    rules, groups, spent = [], [], 0.0
    for number, (seen, step) in enumerate(frames):
        start, spent = spent, spent + step.seconds
        begin, end = 100 * start / total, 100 * spent / total
        rules.append(f"@keyframes f{number}{{{visible(begin, end)}}}")
        rules.append(f".f{number}{{animation:f{number} {total:g}s step-end infinite}}")
        uses = "".join(
            f'<use href="#{ids[line]}" y="{y * LINE}"/>'
            for y, line in enumerate(seen)
            if line
        )
        groups.append(f'<g class="f f{number}">{uses}{caption(step, height)}</g>')
    known = "".join(f'<g id="{name}">{line}</g>' for line, name in ids.items())
    still = f".f{{animation:none}}.f{len(frames) - 1}{{opacity:1}}"
    rules.append(f"@media (prefers-reduced-motion){{{still}}}")
    return (
        f'<svg {ATTRIBUTES} viewBox="-8 -8 {width + 16} {height + 48}">'
        "<title>imbtui: a table, a run, its verdict, an export</title>"
        f"<style>.f{{opacity:0}}{''.join(rules)}</style>"
        f'<rect x="-8" y="-8" width="{width + 16}" height="{height + 48}" rx="8" '
        f'fill="{BACK}"/>'
        f"<defs>{known}</defs>{''.join(groups)}</svg>\n"
    )


def visible(begin: float, end: float) -> str:
    """Return the key frames of what is seen between two percentages."""
    first = "" if begin == 0 else "0%{opacity:0}"
    last = "" if end >= 99.99 else f"{end:.2f}%{{opacity:0}}"
    return f"{first}{begin:.2f}%{{opacity:1}}{last}"


def caption(step: Step, height: int) -> str:
    """Return the keys of a step and what they do, below the screen."""
    key, y = step.keys.removeprefix("text:"), height + 24
    if not (key or step.caption):
        return ""
    room = len(key) * CELL + 16
    box = f'width="{room}" height="24" rx="4" fill="{KEY}"'
    cap = (
        f'<rect x="0" y="{y - 17}" {box}/>'
        f'<text x="8" y="{y}" font-weight="bold" fill="{BACK}">{key}</text>'
    )
    left = room + 12 if key else 0
    return (cap if key else "") + f'<text x="{left}" y="{y}">{step.caption}</text>'


def main():
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/screens/app.svg").resolve()
    os.chdir(HOME)  # no picture says where the project is on this machine
    made = svg(asyncio.run(record()))
    path.write_text(made, "utf-8")
    print(f"{path.name}: {len(made) // 1000} kB, {sum(s.seconds for s in STEPS):g} s")


if __name__ == "__main__":
    main()
