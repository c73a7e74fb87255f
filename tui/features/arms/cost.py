"""What will become of the rows and of an arm, and what it takes: pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from engine.core import format as figures
from engine.core.events import FoldPrepared
from engine.core.experiment import SearchSpec
from engine.core.lab import Finding
from engine.core.methods import (
    cost,
    grammar,
    preflight,
    ratio,
    registry,
    repair,
    tuning,
)
from engine.core.methods.grammar import Arm
from engine.core.methods.preflight import FitFacts, Probe
from engine.core.methods.registry import Sampler
from engine.core.methods.samplers import ParamValue
from engine.core.state import ArmState
from engine.io import machine
from tui.features.arms.draft import known_sampler
from tui.features.session import Session

_COPIES = "random-over"
_CENTRES = "cluster-centroids"


def facts(session: Session) -> FitFacts | None:
    """Return what is known of the training rows, or None if there are no classes."""
    table, base = session.load.table, session.draft.base
    if table is None:
        return None
    most = base.features.max_categories
    return preflight.facts(
        table, search=base.search, max_categories=most, memory=_memory()
    )


def finding(session: Session, arm: Arm) -> Finding | None:
    """Return what will become of an arm, or None if nobody knows.

    Where the service has treated rows, what it saw counts.
    """
    if (known := facts(session)) is None:
        return None
    judged = session.lab.findings.get(arm.name) if says_all(arm) else None
    if judged is None or not judged.measured:
        return _examine(arm, known, None)
    now = _examine(arm, known, judged.seconds)
    if now.status == "cannot" or judged.status != "cannot":
        return now if now.status == "cannot" else judged
    # It may have been refused for a patience that is no longer the one.
    usual = known._replace(search=SearchSpec(folds=known.search.folds))
    impatient = _examine(arm, usual, judged.seconds).status == "cannot"
    return now if impatient else judged


def says_all(arm: Arm) -> bool:
    """Tell whether an arm's name says all that it does, so that it stands for it.

    Examples
    --------
    >>> from engine.core.methods.grammar import Step
    >>> says_all(Arm(name="smote", steps=(Step("smote"),)))
    True
    >>> says_all(Arm(name="smote", steps=(Step("smote", {"k_neighbors": 3}),)))
    False
    """
    there = all(known_sampler(step.sampler) for step in arm.steps)
    return bool(arm.steps) and there and grammar.to_text(arm) == arm.name


def judgeable(session: Session) -> dict[str, Arm]:
    """Return the arms that the service can try on the open table, by their offers."""
    if facts(session) is None:
        return {}
    draft = session.draft
    arms = {offer.name: draft.labelled(offer) for offer in draft.offers}
    return {name: arm for name, arm in arms.items() if says_all(arm)}


def preparation(session: Session, arm: Arm, found: Finding) -> float:
    """Return the seconds of all an arm's preparations, on one core.

    Each fold for each setting of the method that is searched, and the last fit.
    """
    if (known := facts(session)) is None or not arm.steps:
        return 0.0
    return cost.preparations(arm, found.seconds, known.search)


def trouble(session: Session, found: Finding) -> str:
    """Return in a word or two why an arm cannot be run; nothing if it can.

    Examples
    --------
    >>> trouble(Session(), Finding(arm="a", status="cannot", problem="no category"))
    'cannot'
    >>> trouble(Session(), Finding(arm="a", status="runs"))
    ''
    """
    if found.status != "cannot":
        return ""
    if (memory := _memory()) is not None and found.bytes > memory:
        return "too big"
    return "too slow" if found.seconds else "cannot"


def method_text(session: Session, arm: Arm, found: Finding) -> str:
    """Say what an arm's preparations take, in a few words; nothing for a control."""
    if not arm.steps or not found.bytes:
        return ""
    search = session.draft.base.search
    settings = min(tuning.settings(arm), search.trials)
    times = figures.plural(settings * search.folds * search.repeats + 1, "time")
    memory = f", {figures.size(found.bytes)}" if found.bytes > 10**6 else ""
    if not found.seconds:
        return f"rows prepared {times}{memory}"
    took = figures.about(preparation(session, arm, found))
    return f"rows prepared {times}: {took} on one core{memory}"


def _examine(arm: Arm, known: FitFacts, seconds: float | None) -> Finding:
    return preflight.examine(arm, known, Probe(seconds=seconds))


@cache
def _memory() -> int | None:
    """Return the bytes that a run may take, as there were when first asked."""
    free = machine.available()
    return None if free is None else int(machine.SHARE * free)


# The rows of each class --------------------------------------------------------------


class Forecast(NamedTuple):
    """Training rows by class before and after.

    `synthetic` counts those that no file holds by class, of a run in all. `open_end`
    says that a step drops rows of which nobody knows the number yet. `steps` has the
    rows after each step.
    """

    before: dict[str, int]
    after: dict[str, int]
    synthetic: dict[str, int] | int
    open_end: bool = False
    steps: tuple[dict[str, int], ...] = ()


def forecast(arm: Arm, train: Mapping[str, int]) -> Forecast | None:
    """Work out the training rows after a method with its ratios.

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
    >>> forecast(grammar.parse("random-under"), {"0": 900, "1": 90}).after
    {'0': 90, '1': 90}
    >>> three = {"a": 500, "b": 100, "c": 30}
    >>> forecast(grammar.parse("smote"), three).synthetic
    {'b': 400, 'c': 470}
    """
    if not arm.steps or len(train) < 2 or not all(train.values()):
        return None
    before = after = dict(train)
    between = ratio.ends(before)
    synthetic: dict[str, int] = {}
    open_end = False
    steps: list[dict[str, int]] = []
    for step in tuning.fix_setting(arm, tuning.first(arm)).steps:
        entry = registry.sampler(step.sampler)
        values = registry.check_step(step)
        if (new := repair.target_counts(step, after, between)) is not None:
            synthetic = _count_synthetic(entry, values, after, new, synthetic)
            after = new
        open_end = open_end or not entry.has_ratio or entry.group == "combined"
        steps.append(after)
    return Forecast(before, after, synthetic, open_end, tuple(steps))


def _count_synthetic(
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
    same = run.experiment.data.source == request.source
    arms = run.state.arms if same else ()
    found = next((one for one in arms if one.name == arm.name and one.final), None)
    return (found, found.final) if found and found.final else None
