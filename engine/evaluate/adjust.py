"""Comparisons adjusted for one another: which of them make one family."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from engine.evaluate.paired import holm
from engine.events import Comparison

__all__ = ["BOOTSTRAP", "MATCHED", "PAIRED", "Raw", "adjusted"]

PAIRED = "exact McNemar test, Tango score interval"
BOOTSTRAP = "paired stratified bootstrap, {draws:,} draws, percentile interval"
MATCHED = "matched within each draw of a paired stratified bootstrap, {draws:,} draws"


class Raw(NamedTuple):
    """A comparison before it is adjusted for the others."""

    arm: str
    policy: str | None
    metric: str
    difference: float
    ci: tuple[float, float]
    p: float
    klass: int | None = None


def adjusted(
    raw: Sequence[Raw],
    control: str,
    methods: Mapping[tuple[str, str | None], str],
    decisive: Sequence[tuple[str, str | None]],
    labels: Sequence[str] = (),
) -> tuple[Comparison, ...]:
    """Adjust p by Holm's method, and say over what.

    Parameters
    ----------
    raw : sequence of Raw
        Arm minus control, of several arms, metrics and policies.
    control : str
        The arm that the others are compared with.
    methods : mapping of (metric, policy) to str
        How each was tested.
    decisive : sequence of (metric, policy)
        What decides; it makes one family together.
    labels : sequence of str, default=()
        What the classes are called; their numbers when empty.

    Returns
    -------
    tuple of Comparison
        In the same order. A family are the arms in one metric and policy, but for
        what decides.

    Examples
    --------
    >>> raw = [Raw(arm, None, "average_precision", 0.1, (0.0, 0.2), 0.03)
    ...        for arm in ("smote", "adasyn")]
    >>> what = ("average_precision", None)
    >>> found = adjusted(raw, "none", {what: "bootstrap"}, [what])
    >>> found[0].adjusted_p, found[0].method
    (0.06, 'bootstrap; Holm over the arms and the metrics that decide')
    """
    families: dict[tuple[str, str | None], list[int]] = defaultdict(list)
    for index, row in enumerate(raw):
        what = row.metric, row.policy
        families[decisive[0] if what in decisive else what].append(index)
    found = {
        index: p
        for family in families.values()
        for index, p in zip(family, holm([raw[i].p for i in family]), strict=True)
    }

    def method(row: Raw) -> str:
        what = row.metric, row.policy
        decides = " and the metrics that decide" if what in decisive else ""
        return f"{methods[what]}; Holm over the arms{decides}"

    def name(klass: int) -> str:
        return labels[klass] if labels else str(klass)

    return tuple(
        Comparison(
            a=row.arm,
            b=control,
            policy=row.policy,
            metric=row.metric,
            difference=row.difference,
            ci=row.ci,
            p=row.p,
            adjusted_p=found[index],
            method=method(row),
            klass=None if row.klass is None else name(row.klass),
        )
        for index, row in enumerate(raw)
    )
