"""The budget of an experiment being set up: what all its arms share. Pure functions."""

from __future__ import annotations

from typing import Any, Final

from msgspec.structs import replace

from engine.core.checks import check_value
from engine.core.doc import Doc, fields_of
from engine.core.errors import SpecError
from engine.core.experiment import SECTIONS, doc_of
from engine.core.methods.samplers import ParamValue
from tui.features.arms.draft import Draft, add_problem, drop_preset, drop_problem, read

SPLIT: Final = ("test_size", "seed")
"""Fields of the form that are about the dataset."""
_HEADINGS: Final = {
    "Search, the same for every arm": ("preset", "search"),
    "Model": ("model", "features"),
    "Decision": ("decision",),
    "Split": ("split.test_size", "seed"),
}
"""The fields of the form, or sections with all that a form has of them."""


def _fields(place: str) -> list[Doc]:
    if place not in SECTIONS:
        return [doc_of(place)]
    return [doc for doc in fields_of(SECTIONS[place]).values() if doc.form]


FORM: Final = {
    heading: [doc for place in places for doc in _fields(place)]
    for heading, places in _HEADINGS.items()
}
"""What all arms share, under its headings."""
FIELDS: Final = {doc.name: doc for docs in FORM.values() for doc in docs}


def change_budget(draft: Draft, field: str, value: ParamValue | None) -> Draft:
    """Set one field of the budget; text is read as the field's type.

    None (or empty text) goes back to the default. What does not fit is refused.
    """
    doc = FIELDS[field]
    part: Any = getattr(draft.base, doc.section)
    try:
        if value is None or value == "":
            new = doc.default
        else:
            value = _share(value) if field == "alerts" else value
            new = read(doc.label, value, str if doc.choices else doc.kind)
        check_value(doc, new)
        changed = {field: new}
        if doc.section == "decision" and field != "at":
            changed["at"] = part.point_after(**changed)
        base = replace(draft.base, **{doc.section: replace(part, **changed)})
    except SpecError as error:
        return add_problem(draft, field, error)
    draft = drop_problem(draft, field)
    return draft if base == draft.base else drop_preset(replace(draft, base=base))


def with_costs(draft: Draft, miss: str, alarm: str) -> Draft:
    """Set both costs, as typed; an empty one is taken back. What cannot be is refused.

    Examples
    --------
    >>> from tui.features.arms.draft import fresh
    >>> decision = with_costs(fresh("quick"), "25", "").base.decision
    >>> decision.cost_fn, decision.cost_fp
    (25.0, None)
    """
    for field, text in (("cost_fn", miss), ("cost_fp", alarm)):
        draft = change_budget(draft, field, text.strip())
    return draft


def _share(value: ParamValue) -> ParamValue:
    """Return a number of alerts; of a share in percent, the share."""
    text = value.strip() if isinstance(value, str) else value
    if isinstance(text, str) and text.endswith("%"):
        share: float = read("alerts", text.removesuffix("%"), float)
        if not 0 < share < 100:
            fix = "give a share above 0 % and below 100 %"
            raise SpecError(f"alerts is {text!r}", fix)
        return share / 100
    return text


def check_choice(field: str, value: Any) -> Any:
    """Return a choice about the dataset, text read as its type.

    Raises
    ------
    SpecError
        If the test size or the seed cannot be.
    """
    if field not in SPLIT:
        return value
    doc = FIELDS[field]
    value = read(doc.label, value, doc.kind)
    check_value(doc, value)
    return value
