"""What is known of runs over many tables, and what happens to it: pure."""

from __future__ import annotations

import msgspec

from engine.client.suite import SuiteGroup, SuiteShown
from engine.suite.values import METRICS
from tui.draft import Problem

__all__ = ["BenchState", "ask", "failed", "next_group", "next_metric", "shown"]


class BenchState(msgspec.Struct, frozen=True, kw_only=True):
    """What the screen over many tables shows.

    Parameters
    ----------
    group : str or None
        Key of the settings asked for last; None is the newest.
    metric : str
        That asked for last.
    job : int
        Number of the newest question; numbers only grow.
    busy : bool
        Whether its answer is still to come.
    answer : SuiteShown or None
        The newest that came.
    problem : Problem or None
        Why the newest question has no answer.
    """

    group: str | None = None
    metric: str = next(iter(METRICS))
    job: int = 0
    busy: bool = False
    answer: SuiteShown | None = None
    problem: Problem | None = None

    @property
    def shown(self) -> SuiteGroup | None:
        """The settings whose runs are shown."""
        groups = self.answer.groups if self.answer is not None else ()
        key = self.answer.group if self.answer is not None else None
        return next((group for group in groups if group.key == key), None)


def ask(state: BenchState, group: str | None, metric: str) -> BenchState:
    """Note a question; what was shown stays until its answer comes."""
    return msgspec.structs.replace(
        state, group=group, metric=metric, job=state.job + 1, busy=True, problem=None
    )


def shown(state: BenchState, job: int, answer: SuiteShown) -> BenchState:
    """Take an answer, unless another question was asked since."""
    if job != state.job:
        return state
    return msgspec.structs.replace(
        state, busy=False, answer=answer, group=answer.group, problem=None
    )


def failed(state: BenchState, job: int, problem: Problem) -> BenchState:
    """Note why there is no answer."""
    if job != state.job:
        return state
    return msgspec.structs.replace(state, busy=False, problem=problem)


def next_metric(metric: str) -> str:
    """Return the metric after one, round and round.

    Examples
    --------
    >>> next_metric("average_precision"), next_metric("brier")
    ('cost', 'average_precision')
    """
    names = list(METRICS)
    place = names.index(metric) if metric in names else -1
    return names[(place + 1) % len(names)]


def next_group(state: BenchState) -> str | None:
    """Return the key of the settings after those that are shown."""
    keys = [group.key for group in state.answer.groups] if state.answer else []
    if not keys:
        return None
    place = keys.index(state.group) if state.group in keys else -1
    return keys[(place + 1) % len(keys)]
