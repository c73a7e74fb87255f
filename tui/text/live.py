"""A run at work: a display that is redrawn in place, or plain lines of a log."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Final, TextIO

import msgspec

from engine.core import format as figures
from engine.core.events import ArmFailed, Event, SetupProgress, Warned
from engine.core.passes import Pass, described, is_worth_a_line, percent
from engine.core.record import Run
from engine.core.state import ArmState, State, reduce
from engine.core.views import progress
from engine.core.views.progress import OVER, STAGES
from tui.terminal.safe_text import cells, clean, pad
from tui.text.grid import add_options
from tui.text.lines import PLAIN, Line, Span, Style, line, measure, paint, style_for

FRAME_SECONDS = 0.1

_UP = "\x1b[{}A"
_CLEAR_LINE = "\x1b[K"
_CLEAR_BELOW = "\x1b[J"
_HIDE, _SHOW = "\x1b[?25l", "\x1b[?25h"


def can_redraw(stream: TextIO, environ: Mapping[str, str] | None = None) -> bool:
    """Tell whether a stream is a terminal on which lines can be redrawn.

    Parameters
    ----------
    stream : text stream
    environ : mapping, default=None
        The environment; the process's own when None.

    Returns
    -------
    bool
        False for a pipe or file, ``TERM=dumb``, and an encoding that has no bars.
    """
    env = os.environ if environ is None else environ
    if not stream.isatty() or env.get("TERM", "") in ("dumb", ""):
        return False
    try:
        "█░…→▸".encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


class LiveDisplay:
    """Shows a run at work on a terminal.

    Every frame is one write that begins and ends below the lines, with the cursor
    visible and at the left: whatever kills the process, nothing is to be restored.
    Only lines of its own are ever drawn over. A terminal that goes away
    ends the display, never the run.

    Parameters
    ----------
    stream : text stream
        A terminal, as a rule stderr.
    jobs : int
        Units of work at a time.
    elapsed : float, default=0.0
        Seconds since the run began, for one that is under way.
    style : Style or None, default=None
        What suits the stream when None.
    clock : callable, default=time.monotonic
        The time in seconds.
    size : callable, default=None
        The columns and lines of the terminal; asked of the system when None.

    Examples
    --------
    >>> import sys
    >>> with LiveDisplay(sys.stderr, jobs=2) as display:  # doctest: +SKIP
    ...     for event in events:
    ...         state = reduce(state, event)
    ...         display.show(state)
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        jobs: int,
        elapsed: float = 0.0,
        style: Style | None = None,
        clock: Callable[[], float] = time.monotonic,
        size: Callable[[], tuple[int, int]] | None = None,
    ) -> None:
        self._stream = stream
        self._jobs = jobs
        self._style = style_for(stream) if style is None else style
        self._clock = clock
        self._size = size or (lambda: _size(stream))
        self._began = clock() - elapsed
        self._drawn: list[int] = []
        self._last = -FRAME_SECONDS
        self._state: State | None = None
        self._gone = False

    def __enter__(self) -> LiveDisplay:
        return self

    def __exit__(self, *why: object) -> None:
        self.close()

    def show(self, state: State) -> None:
        """Draw the state, unless the last frame is younger than a tenth of a second.

        Parameters
        ----------
        state : State
            Where the run is; give the same again to let the clock go on.
        """
        self._state = state
        now = self._clock()
        if now - self._last >= FRAME_SECONDS:
            self._last = now
            self._draw(whole=False)

    def say(self, text: str) -> None:
        """Write a line above what is drawn, which then goes on below it."""
        if self._gone:
            return
        self._write(f"{self._back()}{_CLEAR_BELOW}{clean(text)}\n")
        self._drawn = []
        if self._state is not None:
            self._draw(whole=False)

    def close(self) -> None:
        """Draw the last state in full and leave it there; twice does no more."""
        if self._state is not None:
            self._draw(whole=True)
        self._state = None

    def _draw(self, *, whole: bool) -> None:
        state = self._state
        if self._gone or state is None:
            return
        columns, rows = self._size()
        # The last column is left free, where terminals differ in when they wrap,
        # and the last line, where the cursor waits.
        width = max(1, columns - 1)
        elapsed = self._clock() - self._began
        height = None if whole else max(1, rows - 1)
        draw = partial(lines, state, elapsed=elapsed, jobs=self._jobs)
        draw = partial(draw, width=width, height=height)
        frame = [_HIDE, self._back()]
        frame += [f"{text}{_CLEAR_LINE}\n" for text in draw(style=self._style)]
        frame += [_CLEAR_BELOW, _SHOW]
        self._drawn = [cells(text) for text in draw()]
        self._write("".join(frame))

    def _back(self) -> str:
        """Return what leads to where drawing began."""
        # A narrower terminal has folded the old lines, nobody knows how; they
        # stay as they are, rather than that something above them be lost.
        columns = self._size()[0]
        folded = any(taken >= columns for taken in self._drawn)
        up = 0 if folded else len(self._drawn)
        return f"{_UP.format(up) if up else ''}\r"

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            self._gone = True


def _size(stream: TextIO) -> tuple[int, int]:
    try:
        size = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        size = shutil.get_terminal_size()
    return size.columns or 80, size.lines or 24


_MOST_NAME = 16
_STAGE_WIDTH = max(len(word) for word, _ in STAGES.values())
_REMARK, _SHORT_REMARK = 38, 21
"""Cells of ``missed 161 of 161, 10,000 false alarms``, and without the alarms."""
_BAR, _SHORT_BAR, _WIDE = 20, 8, 80
"""Cells of the bar of a pass, and of the room from which on it is the longer one."""


def lines(
    state: State,
    *,
    elapsed: float,
    jobs: int,
    width: int,
    height: int | None = None,
    style: Style = PLAIN,
) -> list[str]:
    """Return a line per arm, and one with the time gone and the time left.

    Parameters
    ----------
    state : State
        Where the run is.
    elapsed : float
        Seconds since it began.
    jobs : int
        Units of work at a time.
    width : int
        Cells that a line takes at most.
    height : int or None, default=None
        Lines at most; arms that are over give way first.
    style : Style, default=PLAIN
        Whether looks become escape sequences.

    Returns
    -------
    list of str
    """
    whole, state = state, state.current
    shown, hidden = _choose(state, height)
    head = min(_MOST_NAME, max((cells(arm.name) for arm in shown), default=0))
    rows = [_arm(state, arm, head, width) for arm in shown]
    if hidden:
        rows.append(line(Span(f" and {figures.plural(hidden, 'more arm')}", "dim")))
    rows.append(_bottom(whole, elapsed, jobs, width))
    return paint(rows, style, width).split("\n")


def _choose(state: State, height: int | None) -> tuple[list[ArmState], int]:
    """Return the arms that there is room for, and how many are left out."""
    arms = list(state.arms)
    if height is None or len(arms) + 1 <= height:
        return arms, 0
    late = {"waiting": 1, **dict.fromkeys(OVER, 2)}
    order = sorted(arms, key=lambda arm: late.get(_stage(state, arm), 0))
    room = max(0, height - 2)
    chosen = {arm.name for arm in order[:room]}
    return [arm for arm in arms if arm.name in chosen], (len(arms) - room) * (
        height > 1
    )


def _stage(state: State, arm: ArmState) -> str:
    if state.status != "running" and arm.stage not in OVER:
        return "stopped"
    return arm.stage


def _arm(state: State, arm: ArmState, head: int, width: int) -> Line:
    stage = _stage(state, arm)
    word, look = STAGES.get(stage, Span(stage))
    lead = [
        Span(f" {pad(arm.name, head)}  "),
        Span(pad(word, _STAGE_WIDTH), look),
        Span("  "),
    ]
    if stage == "failed" and arm.failed:
        return (*lead, Span(arm.failed.message))
    done, total = progress.steps(state, arm, stage)
    count = progress.count_text(state, arm, stage)
    most = max(progress.trials(state), progress.folds(state) + 1)
    counted = len(f"{most:,}/{most:,} trials")
    rest = width - head - _STAGE_WIDTH - counted - 8
    remark = _REMARK if rest >= _REMARK + 8 else _SHORT_REMARK
    room = max(4, min(30, rest - remark))
    full = room * min(done, total) // total if total else 0
    lead += [
        Span("█" * full),
        Span("░" * (room - full), "dim"),
        Span(f" {count:>{counted}}  "),
    ]
    return (*lead, *_remark(state, arm, rest - room))


def _remark(state: State, arm: ArmState, width: int) -> Line:
    point = progress.outcome(state, arm.evaluated)
    if point is not None:
        missed, alarms = point
        remark = line("missed ", Span(missed, "bold"), f", {alarms}")
        return remark if measure(remark) <= width else remark[:-1]
    best = f"best {figures.decimals(arm.best.score, 3)}  " if arm.best else ""
    seconds = state.estimates.get(arm.name, 0.0)
    if arm.stage in ("waiting", "prepare") and seconds >= progress.WORTH_SECONDS:
        best = f"takes {figures.about(seconds)}  "
    return line(best, Span("⚠ adjusted" if arm.repairs else "", "warn"))


def _bottom(state: State, elapsed: float, jobs: int, width: int) -> Line:
    now = state.status
    # What is over took what its record says.
    spent = elapsed if now == "running" else state.seconds
    elapsed_text = Span(f" elapsed {figures.clock(spent)}", "bold")
    if now == "running" and state.setup is not None:
        room = width - measure((elapsed_text,)) - 3
        return line(elapsed_text, "   ", Span(pass_text(state.setup, room), "dim"))
    if state.experiment is None:
        return line(elapsed_text, Span("   reading the table", "dim"))
    part = state.current
    finished = sum(len(arm.trials) for arm in part.arms)
    total = sum(
        len(arm.trials) if _stage(part, arm) in OVER else progress.trials(part, arm)
        for arm in part.arms
    )
    if now == "running":
        left = progress.time_left(state, elapsed=elapsed, jobs=jobs)
        now = f"remaining {progress.left_text(left.run) if left else '?'}"
    trials = f"{finished:,} of {total:,} trials"
    if split := progress.split_text(state):
        trials = f"{split}, {trials}"
    return line(elapsed_text, f"   {now}   ", Span(trials, "dim"))


def pass_text(progress: Pass, most: int) -> str:
    """Return how far a pass is, with a bar if its end is known.

    Parameters
    ----------
    progress : LoadProgress or SetupProgress
    most : int
        Cells at most, unless what it does alone takes more.

    Examples
    --------
    >>> now = SetupProgress(stage="reading", done=400, total=1_000, seconds=4.0)
    >>> pass_text(now, 60)
    '███░░░░░  40 %  reading the file, ~6 s left …'
    >>> pass_text(SetupProgress(stage="reading text", done=400, seconds=4.0), 60)
    'reading the file: ~400 rows, 100 rows/s …'
    """
    lead = ""
    if (part := percent(progress)) is not None:
        width = _BAR if most >= _WIDE else _SHORT_BAR
        full = round(width * part / 100)
        lead = f"{'█' * full}{'░' * (width - full)} {part:3} %  "
    return f"{lead}{described(progress, most - len(lead) - 2)} …"


def plain(before: State, event: Event, *, elapsed: float) -> Iterator[str]:
    """Yield the lines of a log that an event is worth: none for most trials.

    Parameters
    ----------
    before : State
        Where the run was before the event.
    event : Event
        What happened.
    elapsed : float
        Seconds since the run began.
    """
    if isinstance(event, SetupProgress) and is_worth_a_line(event, before.setup):
        yield f"[{figures.clock(elapsed)}] {described(event)}"
    after = reduce(before, event)
    if isinstance(event, ArmFailed):
        event = msgspec.structs.replace(event, fix=add_options(event.fix, event.field))
    for entry in progress.lines(event, before, after):
        if not entry.minor:
            arm = f"{entry.arm}: " if entry.arm else ""
            arm += "warning: " if isinstance(event, Warned) else ""
            yield f"[{figures.clock(elapsed)}] {clean(arm + entry.text)}"


def so_far(state: State, *, elapsed: float) -> str:
    """Return the line with which a log of a run that is under way begins."""
    name = state.dataset.name if state.dataset else ""
    part = state.current
    finished = sum(len(arm.trials) for arm in part.arms)
    trials = figures.plural(progress.trials(part) * len(part.arms), "trial")
    split = progress.split_text(state)
    text = f"{name}: {f'{split}, ' if split else ''}{finished:,} of {trials} so far"
    return f"[{figures.clock(elapsed)}] {clean(text)}"


FULL_BYTES: Final = 1024**2
"""A disk with less room than this is full: no result can be written."""


def standing(run: Run) -> str:
    """Return the status of a run, with its silence if that is too long.

    Parameters
    ----------
    run : Run

    Returns
    -------
    str
        For example ``running, no heartbeat for 40 s``.
    """
    if not run.stalled or run.silent is None:
        return run.status
    return f"{run.status}, no heartbeat for {_time(run.silent)}"


def advice(run: Run, *, free: int | None = None) -> str:
    """Return what to do about a run that does not go on by itself; else nothing.

    Parameters
    ----------
    run : Run
    free : int or None, default=None
        Bytes that are free where the store is, if that is known.

    Returns
    -------
    str
        With the command that does it.
    """
    if run.status == "interrupted":
        return f"its process is gone: imbtui resume {run.name} goes on"
    if not run.stalled:
        return ""
    if free is not None and free < FULL_BYTES:
        return "its disk is full: it continues once there is space"
    return f"stopped? imbtui cancel {run.name} ends it"


def _time(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.0f} h"
