"""What a recipe will take, before it is run: seconds and bytes. Light: stdlib only.

Each sampler has a law, fitted to what was measured on one core of one machine with
20 columns of noise and 1.8 % positives. It is right to a factor of about three: how
alike the rows are decides as much as their number. That is enough to tell seconds
from hours.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from engine.errors import SpecError
from engine.resample import registry, tuning
from engine.resample.laws import MODELS, REFERENCE, Law, Model, Term
from engine.resample.ratio import parse_counts
from engine.spec import Arm, Experiment, Step

__all__ = [
    "MODELS",
    "REFERENCE",
    "Estimate",
    "Law",
    "Model",
    "Objection",
    "Term",
    "arm_estimate",
    "model_of",
    "objections",
    "preparation",
    "spoken",
    "spoken_size",
    "step_estimate",
]

RATIOS = (0.05, 0.1, 0.2, 0.5, 1.0)
"""Caps on the majority to propose, the one that keeps most rows first."""

_CHEAPER = ("smote", "random-under")
_CELL = 9
"""Bytes per cell of a sampler that nothing is known of: those of a plain one."""


class Estimate(NamedTuple):
    """What a step or an arm takes, and what it leaves.

    `bytes` is the peak beyond the rows given. A cleaner is taken to drop nothing. If a
    sampler is not `known` (it has no law: one of another package, mostly), seconds are
    those of the others only, and bytes those of the rows it leaves.
    """

    seconds: float
    bytes: int
    rows_after: int
    minority_after: int
    known: bool = True


class Objection(NamedTuple):
    """Why an arm should not be run as it is, and what would help."""

    arm: str
    code: Literal["too-slow", "too-large"]
    message: str
    remedy: str


def model_of(step: Step) -> Model | None:
    """Return what was measured of a step's sampler; None if nobody did.

    Examples
    --------
    >>> model_of(Step("near-miss", {"version": "2"})) is MODELS["near-miss-2"]
    True
    """
    try:
        return MODELS.get(registry.sampler(step.sampler).law_of(step.params))
    except SpecError:
        return None  # A stored run may name a sampler that is not installed any more.


def step_estimate(step: Step, *, rows: int, minority: int, features: int) -> Estimate:
    """Estimate one sampler.

    Parameters
    ----------
    step : Step
        Its ``ratio`` or ``counts`` and its ``variant`` count, if it has them.
    rows, minority : int
        Rows it is given, and those of the rarer class.
    features : int
        Columns as the sampler sees them: an indicator per level of a category.

    Returns
    -------
    Estimate
        Not `known` if nothing was measured of the sampler.

    Examples
    --------
    >>> under = Step("random-under")
    >>> step_estimate(under, rows=40_000, minority=700, features=20).rows_after
    1400
    >>> enn = Step("enn", {"variant": "fast"})
    >>> slow = step_estimate(Step("enn"), rows=40_000, minority=700, features=20)
    >>> fast = step_estimate(enn, rows=40_000, minority=700, features=20)
    >>> fast.seconds < slow.seconds
    True
    """
    rare, many = _asked(step, rows, minority)
    after = rare + many
    model = model_of(step)
    if model is None:
        plain = _CELL * max(rows, after) * features
        return Estimate(0.0, plain, after, min(rare, many), known=False)
    law = model.law
    if step.params.get("variant") == "fast" and model.fast is not None:
        law = model.fast
    # A cleaner behind an over-sampler works on what that one returns.
    worked = rows
    if model.kind == "combined":
        worked = round(after / (2 - 2 * REFERENCE.minority / REFERENCE.rows))
    return Estimate(
        seconds=law.seconds(worked, minority, features),
        bytes=law.bytes(max(rows, after), minority, features),
        rows_after=after,
        minority_after=min(rare, many),
    )


def _asked(step: Step, rows: int, minority: int) -> tuple[int, int]:
    """Return the rows of the rarer class and of the others that a step comes to."""
    rare, many = minority, rows - minority
    try:
        entry = registry.sampler(step.sampler)
        counts = tuple(parse_counts(str(step.params.get("counts", ""))).values())
    except SpecError:
        return rare, many
    if not entry.has_ratio:
        return rare, many
    if len(counts) > 1:
        return min(counts), sum(counts) - min(counts)
    # Labels are not known here: one is taken for the class that the step is for.
    wanted = float(step.params.get("ratio", 1.0))
    if entry.group == "under":
        return rare, min(many, *(counts or (max(rare, round(rare / wanted)),)))
    return max(rare, *(counts or (round(wanted * many),))), many


def arm_estimate(arm: Arm, *, rows: int, minority: int, features: int) -> Estimate:
    """Estimate an arm's steps, one after the other.

    Parameters
    ----------
    arm : Arm
        A control takes nothing.
    rows, minority, features : int
        As in `step_estimate`.

    Returns
    -------
    Estimate
        Seconds of all steps, and bytes of the largest.

    Examples
    --------
    >>> arm = Arm(name="a", steps=(Step("random-under", {"ratio": 0.1}), Step("smote")))
    >>> arm_estimate(arm, rows=40_000, minority=700, features=20).rows_after
    14000
    """
    seconds, peak, known = 0.0, 0, True
    for step in arm.steps:
        found = step_estimate(step, rows=rows, minority=minority, features=features)
        seconds += found.seconds
        peak = max(peak, found.bytes)
        known = known and found.known
        rows, minority = found.rows_after, found.minority_after
    return Estimate(seconds, peak, rows, minority, known)


def preparation(
    arm: Arm,
    *,
    rows: int,
    minority: int,
    features: int,
    folds: int,
    repeats: int = 1,
    trials: int = 1,
) -> Estimate:
    """Estimate all that an arm's rows are prepared for: every fold, and the last fit.

    Parameters
    ----------
    arm : Arm
    rows, minority, features : int
        Of the training rows.
    folds, repeats : int
        Each fold leaves its share of the rows out.
    trials : int, default=1
        Of the search: where that chooses something of the samplers, folds are prepared
        for each setting, of which there are no more than trials.

    Returns
    -------
    Estimate
        Seconds of all preparations, on one core; bytes and rows of the largest.

    Examples
    --------
    >>> arm = Arm(name="enn", steps=(Step("enn"),))
    >>> sizes = {"rows": 34_720, "minority": 626, "features": 22}
    >>> spoken(preparation(arm, folds=5, **sizes).seconds)
    '~4 s'
    """
    whole = arm_estimate(arm, rows=rows, minority=minority, features=features)
    part = arm_estimate(
        arm,
        rows=rows * (folds - 1) // folds,
        minority=minority * (folds - 1) // folds,
        features=features,
    )
    times = folds * repeats * min(tuning.settings(arm), trials)
    return whole._replace(seconds=whole.seconds + times * part.seconds)


def objections(
    experiment: Experiment,
    *,
    rows: int,
    minority: int,
    features: int,
    memory: int | None,
    patience: float = 3600.0,
    slower: float = 1.0,
) -> tuple[Objection, ...]:
    """Tell which arms would not come to an end, or not fit, and what would help.

    Parameters
    ----------
    experiment : Experiment
        Its arms and folds count.
    rows, minority, features : int
        Of the training rows.
    memory : int or None
        Bytes there are; None if nobody knows.
    patience : float, default=3600.0
        Seconds that an arm's preparations may take.
    slower : float, default=1.0
        How many times longer than by their laws the steps take here, if that was
        measured.

    Returns
    -------
    tuple of Objection
        In the order of the arms; an arm has one at most.

    Examples
    --------
    >>> from engine.spec import DataSpec
    >>> arms = (Arm(name="none"), Arm(name="both", steps=(Step("smote-enn"),)))
    >>> experiment = Experiment(data=DataSpec(source="a.csv"), arms=arms)
    >>> sizes = {"rows": 1_000_000, "minority": 18_000, "features": 20}
    >>> found = objections(experiment, memory=None, **sizes)
    >>> [(one.arm, one.code) for one in found]
    [('both', 'too-slow')]
    """
    limits = _Limits(experiment, rows, minority, features, memory, patience, slower)
    found = (_objection(arm, limits) for arm in experiment.arms)
    return tuple(one for one in found if one is not None)


def spoken(seconds: float) -> str:
    """Return a duration as a person would say it, one figure or two.

    Parameters
    ----------
    seconds : float

    Returns
    -------
    str

    Examples
    --------
    >>> [spoken(s) for s in (0.2, 8, 44, 130, 5_000, 200_000)]
    ['<1 s', '~8 s', '~45 s', '~2 min', '~1.5 h', '~2 days']
    """
    if seconds < 1:
        return "<1 s"
    if seconds < 10:
        return f"~{seconds:.0f} s"
    if seconds < 57.5:
        return f"~{5 * round(seconds / 5)} s"
    if seconds < 55 * 60:
        return f"~{round(seconds / 60)} min"
    if seconds < 36 * 3600:
        hours = round(seconds / 1800) / 2
        return f"~{hours:g} h"
    days = seconds / 86_400
    return f"~{days:.0f} days" if days < 365 else "over a year"


def spoken_size(count: int) -> str:
    """Return a number of bytes as a person would say it.

    Examples
    --------
    >>> [spoken_size(n) for n in (20_000, 7_400_000, 12_340_000_000)]
    ['1 MB', '7 MB', '12.3 GB']
    """
    if count >= 10**9:
        return f"{count / 10**9:.1f} GB"
    return f"{max(1, round(count / 10**6)):,} MB"


class _Limits(NamedTuple):
    experiment: Experiment
    rows: int
    minority: int
    features: int
    memory: int | None
    patience: float
    slower: float

    def estimate(self, arm: Arm) -> Estimate:
        search = self.experiment.search
        found = preparation(
            arm,
            rows=self.rows,
            minority=self.minority,
            features=self.features,
            folds=search.folds,
            repeats=search.repeats,
            trials=search.trials,
        )
        return found._replace(seconds=self.slower * found.seconds)

    def refused(self, found: Estimate) -> Literal["too-slow", "too-large"] | None:
        if self.memory is not None and found.bytes > self.memory:
            return "too-large"
        return "too-slow" if found.seconds > self.patience else None

    def fits(self, *steps: Step) -> bool:
        return self.refused(self.estimate(Arm(name="tried", steps=steps))) is None


def _objection(arm: Arm, limits: _Limits) -> Objection | None:
    found = limits.estimate(arm)
    code = limits.refused(found)
    if code is None:
        return None
    told = f"{limits.rows:,} training rows"
    if code == "too-large":
        message = (
            f"{arm.name} takes about {spoken_size(found.bytes)} of memory for {told}"
        )
        message += f", there are {spoken_size(limits.memory or 0)}"
    else:
        search = limits.experiment.search
        times = search.folds * search.repeats + 1
        lasts = spoken(found.seconds).replace("~", "about ")
        message = f"{arm.name} takes {lasts} to prepare {told} {times} times"
    return Objection(arm.name, code, message, _remedy(arm, limits, code))


def _remedy(arm: Arm, limits: _Limits, code: str) -> str:
    """Name what would help, the least change first."""
    helps: list[str] = []
    swift = [
        Step(step.sampler, {**step.params, "variant": "fast"})
        if (model := model_of(step)) is not None and model.fast is not None
        else step
        for step in arm.steps
    ]
    if swift != list(arm.steps) and limits.fits(*swift):
        single = len(arm.steps) == 1 and arm.name == arm.steps[0].sampler
        helps.append(f"use {arm.name}-fast" if single else 'set variant = "fast"')
    share = limits.minority / max(1, limits.rows - limits.minority)
    for ratio in RATIOS:
        cap = Step("random-under", {"ratio": ratio})
        if ratio > share and limits.fits(cap, *arm.steps):
            left = math.floor(limits.minority / ratio)
            helps.append(
                f"put random-under with ratio {ratio:g} before it (a cap of {left:,} "
                "majority rows)"
            )
            break
    cheaper = [name for name in _CHEAPER if limits.fits(Step(name))]
    if cheaper:
        helps.append(f"use {' or '.join(cheaper)}")
    if code == "too-slow":
        helps.append("give it the time (--patience)")
    return ", or ".join(helps) or "take a sample of the rows"
