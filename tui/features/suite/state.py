"""What is known of runs over many tables."""

from __future__ import annotations

from typing import Literal

import msgspec

from engine.core.messages import AskSuite, SuiteGroup, SuiteShown
from engine.core.suite import METRICS
from tui.features.commands import turn
from tui.features.mail import Intent
from tui.features.questions import Ask, Question


class SuiteRequested(Intent):
    """Show the screen over many tables."""


class SuiteStepped(Intent):
    """Compare by the next metric, or show the next settings."""

    what: Literal["metric", "group"]


class BenchState(msgspec.Struct, frozen=True, kw_only=True):
    """What the screen over many tables shows."""

    suite: Question[AskSuite, SuiteShown] = Question()

    @property
    def group(self) -> str | None:
        """Key of the settings that are looked at; None is the newest."""
        request, answer = self.suite.request, self.suite.answer
        newest = request if self.suite.pending or answer is None else answer
        return newest.group if newest is not None else None

    @property
    def metric(self) -> str:
        """The metric asked for last."""
        request = self.suite.request
        return next(iter(METRICS)) if request is None else request.metric

    @property
    def shown(self) -> SuiteGroup | None:
        """The settings whose runs are shown."""
        answer = self.suite.answer
        groups = [g for g in answer.groups if g.key == answer.group] if answer else []
        return groups[0] if groups else None


def ask_suite(group: str | None, metric: str) -> Ask:
    """Return the question what runs of equal settings come to."""
    return Ask("bench.suite", AskSuite(id=0, store="", group=group, metric=metric))


def next_metric(metric: str) -> str:
    """Return the metric after one, round and round.

    Examples
    --------
    >>> next_metric("average_precision"), next_metric("brier")
    ('cost', 'average_precision')
    """
    return turn([*METRICS], metric)


def next_group(state: BenchState) -> str | None:
    """Return the key of the settings after those that are shown."""
    answer = state.suite.answer
    keys = [group.key for group in answer.groups] if answer else []
    return turn(keys, state.group) if keys else None
