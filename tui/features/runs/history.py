"""Stored runs in words, for ``imbtui runs`` and the app, and where their tables are."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from msgspec.structs import replace

from engine.core.experiment import Experiment
from engine.io.source import NO_FILES, here


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
