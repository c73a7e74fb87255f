"""What arms do on groups of people: a part of the result. Light."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

Interval: TypeAlias = tuple[float, float]


class Subgroup(msgspec.Struct, frozen=True, kw_only=True):
    """An arm on the test rows of one group, at its recommended operating point.

    `alerts` are the rows predicted positive; `observed` is the share of positives and
    `expected` the mean probability, calibrated as the arm's is in what is exported.
    Intervals are Wilson's, of 95 %. None where there is no row to count.
    """

    level: str
    rows: int
    positives: int
    missed: int
    alarms: int
    alerts: int
    recall: float | None
    recall_ci: Interval | None
    false_positive_rate: float | None
    false_positive_rate_ci: Interval | None
    alert_share: float | None
    alert_share_ci: Interval | None
    observed: float | None
    observed_ci: Interval | None
    expected: float | None


class GapChange(msgspec.Struct, frozen=True, kw_only=True):
    """How far an arm's gap between two groups is from that of the untreated arm.

    The gap is the rate of the group `high` minus that of `low`: the two groups that
    differ the most in the mean of both arms. `difference` is positive where the arm
    makes it wider; `effect` says what is shown.
    """

    low: str
    high: str
    difference: float
    ci: Interval
    p: float
    adjusted_p: float
    effect: Literal["wider", "narrower", "not shown"]


class SubgroupGap(msgspec.Struct, frozen=True, kw_only=True):
    """The largest rate of an arm over the groups of a column minus the smallest.

    Of ``calibration`` the rate is the share of positives minus the mean probability.
    `p` is the chance of rates so uneven if they were one; `adjusted_p` is after Holm's
    correction over all columns, arms and metrics. Only the groups with at least 20
    rows that the metric counts (of calibration: 20 of either class) are compared:
    `groups` of them.
    """

    arm: str
    metric: str
    groups: int
    low: str
    high: str
    gap: float
    ci: Interval
    p: float
    adjusted_p: float
    change: GapChange | None = None


class ArmSubgroups(msgspec.Struct, frozen=True):
    """An arm on each group of a column."""

    arm: str
    groups: tuple[Subgroup, ...]


class SubgroupColumn(msgspec.Struct, frozen=True, kw_only=True):
    """The groups of a column, and what each arm does on them.

    `cut` says how numbers were cut, if they were; the edges are in the names.
    `learned` tells whether models learned from the column. `few` are the groups with
    too few positives for their recall to be compared.
    """

    column: str
    cut: str
    learned: bool
    few: tuple[str, ...]
    arms: tuple[ArmSubgroups, ...]
    gaps: tuple[SubgroupGap, ...]
