"""Where a stored run's table is: relative paths are relative to the run's folder."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from engine.spec import Experiment

__all__ = ["NO_FILES", "anchored", "here"]

NO_FILES: Final = ("sample:", "dataset:", "make:")
"""How sources begin that are no files of the person's."""


def here() -> str | None:
    """Return the current folder, unless it is gone or its name is no text."""
    try:
        folder = str(Path.cwd())
        folder.encode()
    except (OSError, UnicodeEncodeError):
        return None
    return folder


def anchored(experiment: Experiment, folder: str | None) -> Experiment:
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
    >>> from engine.spec import Arm, DataSpec
    >>> one = Experiment(data=DataSpec(source="a.csv"), arms=(Arm(name="none"),))
    >>> anchored(one, "/data").data.source
    '/data/a.csv'
    >>> anchored(one, None) is one
    True
    """
    if folder is None or folder == here():
        return experiment
    data = experiment.data
    return msgspec.structs.replace(
        experiment,
        data=msgspec.structs.replace(
            data,
            source=_joined(folder, data.source),
            test_source=data.test_source and _joined(folder, data.test_source),
        ),
    )


def _joined(folder: str, source: str) -> str:
    if source in ("", "-") or source.startswith((*NO_FILES, "~")):
        return source
    return str(Path(folder) / source)
