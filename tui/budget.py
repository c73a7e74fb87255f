"""The budget of an experiment being set up: what all its arms share. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple, get_args

import msgspec

from engine.errors import SpecError
from engine.resample import registry
from engine.spec import (
    OBJECTIVES,
    DataSpec,
    DecisionSpec,
    Experiment,
    FeatureSpec,
    ModelSpec,
    ParamValue,
    SearchSpec,
    SplitSpec,
)
from tui.draft import CONTROL, Draft, accepted, read, refused, unnamed

SPLIT: Final = ("test_size", "seed")
"""Fields of the form that are about the dataset."""
_PARTS: Final[dict[str, type[msgspec.Struct]]] = {
    "search": SearchSpec,
    "model": ModelSpec,
    "decision": DecisionSpec,
    "features": FeatureSpec,
}
_KINDS: Final = (bool, int, float, str)
_CHOICES: Final = {"objective": OBJECTIVES, "method": ("tpe", "random")}


class Entry(NamedTuple):
    """A field of the form: its name in an experiment, and what is said of it."""

    key: str
    label: str
    note: str = ""
    hint: str = ""


def _form(text: str) -> Iterator[tuple[str, tuple[Entry, ...]]]:
    """Yield the headings of a Markdown text, and the rows of the table under each."""
    for part in text.split("\n## ")[1:]:
        heading, *lines = part.splitlines()
        rows = [line.strip("| ") for line in lines if line.startswith("| ")][1:]
        yield heading, tuple(Entry(*map(str.strip, row.split("|"))) for row in rows)


FORM: Final = tuple(_form(Path(__file__).with_name("budget.md").read_text("utf-8")))
"""What all arms share, under its headings."""


def home(field: str) -> tuple[str, type]:
    """Return the section of an experiment that has a field, and its type.

    Examples
    --------
    >>> home("trials"), home("time_limit"), home("objective")
    (('search', <class 'int'>), ('search', <class 'float'>), ('search', <class 'str'>))
    """
    section = next(s for s, part in _PARTS.items() if field in part.__struct_fields__)
    given = next(
        f.type for f in msgspec.structs.fields(_PARTS[section]) if f.name == field
    )
    types = (given, *get_args(given))
    return section, next((kind for kind in _KINDS if kind in types), str)


def _label(field: str) -> str:
    """Return what the form calls a field."""
    return next(e.label for _, part in FORM for e in part if e.key == field)


def change_budget(draft: Draft, field: str, value: ParamValue | None) -> Draft:
    """Set one field of the budget; text is read as the field's type.

    None (or empty text) goes back to the default. What does not fit is refused.
    """
    section, kind = home(field)
    part: Any = getattr(draft.base, section)
    label = _label(field)
    try:
        if value is None or value == "":
            new = getattr(type(part)(), field)
        else:
            new = _share(value) if field == "alerts" else read(label, value, kind)
        allowed = _CHOICES.get(field)
        if allowed and new not in allowed:
            raise SpecError(
                f"no {label} {new!r}", f"choose one of: {', '.join(allowed)}"
            )
        changed = {field: new}
        if section == "decision" and field != "at":
            changed["at"] = same_point(part, **changed)
        base = msgspec.structs.replace(
            draft.base, **{section: msgspec.structs.replace(part, **changed)}
        )
    except SpecError as error:
        return refused(draft, field, error)
    draft = accepted(draft, field)
    if base == draft.base:
        return draft
    return unnamed(msgspec.structs.replace(draft, base=base))


def with_costs(draft: Draft, miss: str, alarm: str) -> Draft:
    """Set both costs, as typed; an empty one is taken back. What cannot be is refused.

    Examples
    --------
    >>> from tui.draft import fresh
    >>> decision = with_costs(fresh("quick"), "25", "").base.decision
    >>> decision.cost_fn, decision.cost_fp
    (25.0, None)
    """
    for field, text in (("cost_fn", miss), ("cost_fp", alarm)):
        draft = change_budget(draft, field, text.strip())
    return draft


def same_point(decision: DecisionSpec, **changes: Any) -> str:
    """Return what a decision's operating point is called once its numbers are changed.

    Examples
    --------
    >>> same_point(DecisionSpec(at="recall>=0.8"), recall_floor=0.9)
    'recall>=0.9'
    >>> same_point(DecisionSpec(at="cost"), alerts=25.0)
    'cost'
    """
    if decision.at not in decision.points:
        return decision.at
    place = decision.points.index(decision.at)
    # An operating point that is named with a number would set it back.
    free = msgspec.structs.replace(decision, at="recommended", **changes)
    return free.points[place]


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
    if field not in SPLIT:
        return value
    value = read(field, value, float if field == "test_size" else int)
    split = SplitSpec(test_size=value) if field == "test_size" else SplitSpec()
    arms, seed = (registry.arm(CONTROL),), value if field == "seed" else 0
    Experiment(data=DataSpec(source=""), arms=arms, split=split, seed=seed)
    return value
