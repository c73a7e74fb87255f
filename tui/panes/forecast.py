"""What a recipe will make of the training rows, before any run: pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from engine.events import FoldPrepared
from engine.resample import registry
from engine.spec import Arm
from engine.state import ArmState
from tui.session import Session

__all__ = ["Forecast", "forecast", "measured", "scarce"]


class Forecast(NamedTuple):
    """Training rows by class before and after.

    `synthetic` counts those that no file holds; `open_end` says that a step drops
    rows of which nobody knows the number yet.
    """

    before: dict[str, int]
    after: dict[str, int]
    synthetic: int
    open_end: bool = False


def forecast(
    arm: Arm, train: Mapping[str, int], positive: str | None
) -> Forecast | None:
    """Work out the training rows after a recipe with its ratios.

    Parameters
    ----------
    arm : Arm
        With the parameters it would run with.
    train : mapping of str to int
        Training rows by class.
    positive : str or None
        The positive class.

    Returns
    -------
    Forecast or None
        None for a control, and where there are no two classes.

    Examples
    --------
    >>> forecast(registry.arm("random-under"), {"0": 900, "1": 90}, "1").after
    {'0': 90, '1': 90}
    """
    if not arm.steps or len(train) != 2 or not all(train.values()):
        return None
    after = dict(train)
    synthetic, open_end = 0, False
    for step in arm.steps:
        entry = registry.sampler(step.sampler)
        if not entry.has_ratio:
            open_end = True
            continue
        ratio = float(step.params.get("ratio", 1.0))
        small, large = sorted(after, key=lambda name: (after[name], name != positive))
        if entry.group == "under":
            after[large] = min(after[large], round(after[small] / ratio))
            continue
        wanted = max(after[small], round(after[large] * ratio))
        if entry.name != "random-over":
            synthetic += wanted - after[small]
        after[small] = wanted
        open_end = open_end or entry.group == "combined"
    return Forecast(dict(train), after, synthetic, open_end)


def measured(session: Session, arm: Arm) -> tuple[ArmState, FoldPrepared] | None:
    """Return what the run that is looked at made of the training rows.

    None if there is no run, or it had another table or other parameters.
    """
    run, request = session.run, session.load.request
    if run is None or request is None or arm not in run.experiment.arms:
        return None
    if run.experiment.data.source != request.source:
        return None
    found = next((one for one in run.state.arms if one.name == arm.name), None)
    if found is None or found.final is None:
        return None
    return found, found.final


def scarce(session: Session, arm: Arm) -> str:
    """Say that a fold will hold too few positives for a recipe; else nothing."""
    table, search = session.load.table, session.draft.base.search
    if table is None or table.positive is None or not table.train:
        return ""
    fitting = table.train.get(table.positive, 0) * (search.folds - 1) // search.folds
    for step in arm.steps:
        entry = registry.sampler(step.sampler)
        if entry.neighbors is None:
            continue
        default = next(p.default for p in entry.parameters if p.name == entry.neighbors)
        wanted = int(step.params.get(entry.neighbors, default))
        if wanted >= fitting:
            return (
                f"a fold learns from about {fitting:,} positives: "
                f"{entry.neighbors} {wanted} will be lowered to fit"
            )
    return ""
