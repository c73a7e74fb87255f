"""A run at work as a notebook or a script shows it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, TypeAlias

from engine.api.html import NUMBER, div, rows, said
from engine.core import format as figures
from engine.core.passes import described
from engine.core.record import Run
from engine.core.state import ArmState, State
from engine.core.views import progress
from engine.core.views.progress import OVER, STAGES
from engine.core.visible import visible
from engine.io.machine import cores

Progress: TypeAlias = Callable[[State], object]
How: TypeAlias = bool | Literal["auto"] | Progress

FRAME_SECONDS = 0.25
LINE_SECONDS = 10.0


@contextmanager
def shown(how: How, run: Run) -> Iterator[Progress]:
    """Yield what shows a state of a run.

    In IPython that is a table which is drawn again in its place, without widgets; else
    a line on standard error every ten seconds.
    """
    if callable(how):
        yield how
        return
    if not how:
        yield lambda state: None
        return
    display = _Notebook(run) if _notebook() is not None else _Lines(run)
    try:
        yield display.show
    finally:
        display.close()


def _notebook() -> Any:
    """Return the IPython that runs this in a notebook; None elsewhere."""
    # Not imported for its sake: a script has not loaded it.
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell if getattr(shell, "kernel", None) is not None else None


class _Clock:
    """Draws at most once in so many seconds, and at the end."""

    every = FRAME_SECONDS

    def __init__(self, run: Run) -> None:
        self._began = time.monotonic()
        self._jobs = run.options.jobs or cores()
        self._last = -self.every
        self._state: State | None = None

    def show(self, state: State) -> None:
        """Draw a state, unless another was drawn a moment ago."""
        self._state = state
        now = time.monotonic()
        if now - self._last >= self.every:
            self._last = now
            self._draw(state)

    def close(self) -> None:
        """Draw the last state."""
        if self._state is not None:
            self._draw(self._state)

    def _draw(self, state: State) -> None:
        raise NotImplementedError

    @property
    def _elapsed(self) -> float:
        return time.monotonic() - self._began

    def _head(self, state: State) -> str:
        """Say how far the whole run is."""
        part = state.current
        trials = sum(len(arm.trials) for arm in part.arms)
        total = sum(progress.trials(part, arm) for arm in part.arms)
        done = sum(arm.stage == "done" for arm in part.arms)
        parts = [f"{done} of {len(part.arms)} arms", f"{trials:,} of {total:,} trials"]
        if split := progress.split_text(state):
            parts.insert(0, split)
        if state.status == "running" and state.setup is not None:
            return f"{described(state.setup)} · {figures.clock(self._elapsed)}"
        parts = parts if state.experiment else ["reading the table"]
        left = progress.time_left(state, elapsed=self._elapsed, jobs=self._jobs)
        if state.status != "running":
            parts = [state.status, *parts]
        elif left is not None:
            parts.append(f"{progress.left_text(left.run)} left")
        return " · ".join([*parts, figures.clock(self._elapsed)])


class _Lines(_Clock):
    """A line on standard error from time to time."""

    every = LINE_SECONDS

    def _draw(self, state: State) -> None:
        print(f"imbtui: {self._head(state)}", file=sys.stderr, flush=True)  # noqa: T201


class _Notebook(_Clock):
    """A table that is drawn again in its place."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        from IPython.display import display

        self._handle: Any = display(_Html(div("preparing")), display_id=True)
        self._drawn = ""

    def _draw(self, state: State) -> None:
        part = state.current
        drawn = div(said(self._head(state)), rows(_TITLES, map(_line(part), part.arms)))
        if drawn != self._drawn:
            self._drawn = drawn
            self._handle.update(_Html(drawn))


_TITLES = (("arm", ""), ("", ""), ("", ""), ("best", NUMBER), ("missed", NUMBER))


def _line(state: State) -> Callable[[ArmState], tuple[str, ...]]:
    def line(arm: ArmState) -> tuple[str, ...]:
        stage = (
            arm.stage if state.status == "running" or arm.stage in OVER else "stopped"
        )
        best = figures.decimals(arm.best.score, 3) if arm.best else ""
        found = progress.outcome(state, arm.evaluated)
        known = progress.count_text(state, arm, stage) if stage != "waiting" else ""
        texts = (arm.name, STAGES[stage].text, known, best, found[0] if found else "")
        return tuple(map(visible, texts))

    return line


class _Html:
    """What a notebook shows as it is."""

    def __init__(self, text: str) -> None:
        self._text = text

    def _repr_html_(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "imbtui"
