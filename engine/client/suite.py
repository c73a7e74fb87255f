"""What the app and its service child say about many tables: frozen, small, JSON."""

from __future__ import annotations

import msgspec

from engine.client.base import Reply, Request
from engine.suite.values import Suite

__all__ = ["AskSuite", "SuiteGroup", "SuiteShown"]


class AskSuite(Request, frozen=True, tag="suite"):
    """Ask what the finished runs of the store come to over their tables.

    Parameters
    ----------
    store : str
        Path of the store's file; the default one when empty.
    group : str or None
        Which settings, by the key of a `SuiteGroup`; those of the newest run if None.
    metric : str
        That of `engine.suite.values.METRICS`.
    rope : float or None
        Differences up to this are the same in practice; the metric's own if None.
    """

    store: str
    group: str | None = None
    metric: str = "average_precision"
    rope: float | None = None


class SuiteGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Settings that finished runs of several tables share; `created` is the newest's.

    `folds` counts all that a trial is scored on.
    """

    key: str
    arms: tuple[str, ...]
    tables: int
    trials: int
    folds: int
    seed: int
    created: float


class SuiteShown(Reply, frozen=True, tag="suite-shown"):
    """Every set of runs over two tables or more, the newest first, and one in full.

    `group` is the key of the one that `suite` is of; both are None without any.
    """

    groups: tuple[SuiteGroup, ...]
    group: str | None = None
    suite: Suite | None = None
