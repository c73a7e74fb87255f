"""What a run's process was at when it was lost, as its log has it. Light."""

from __future__ import annotations

import re
from typing import NamedTuple

from engine.store.store import Run, Store

__all__ = ["Lost", "hint", "lost"]

MOST_BYTES = 1 << 20
"""Of a log the end is read."""
ALONE = ("processes", "dask")
"""Executors under which a sampler that crashes ends no run."""

_LINE = re.compile(r" engine\.(?:process|train\.schedule) INFO (.*)")

_STOPPED = re.compile(r" engine\.process ERROR run \S+ stopped: \w+: (.*)")


class Lost(NamedTuple):
    """What was under way in the last process of a run, which ended without a word.

    Attributes
    ----------
    units : tuple of str
        In words, such as ``rows of smote, fold 2``.
    times : int
        Processes in a row, this one too, that were lost with one of them under way.
    """

    units: tuple[str, ...]
    times: int


def lost(store: Store, run: Run) -> Lost | None:
    """Return what an interrupted run's process was at; None if that is not known.

    Parameters
    ----------
    store : Store
    run : Run
    """
    lives = _lives(_log(store, run))
    if not lives or not lives[-1]:
        return None
    units = lives[-1]
    times = 0
    for life in reversed(lives):
        if not units & life:
            break
        times += 1
    return Lost(tuple(sorted(units)), times)


def hint(store: Store, run: Run) -> str:
    """Return one line on why a run was interrupted, and what would help; or nothing.

    Parameters
    ----------
    store : Store
    run : Run
    """
    stopped = _STOPPED.findall(_log(store, run).rpartition(" is taken up, epoch ")[2])
    if stopped:
        return f"its process ended: {stopped[-1]}"
    found = lost(store, run)
    if found is None:
        return ""
    text = f"its process was lost at: {'; '.join(found.units)}"
    if found.times > 1:
        text += f" ({found.times} times in a row)"
    if found.times > 1 and run.options.executor not in ALONE:
        text += (
            f". imbtui rerun {run.id} --executor processes keeps a sampler that "
            "crashes to its arm"
        )
    return text


def _log(store: Store, run: Run) -> str:
    """Return the end of the log of an interrupted run; nothing of any other."""
    if run.status != "interrupted":
        return ""
    try:
        with store.log_path(run.id).open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - MOST_BYTES))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def _lives(text: str) -> list[set[str]]:
    """Return what was under way at the end of each process that was lost."""
    found: list[set[str]] = []
    at: set[str] | None = None
    for line in text.splitlines():
        match = _LINE.search(line)
        if match is None:
            continue
        said = match[1]
        if " is taken up, epoch " in said:
            if at is not None:
                found.append(at)
            at = set()
        elif at is None:
            continue
        elif said.startswith("begun: "):
            at.add(said.removeprefix("begun: "))
        elif said.startswith("ended: "):
            at.discard(said.removeprefix("ended: "))
        elif said.startswith("run "):  # it had a last word: that is no loss
            at = None
            found.clear()
    return found if at is None else [*found, at]
