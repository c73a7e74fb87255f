"""What a run's process was at when it was lost, as its log has it. Light."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import NamedTuple

from engine.store.store import Run, Store

__all__ = ["Lost", "hint", "lost"]

MOST_BYTES = 1 << 20
"""Of a log the end is read."""
ALONE = ("processes", "dask")
"""Executors under which a sampler that crashes ends no run."""

_BEGUN = re.compile(r" engine\.train\.schedule INFO begun: (.*)")
_ENDED = re.compile(r" engine\.train\.schedule INFO ended: (.*)")
_LAST_WORD = re.compile(r" engine\.process INFO run \S+ (?:is|was) ")
_STOPPED = re.compile(r" engine\.process ERROR run \S+ stopped: \w+: (.*)")
_TAKEN_UP = " is taken up, epoch "


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
    times = len([*takewhile(units.intersection, reversed(lives))])
    return Lost(tuple(sorted(units)), times)


def hint(store: Store, run: Run) -> str:
    """Return one line on why a run was interrupted, and what would help; or nothing.

    Parameters
    ----------
    store : Store
    run : Run
    """
    stopped = _STOPPED.findall(_log(store, run).rpartition(_TAKEN_UP)[2])
    if stopped:
        return f"its process ended: {stopped[-1]}"
    found = lost(store, run)
    if found is None:
        return ""
    text = f"its process was lost at: {'; '.join(found.units)}"
    if found.times == 1:
        return text
    text += f" ({found.times} times in a row)"
    if run.options.executor in ALONE:
        return text
    return (
        f"{text}. imbtui rerun {run.id} --executor processes keeps a sampler that "
        "crashes to its arm"
    )


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
    for life in text.split(_TAKEN_UP)[1:]:
        if _LAST_WORD.search(life):  # that is no loss
            found = []
        else:
            found.append({*_BEGUN.findall(life)} - {*_ENDED.findall(life)})
    return found
