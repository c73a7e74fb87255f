"""What a recipe will make of the training rows, before any run: pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from engine.events import FoldPrepared
from engine.resample import ratio, registry, tuning
from engine.resample.registry import Sampler
from engine.spec import Arm, ParamValue
from engine.state import ArmState
from tui.session import Session

__all__ = ["Forecast", "forecast", "measured"]

_COPIES = "random-over"
_CENTRES = "cluster-centroids"


class Forecast(NamedTuple):
    """Training rows by class before and after.

    `synthetic` counts those by class that no file holds; `open_end` says that a step
    drops rows of which nobody knows the number yet. `steps` has the rows after each
    step.
    """

    before: dict[str, int]
    after: dict[str, int]
    synthetic: dict[str, int]
    open_end: bool = False
    steps: tuple[dict[str, int], ...] = ()


def forecast(arm: Arm, train: Mapping[str, int]) -> Forecast | None:
    """Work out the training rows after a recipe with its ratios.

    Parameters
    ----------
    arm : Arm
        With the parameters it would run with; those that are searched are taken as
        the first trial takes them.
    train : mapping of str to int
        Training rows by class.

    Returns
    -------
    Forecast or None
        None for what has no steps, and where there are no classes.

    Raises
    ------
    SpecError
        If counts are asked for that cannot be.

    Examples
    --------
    >>> forecast(registry.arm("random-under"), {"0": 900, "1": 90}).after
    {'0': 90, '1': 90}
    >>> three = {"a": 500, "b": 100, "c": 30}
    >>> forecast(registry.arm("smote"), three).synthetic
    {'b': 400, 'c': 470}
    """
    if not arm.steps or len(train) < 2 or not all(train.values()):
        return None
    before = after = dict(train)
    between = ratio.ends(before)
    synthetic: dict[str, int] = {}
    open_end = False
    steps: list[dict[str, int]] = []
    for step in tuning.settled(arm, tuning.first(arm)).steps:
        entry = registry.sampler(step.sampler)
        values = registry.check_step(step)
        if entry.has_ratio or values.get("counts"):
            new = _after(entry, values, after, between)
            synthetic = _made(entry, values, after, new, synthetic)
            after = new
        open_end = open_end or not entry.has_ratio or entry.group == "combined"
        steps.append(after)
    return Forecast(before, after, synthetic, open_end, tuple(steps))


def _after(
    entry: Sampler,
    values: Mapping[str, ParamValue],
    rows: Mapping[str, int],
    between: tuple[str, str],
) -> dict[str, int]:
    asked = ratio.parse_counts(str(values.get("counts", "")))
    wanted = float(values.get("ratio", 1.0))
    return ratio.targets(entry.group, rows, wanted, asked or None, between=between)


def _made(
    entry: Sampler,
    values: Mapping[str, ParamValue],
    old: Mapping[str, int],
    new: Mapping[str, int],
    known: Mapping[str, int],
) -> dict[str, int]:
    """Return the rows that no file holds, by class, after one step more."""
    # What is dropped at random is dropped from both in proportion.
    made = {c: n * min(new[c], old[c]) // old[c] for c, n in known.items()}
    if entry.group == "under":
        if entry.name == _CENTRES and values.get("voting") != "hard":
            made |= {c: n for c, n in new.items() if n < old[c]}
    elif entry.name != _COPIES or float(values.get("shrinkage", 0.0)) > 0:
        for label, count in new.items():
            if count > old[label]:
                made[label] = made.get(label, 0) + count - old[label]
    return made


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
