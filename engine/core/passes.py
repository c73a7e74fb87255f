"""Passes over a table: what each one does, how far it is, and its time left."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Final, Literal, NamedTuple, TypeAlias, TypeVar

from engine.core import format as figures
from engine.core.events import SetupProgress
from engine.core.execution import Progress
from engine.core.messages import LoadProgress

Unit: TypeAlias = Literal["", "bytes", "rows", "about rows", "columns"]
"""What a pass counts; ``about rows`` are estimated from bytes."""
ENOUGH_SECONDS: Final = 2.0
"""Nothing is said of the rate before a pass has taken so long."""
LINE_SECONDS: Final = 5.0
"""A log says nothing of how far a pass is before that."""
REPORT_SECONDS: Final = 0.1
"""Between two reports of a pass."""
_DIGITS: Final = 2
"""Of a rate, and of rows that are estimated one more."""


Pass: TypeAlias = LoadProgress | SetupProgress
"""Where a pass is: of a request, or of a run that begins."""
P = TypeVar("P", LoadProgress, SetupProgress)


class Task(NamedTuple):
    """What a pass does, in words, and what it counts."""

    words: str
    unit: Unit = ""


TASKS: Final = {
    "fetching": Task("fetching the table"),
    "reading standard input": Task("reading standard input", "bytes"),
    "decompressing": Task("unpacking the file", "bytes"),
    "checking": Task("checking encoding and quotes", "bytes"),
    "reading the target": Task("reading the target", "about rows"),
    "reading": Task("reading the file", "rows"),
    "reading text": Task("reading the file", "about rows"),
    "reading objects": Task("reading the file", "bytes"),
    "converting": Task("turning text into numbers", "columns"),
    "cleaning": Task("telling numbers from text", "columns"),
    "keeping": Task("keeping what was read for the next time"),
    "profiling": Task("looking at the columns", "columns"),
    "comparing": Task("looking for equal rows"),
    "measuring": Task("scoring each column alone", "columns"),
    "trying": Task("trying each method on a part of the rows"),
    "timing": Task("estimating how long the run takes"),
    "fitting on more negatives": Task(
        "fitting a model on twice the negatives, and comparing the arms"
    ),
    "comparing arms": Task("comparing the arms"),
    "preparing": Task("dividing the rows as the run did"),
    "splitting": Task("setting the test rows aside"),
    "treating": Task("balancing the training rows"),
    "restoring": Task("writing"),
    "training wrong": Task("training the wrong way's model"),
    "training right": Task("training the right way's model"),
    "scoring": Task("testing both on the rows set aside"),
    "shuffling columns": Task("shuffling columns", "columns"),
}
"""Passes, and other tasks, by name; one that is not here is said by its name."""


class Pace(NamedTuple):
    """Units per second, and seconds to the end (None if that is unknown)."""

    rate: float
    left: float | None


def task(name: str) -> Task:
    """Return what a pass of that name does.

    Examples
    --------
    >>> task("checking").unit, task("writing REPORT.md").words
    ('bytes', 'writing REPORT.md')
    """
    return TASKS.get(name, Task(name))


def timed(
    report: Callable[[P], object],
    make: Callable[..., P],
    clock: Callable[[], float] = time.monotonic,
) -> Progress:
    """Return what takes the progress of passes and reports it with their seconds.

    Parameters
    ----------
    report : callable
    make : callable
        Makes what is reported of its fields.
    clock : callable, optional
        The time in seconds.

    Examples
    --------
    >>> seconds = iter([0.0, 3.0, 4.0])
    >>> said = []
    >>> tell = timed(said.append, LoadProgress, clock=lambda: next(seconds))
    >>> tell("reading", 0, 9); tell("reading", 6, 9); tell("cleaning", 0, None)
    >>> [(one.stage, one.seconds) for one in said]
    [('reading', 0.0), ('reading', 3.0), ('cleaning', 0.0)]
    """
    stage, began, before = "", 0.0, 0

    def tell(name: str, done: int, total: int | None) -> None:
        nonlocal stage, began, before
        now = clock()
        if name != stage or done < before:  # another one, or the same once more
            stage, began = name, now
        before = done
        seconds = max(0.0, now - began)
        report(make(stage=name, done=done, total=total, seconds=seconds))

    return tell


def throttled(
    report: Callable[[P], object],
    make: Callable[..., P],
    clock: Callable[[], float] = time.monotonic,
) -> Progress:
    """Return what reports as `timed` does: each new pass, and then now and then.

    Parameters
    ----------
    report, make, clock
        As of `timed`.

    Examples
    --------
    >>> seconds = iter([0.0, 0.0, 0.01, 0.01, 0.2, 0.2])
    >>> said = []
    >>> tell = throttled(said.append, SetupProgress, clock=lambda: next(seconds))
    >>> for done in range(3):
    ...     tell("reading", done, 3)
    >>> [one.done for one in said]
    [0, 2]
    """
    last, spoken = "", 0.0

    def tell(progress: P) -> None:
        nonlocal last, spoken
        now = clock()
        if progress.stage != last or now - spoken >= REPORT_SECONDS:
            last, spoken = progress.stage, now
            report(progress)

    return timed(tell, make, clock)


def pace(progress: Pass) -> Pace | None:
    """Return rate and time left of a pass, by its mean rate so far.

    Returns
    -------
    Pace or None
        None before `ENOUGH_SECONDS`, or while nothing is done.

    Examples
    --------
    >>> pace(LoadProgress(stage="reading", done=400, total=1_000, seconds=4.0))
    Pace(rate=100.0, left=6.0)
    >>> pace(LoadProgress(stage="reading", done=400, total=1_000, seconds=1.0))
    """
    if progress.seconds < ENOUGH_SECONDS or progress.done <= 0:
        return None
    rate = progress.done / progress.seconds
    if not progress.total:
        return Pace(rate, None)
    return Pace(rate, max(0, progress.total - progress.done) / rate)


def amount(progress: Pass) -> str:
    """Return how much of a pass is done, and of how much if that is known.

    Examples
    --------
    >>> amount(LoadProgress(stage="checking", done=1_300_000, total=2_600_000))
    '1.3 MB of 2.6 MB'
    >>> amount(LoadProgress(stage="reading text", done=412_345, total=1_003_112))
    '~412,000 of ~1,000,000 rows'
    >>> amount(LoadProgress(stage="measuring", done=120, total=10_000))
    '120 of 10,000 columns'
    """
    done, total, unit = progress.done, progress.total, task(progress.stage).unit
    if not done and not total:
        return ""
    if total:
        done = min(done, total)
    written: Callable[[int], str] = figures.count
    noun: str = "" if unit == "bytes" else unit
    if unit == "bytes":
        written = figures.size
    elif unit == "about rows":
        written, noun = _about, "rows"
    text = written(done) + (f" of {written(total)}" if total else "")
    return f"{text} {noun}".rstrip()


def percent(progress: Pass) -> int | None:
    """Return how much of a pass is done, of 100; None if its end is unknown.

    Examples
    --------
    >>> percent(LoadProgress(stage="reading", done=3, total=4))
    75
    """
    if not progress.total:
        return None
    return min(100, max(0, 100 * progress.done // progress.total))


def rate(progress: Pass) -> str:
    """Return the rows or bytes per second of a pass, if there is enough to say so.

    Examples
    --------
    >>> rate(LoadProgress(stage="reading", done=1_234_567, seconds=3.0))
    '410,000 rows/s'
    >>> rate(LoadProgress(stage="checking", done=120_000_000, seconds=3.0))
    '40.0 MB/s'
    >>> rate(LoadProgress(stage="measuring", done=12, total=20, seconds=3.0))
    ''
    """
    found, unit = pace(progress), task(progress.stage).unit
    if found is None or found.rate < 1:
        return ""
    if unit == "bytes":
        return f"{figures.size(int(found.rate))}/s"
    return f"{_round(found.rate, _DIGITS):,} rows/s" if "rows" in unit else ""


def time_left(progress: Pass) -> str:
    """Return the time that a pass still takes, if there is enough to say so.

    Examples
    --------
    >>> time_left(LoadProgress(stage="reading", done=400, total=1_000, seconds=4.0))
    '~6 s left'
    """
    found = pace(progress)
    return f"{figures.about(found.left)} left" if found and found.left else ""


def described(progress: Pass, most: int | None = None) -> str:
    """Say what a pass does and how far it is; what has no room is left out.

    Parameters
    ----------
    progress : LoadProgress or SetupProgress
    most : int or None, default=None
        Characters at most, unless what it does alone takes more.

    Examples
    --------
    >>> now = LoadProgress(stage="reading", done=400, total=1_000, seconds=4.0)
    >>> described(now)
    'reading the file: 400 of 1,000 rows, 100 rows/s, ~6 s left'
    >>> described(now, 50), described(now, 30)
    ('reading the file: 400 of 1,000 rows, ~6 s left', 'reading the file, ~6 s left')
    """
    words, far = task(progress.stage).words, amount(progress)
    long = f"{words}: {far}" if far else words
    speed, left = rate(progress), time_left(progress)
    for parts in ((long, speed, left), (long, left), (words, left), (words,)):
        text = ", ".join(filter(None, parts))
        if most is None or len(text) <= most:
            break
    return text


def is_worth_a_line(progress: Pass, before: Pass | None) -> bool:
    """Tell whether a log says how far a pass is: after 5 seconds, 10, 20, 40, ….

    Parameters
    ----------
    progress : LoadProgress or SetupProgress
    before : LoadProgress, SetupProgress or None
        What was reported before, of this pass or another one.

    Examples
    --------
    >>> def at(seconds): return LoadProgress(stage="reading", done=1, seconds=seconds)
    >>> is_worth_a_line(at(4.0), None), is_worth_a_line(at(21.0), at(19.9))
    (False, True)
    """
    reached = 0
    if before is not None and before.stage == progress.stage:
        reached = _doubled(before.seconds) if before.seconds <= progress.seconds else 0
    return _doubled(progress.seconds) > reached


def _doubled(seconds: float) -> int:
    """Return 1 from 5 seconds on, 2 from 10 on, 3 from 20 on, and so forth."""
    return max(0, math.frexp(seconds / LINE_SECONDS)[1])


def _about(rows: int) -> str:
    return f"~{_round(rows, _DIGITS + 1):,}"


def _round(value: float, digits: int) -> int:
    return int(float(f"{value:.{digits}g}"))
