"""Which stored run answers for a table, so that a bench goes on where it stopped."""

from __future__ import annotations

from collections.abc import Iterable

from engine.data.source import stamp
from engine.errors import DataError
from engine.spec import Experiment, experiment_hash
from engine.store.record import Run

__all__ = ["taken"]

_RANK = {"done": 0, "running": 1, "queued": 1}
"""A done one is the best; one at work is followed, one that stopped goes on."""


def taken(runs: Iterable[Run], experiment: Experiment) -> Run | None:
    """Return the run of an experiment, if the store has one to take or to go on with.

    Parameters
    ----------
    runs : iterable of Run
        What the store holds, the newest first.
    experiment : Experiment
        Its source is absolute, so that it means the same file everywhere.

    Returns
    -------
    Run or None
        The newest done one, else one at work, else the newest that stopped. None of
        those is older than the last change of the table's file.
    """
    wanted = experiment_hash(experiment)
    changed = _changed(experiment)
    found = [
        run
        for run in runs
        if run.status != "unreadable"
        and run.created > changed
        and run.experiment.data.source == experiment.data.source
        and experiment_hash(run.experiment) == wanted
    ]
    return min(found, key=lambda run: _RANK.get(run.status, 2), default=None)


def _changed(experiment: Experiment) -> float:
    """Return when the table changed last, in seconds since 1970."""
    data = experiment.data
    try:
        sources = [s for s in (data.source, data.test_source) if s is not None]
        return max(stamp(source)[0] for source in sources) / 1e9
    except DataError:
        return 0.0  # the run will say why
