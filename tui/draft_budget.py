"""The budget of an experiment being set up: what all its arms share. Pure functions."""

from __future__ import annotations

from typing import Any, Final, Literal, TypeAlias

import msgspec

from engine.errors import SpecError
from engine.resample import registry
from engine.spec import OBJECTIVES, DataSpec, Experiment, ParamValue, SplitSpec
from tui.draft_core import CONTROL, Draft, accepted, read, refused, unnamed

__all__ = ["BUDGET", "BudgetField", "change_budget", "checked_choice"]

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
    try:
        if value is None or value == "":
            new = getattr(type(part)(), field)
        else:
            new = read(field, value, kind)
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
    return unnamed(accepted(msgspec.structs.replace(draft, base=base), field))


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
