"""The budget of an experiment being set up: what all its arms share. Pure functions."""

from __future__ import annotations

from typing import Any, Final, Literal, TypeAlias

import msgspec

from engine.errors import SpecError
from engine.resample import registry
from engine.spec import (
    OBJECTIVES,
    DataSpec,
    DecisionSpec,
    Experiment,
    ParamValue,
    SplitSpec,
)
from tui.draft_core import CONTROL, Draft, accepted, read, refused, unnamed

__all__ = [
    "BUDGET",
    "BudgetField",
    "change_budget",
    "checked_choice",
    "same_policy",
    "with_costs",
]

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
    "cost_tp",
    "cost_tn",
    "recall_floor",
    "precision_floor",
    "alerts",
    "rope",
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
    "cost_tp": ("decision", float),
    "cost_tn": ("decision", float),
    "recall_floor": ("decision", float),
    "precision_floor": ("decision", float),
    "alerts": ("decision", float),
    "rope": ("decision", float),
    "max_categories": ("features", int),
}
"""Where each budget field lives in an `Experiment`, and its type."""

_LABELS: Final[dict[BudgetField, str]] = {
    "method": "search method",
    "prune": "weak trials",
    "space": "search space",
    "rounds": "boosting rounds",
    "policy": "operating point",
    "cost_fn": "cost of a miss",
    "cost_fp": "cost of a false alarm",
    "cost_tp": "cost of one found",
    "cost_tn": "cost of one left alone",
    "rope": "the same in practice",
    "max_categories": "categories",
}
"""What the form calls fields whose names say it less well."""

_CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "objective": OBJECTIVES,
    "method": ("tpe", "random"),
}


def change_budget(draft: Draft, field: BudgetField, value: ParamValue | None) -> Draft:
    """Set one field of the budget; text is read as the field's type.

    None (or empty text) goes back to the default. What does not fit is refused.
    """
    section, kind = BUDGET[field]
    part: Any = getattr(draft.base, section)
    label = _LABELS.get(field, field.replace("_", " "))
    try:
        if value is None or value == "":
            new = getattr(type(part)(), field)
        else:
            new = _share(value) if field == "alerts" else read(label, value, kind)
        allowed = _CHOICES.get(field)
        if allowed and new not in allowed:
            raise SpecError(f"no {label} {new!r}", f"choose one of: {_list(allowed)}")
        changed = {field: new}
        if section == "decision" and field != "policy":
            changed["policy"] = same_policy(part, **changed)
        base = msgspec.structs.replace(
            draft.base, **{section: msgspec.structs.replace(part, **changed)}
        )
    except SpecError as error:
        return refused(draft, field, error)
    return unnamed(accepted(msgspec.structs.replace(draft, base=base), field))


def with_costs(draft: Draft, miss: str, alarm: str) -> Draft:
    """Set both costs, as typed; an empty one is taken back. What cannot be is refused.

    Examples
    --------
    >>> from tui.draft import fresh
    >>> decision = with_costs(fresh("quick"), "25", "").base.decision
    >>> decision.cost_fn, decision.cost_fp
    (25.0, None)
    """
    field: BudgetField = "cost_fn"
    try:
        given: dict[str, float | None] = {}
        for field, text in (("cost_fn", miss), ("cost_fp", alarm)):
            found = text.strip()
            given[field] = read(_LABELS[field], found, float) if found else None
        decision = msgspec.structs.replace(draft.base.decision, **given)
        base = msgspec.structs.replace(draft.base, decision=decision)
    except SpecError as error:
        return refused(draft, field, error)
    draft = accepted(accepted(draft, "cost_fn"), "cost_fp")
    if base == draft.base:
        return draft
    return unnamed(msgspec.structs.replace(draft, base=base))


def same_policy(decision: DecisionSpec, **changes: Any) -> str:
    """Return what a decision's policy is called once its numbers are changed.

    Examples
    --------
    >>> same_policy(DecisionSpec(policy="recall>=0.8"), recall_floor=0.9)
    'recall>=0.9'
    >>> same_policy(DecisionSpec(policy="cost"), alerts=25.0)
    'cost'
    """
    if decision.policy not in decision.policies:
        return decision.policy
    place = decision.policies.index(decision.policy)
    # A policy that is named with a number would set it back.
    free = msgspec.structs.replace(decision, policy="recommended", **changes)
    return free.policies[place]


def _share(value: ParamValue) -> float:
    """Read a number of alerts: 200, or a share of the rows as 0.05 or 5 %."""
    text = value.strip() if isinstance(value, str) else value
    if isinstance(text, str) and text.endswith("%"):
        share: float = read("alerts", text.removesuffix("%"), float)
        if not 0 < share < 100:
            raise SpecError(
                f"alerts is {text!r}", "give a share above 0 % and below 100 %"
            )
        return share / 100
    number: float = read("alerts", text, float)
    return number


def checked_choice(field: str, value: Any) -> Any:
    """Return a choice about the dataset, text read as its type.

    Raises
    ------
    SpecError
        If the test size or the seed cannot be.
    """
    if field == "test_size":
        value = read(field, value, float)
    elif field == "seed":
        value = read(field, value, int)
    else:
        return value
    split = SplitSpec(test_size=value) if field == "test_size" else SplitSpec()
    seed = value if field == "seed" else 0
    arms = (registry.arm(CONTROL),)
    Experiment(data=DataSpec(source=""), arms=arms, split=split, seed=seed)
    return value


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(names)
