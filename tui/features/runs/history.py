"""Stored runs in words, for ``imbtui runs`` and the app, and where their tables are."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from engine.core.experiment import Experiment
from engine.core.record import Run
from engine.io.source import NO_FILES, here

FULL_BYTES: Final = 1024**2
"""A disk with less room than this is full: no result can be written."""


def matches(text: str, *, words: Iterable[str | None]) -> bool:
    """Tell whether every word of a text is part of one of these words.

    Parameters
    ----------
    text : str
        What a user typed; blanks part it into words, and case does not matter.
        Without a word everything matches.
    words : iterable of str or None
        What is known of a run: its id, dataset, target, arms, note, tags, status.

    Returns
    -------
    bool

    Examples
    --------
    >>> about = ("3f2a9c01", "stroke.csv", "untreated", "smote-enn", "try", "done")
    >>> matches("SMOTE done", words=about), matches("smote failed", words=about)
    (True, False)
    >>> matches("  ", words=about)
    True
    """
    known = [word.casefold() for word in words if word]
    parts = text.casefold().split()
    return all(any(part in word for word in known) for part in parts)


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
        return f"its process is gone: imbtui resume {run.id} goes on"
    if not run.stalled:
        return ""
    if free is not None and free < FULL_BYTES:
        return "its disk is full: it continues once there is space"
    return f"stopped? imbtui cancel {run.id} ends it"


def _time(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.0f} h"


def resolve_paths(experiment: Experiment, folder: str | None) -> Experiment:
    """Return the experiment as it must be written to mean the same from here.

    Parameters
    ----------
    experiment : Experiment
        As stored with a run.
    folder : str or None
        What its relative paths are relative to; None if that is not known.

    Returns
    -------
    Experiment
        The same one if its folder is the current one.

    Examples
    --------
    >>> from engine.core.methods.grammar import Arm
    >>> from engine.core.experiment import DataSpec
    >>> one = Experiment(data=DataSpec(source="a.csv"), arms=(Arm(name="untreated"),))
    >>> resolve_paths(one, "/data").data.source
    '/data/a.csv'
    >>> resolve_paths(one, None) is one
    True
    """
    if folder is None or folder == here():
        return experiment
    data, test = experiment.data, experiment.data.test_source
    source, test = _join(folder, data.source), test and _join(folder, test)
    return replace(experiment, data=replace(data, source=source, test_source=test))


def _join(folder: str, source: str) -> str:
    if source in ("", "-") or source.startswith((*NO_FILES, "~")):
        return source
    return str(Path(folder) / source)
