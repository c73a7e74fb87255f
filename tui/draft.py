"""The experiment a person is setting up: always runnable, or it says why not.

A draft offers every arm there is, ticked or not, each with its parameters, so that
unticking one forgets nothing. A change that cannot be is refused: the value stays
as it was and the problem is kept under the field's key, for the pane to show beside
it. Pure functions only; nothing here knows Textual.
"""

from __future__ import annotations

import math
from typing import Any, Final, Literal, TypeAlias

import msgspec

from engine.errors import EngineError, SpecError
from engine.presets import preset
from engine.resample import registry
from engine.spec import (
    OBJECTIVES,
    Arm,
    DataSpec,
    Experiment,
    ParamValue,
    SplitSpec,
    Step,
)
from tui.spoken import spoken

__all__ = [
    "BUDGET",
    "BudgetField",
    "Draft",
    "Offer",
    "Problem",
    "accepted",
    "arm_key",
    "change_budget",
    "change_param",
    "checked_choice",
    "fresh",
    "from_experiment",
    "refused",
    "toggle",
]

Group: TypeAlias = Literal["control", "over", "under", "combined", "file"]
BudgetField: TypeAlias = Literal[
    "trials",
    "folds",
    "repeats",
    "objective",
    "method",
    "time_limit",
    "prune",
    "patience",
    "rounds",
    "early_stopping",
    "space",
    "policy",
    "cost_fn",
    "cost_fp",
    "recall_floor",
    "max_categories",
]

BUDGET: Final[dict[BudgetField, tuple[str, Any]]] = {
    "trials": ("search", int),
    "folds": ("search", int),
    "repeats": ("search", int),
    "objective": ("search", str),
    "method": ("search", str),
    "time_limit": ("search", float),
    "prune": ("search", bool),
    "patience": ("search", float),
    "rounds": ("model", int),
    "early_stopping": ("model", int),
    "space": ("model", str),
    "policy": ("decision", str),
    "cost_fn": ("decision", float),
    "cost_fp": ("decision", float),
    "recall_floor": ("decision", float),
    "max_categories": ("features", int),
}
"""Where each budget field lives in an `Experiment`, and its type."""

CONTROL = "none"
_CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "objective": OBJECTIVES,
    "method": ("tpe", "random"),
}


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Why something did not happen, and what to do; both one line.

    `readable` if it is about a file that may be read in another way, by the `field` of
    `ReadSpec` that the remedy names, if any; of one that is too large `sample_rows`
    would fit.
    """

    message: str
    remedy: str = ""
    code: str = "error"
    readable: bool = False
    field: str = ""
    sample_rows: int = 0

    @property
    def text(self) -> str:
        """Both in one line."""
        if not self.remedy:
            return self.message
        remedy = self.remedy[:1].upper() + self.remedy[1:]
        return f"{self.message.rstrip('.')}. {remedy}"

    @classmethod
    def of(cls, error: BaseException) -> Problem:
        """Return the problem that an exception stands for."""
        if isinstance(error, EngineError):
            remedy = spoken(error.remedy)
            return cls(message=error.message, remedy=remedy, code=error.code)
        first = str(error).strip().partition("\n")[0]
        name = type(error).__name__
        return cls(message=f"{name}: {first}" if first else name, code="bug")


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """An arm that can be ticked, with the parameters it would run with.

    `arm.steps[i].params` holds only what differs from the registry's defaults.
    """

    arm: Arm
    ticked: bool = False

    @property
    def name(self) -> str:
        """Name of the arm."""
        return self.arm.name

    @property
    def group(self) -> Group:
        """Where it is listed; ``file`` if only an experiment file knows it."""
        if self.arm.name not in registry.names():
            return "file"
        if not self.arm.steps:
            return "control"
        return registry.sampler(self.arm.steps[0].sampler).group

    @property
    def locked(self) -> bool:
        """Whether it cannot be unticked: everything is compared with it."""
        return self.arm.name == CONTROL


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """The experiment being set up.

    Parameters
    ----------
    base : Experiment
        Search, model, decision and features; its data, split, seed and arms are not
        meant (see `tui.session.experiment`).
    offers : tuple of Offer
        Every arm there is: those of the registry in its order, then those that only
        an experiment file knows.
    problems : dict of str to Problem
        Refused changes by field: a `BudgetField`, or `arm_key` of a parameter.
    path : str or None
        The experiment file it was opened from or last saved to.
    """

    base: Experiment
    offers: tuple[Offer, ...]
    problems: dict[str, Problem] = {}
    path: str | None = None

    @property
    def arms(self) -> tuple[Arm, ...]:
        """The ticked arms, in the order offered, as they will be called."""
        return tuple(self.labelled(offer) for offer in self.offers if offer.ticked)

    def labelled(self, offer: Offer) -> Arm:
        """Return an offer's arm with its fast variant said in its name.

        The offer keeps its name, so that what is highlighted or refused under it is
        found again.
        """
        arm = offer.arm
        if offer.group == "file" or not any(map(registry.is_fast, arm.steps)):
            return arm
        name = f"{arm.name}-{registry.FAST}"
        if self.offer(name) is not None:
            return arm
        return msgspec.structs.replace(arm, name=name)

    def offer(self, name: str) -> Offer | None:
        """Return the offer of an arm, or None if there is no such arm."""
        return next((o for o in self.offers if o.name == name), None)

    def param(self, arm: str, step: int, name: str) -> ParamValue | None:
        """Return the value a parameter has now, its default included."""
        offer = self.offer(arm)
        if offer is None or step >= len(offer.arm.steps):
            return None
        one = offer.arm.steps[step]
        entry = registry.sampler(one.sampler)
        default = next((p.default for p in entry.parameters if p.name == name), None)
        return one.params.get(name, default)


def arm_key(arm: str, step: int, param: str) -> str:
    """Return the key under which a refused parameter is kept in `problems`."""
    return f"{arm}/{step}/{param}"


def fresh(name: str | None = None) -> Draft:
    """Return the draft of a preset; without one, of what `imbtui run` does."""
    return from_experiment(preset(name, source=""))


def from_experiment(experiment: Experiment, path: str | None = None) -> Draft:
    """Return the draft that an experiment, from a file or a run, stands for.

    An arm of the registry that the experiment holds with other parameters keeps
    those, and so does one in its fast variant; an arm that the registry does not know
    is listed after them.
    """
    held = {arm.name: arm for arm in experiment.arms}
    for name in registry.names():
        fast = held.get(f"{name}-{registry.FAST}")
        if fast is not None and name not in held and _is_variant(fast, name):
            del held[fast.name]
            held[name] = msgspec.structs.replace(fast, name=name)
    known = registry.names()
    offers = [
        Offer(
            arm=held.get(name, registry.arm(name)),
            ticked=name in held or name == CONTROL,
        )
        for name in known
    ]
    offers += [Offer(arm=a, ticked=True) for n, a in held.items() if n not in known]
    base = msgspec.structs.replace(
        experiment, data=DataSpec(source=""), arms=(registry.arm(CONTROL),)
    )
    return Draft(base=base, offers=tuple(offers), path=path)


def _is_variant(arm: Arm, name: str) -> bool:
    """Tell whether an arm is a sampler of the registry in its fast variant."""
    return (
        len(arm.steps) == 1
        and arm.steps[0].sampler == name
        and registry.is_fast(arm.steps[0])
    )


def toggle(draft: Draft, arm: str, ticked: bool | None = None) -> Draft:
    """Tick or untick an arm; None turns it over. A locked arm stays ticked."""
    offers = tuple(
        msgspec.structs.replace(o, ticked=not o.ticked if ticked is None else ticked)
        if o.name == arm and not o.locked
        else o
        for o in draft.offers
    )
    return _unnamed(msgspec.structs.replace(draft, offers=offers))


def change_param(
    draft: Draft, arm: str, step: int, param: str, value: ParamValue | None
) -> Draft:
    """Set one parameter of one step of an arm; None goes back to the default.

    Text is read as the parameter's kind. What does not fit is refused.
    """
    offer = draft.offer(arm)
    if offer is None or step >= len(offer.arm.steps):
        return draft
    key = arm_key(arm, step, param)
    old = offer.arm.steps[step]
    try:
        entry = registry.sampler(old.sampler)
        known = next((p for p in entry.parameters if p.name == param), None)
        params = {k: v for k, v in old.params.items() if k != param}
        if known is None or value is not None:
            kind = {"integer": int, "number": float}.get(known.kind if known else "")
            params[param] = _read(param, value, kind or str)
            checked = registry.check_step(Step(sampler=old.sampler, params=params))
            params[param] = checked[param]
            if known is not None and params[param] == known.default:
                del params[param]
    except SpecError as error:
        return refused(draft, key, error)
    new = Step(sampler=old.sampler, params=params)
    steps = (*offer.arm.steps[:step], new, *offer.arm.steps[step + 1 :])
    changed = msgspec.structs.replace(offer.arm, steps=steps)
    offers = tuple(
        msgspec.structs.replace(o, arm=changed) if o.name == arm else o
        for o in draft.offers
    )
    return _unnamed(accepted(msgspec.structs.replace(draft, offers=offers), key))


def change_budget(draft: Draft, field: BudgetField, value: ParamValue | None) -> Draft:
    """Set one field of the budget; text is read as the field's type.

    None (or empty text) goes back to the default. What does not fit is refused.
    """
    section, kind = BUDGET[field]
    part: Any = getattr(draft.base, section)
    try:
        if value is None or value == "":
            new = getattr(type(part)(), field)
        else:
            new = _read(field, value, kind)
        allowed = _CHOICES.get(field)
        if allowed and new not in allowed:
            raise SpecError(f"no {field} {new!r}", f"choose one of: {_list(allowed)}")
        changed = {field: new}
        if field == "recall_floor" and draft.base.decision.policy.startswith("recall"):
            changed["policy"] = f"recall>={new:g}"
        base = msgspec.structs.replace(
            draft.base, **{section: msgspec.structs.replace(part, **changed)}
        )
    except SpecError as error:
        return refused(draft, field, error)
    return _unnamed(accepted(msgspec.structs.replace(draft, base=base), field))


def _read(name: str, value: ParamValue | None, kind: type) -> Any:
    """Read what a person typed as the type wanted."""
    if kind is bool:
        if value not in (True, False, "yes", "no"):
            raise SpecError(f"{name} is {value!r}", "give yes or no")
        return value in (True, "yes")
    if isinstance(value, str) and kind is not str:
        try:
            number = kind(value.strip().replace(",", "."))
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            wanted = "a whole number" if kind is int else "a number"
            raise SpecError(f"{name} is {value!r}", f"give {wanted}")
        return number
    if kind is float and isinstance(value, int):
        return float(value)
    return value


def checked_choice(field: str, value: Any) -> Any:
    """Return a choice about the dataset, text read as its type.

    Raises
    ------
    SpecError
        If the test size or the seed cannot be.
    """
    if field == "test_size":
        value = _read(field, value, float)
    elif field == "seed":
        value = _read(field, value, int)
    else:
        return value
    split = SplitSpec(test_size=value) if field == "test_size" else SplitSpec()
    seed = value if field == "seed" else 0
    arms = (registry.arm(CONTROL),)
    Experiment(data=DataSpec(source=""), arms=arms, split=split, seed=seed)
    return value


def refused(draft: Draft, key: str, error: SpecError) -> Draft:
    """Keep why a change was refused, under its key."""
    problems = {**draft.problems, key: Problem.of(error)}
    return msgspec.structs.replace(draft, problems=problems)


def accepted(draft: Draft, key: str) -> Draft:
    """Forget an earlier refusal of the key."""
    problems = {k: v for k, v in draft.problems.items() if k != key}
    return msgspec.structs.replace(draft, problems=problems)


def _unnamed(draft: Draft) -> Draft:
    """Drop the name of the preset: a changed one is none any more."""
    if draft.base.preset is None:
        return draft
    base = msgspec.structs.replace(draft.base, preset=None)
    return msgspec.structs.replace(draft, base=base)


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(names)
