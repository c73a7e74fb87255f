"""Changes of a draft: of what all its arms share, of methods and models, of steps.

Pure functions; what cannot be is refused, and the value stays.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from msgspec.structs import replace

from engine.core import models as known_models
from engine.core.checks import check_value
from engine.core.doc import Doc, fields_of
from engine.core.errors import SpecError
from engine.core.experiment import SECTIONS, doc_of
from engine.core.methods import grammar, registry
from engine.core.methods.grammar import Arm, Step
from engine.core.methods.samplers import Parameter, ParamValue
from tui.features.arms.draft import (
    Draft,
    Offer,
    add_problem,
    arm_key,
    drop_preset,
    drop_problem,
    free,
    is_auto_named,
    method_text,
    read,
)

SPLIT: Final = ("test_size", "thin", "seed")
"""Fields of the form that are about the dataset."""
_COLUMNS: Final = (
    {
        "Search, the same for every arm": ("preset", "search"),
        "Model": ("model", "features"),
    },
    {
        "Decision": ("decision",),
        "Split": ("split.test_size", "data.thin", "seed", "splits"),
    },
)
"""The fields of the form, or sections with all that a form has of them."""
_KINDS: Final = {"integer": int, "number": float}
_EXCLUDES: Final = {"ratio": ("counts",), "counts": ("ratio",)}
"""Parameters that exclude each other."""

# What all arms share ------------------------------------------------------------------


def _fields(place: str) -> list[Doc]:
    if place not in SECTIONS:
        return [doc_of(place)]
    return [doc for doc in fields_of(SECTIONS[place]).values() if doc.form]


FORM: Final = tuple(
    {
        heading: [doc for place in places for doc in _fields(place)]
        for heading, places in column.items()
    }
    for column in _COLUMNS
)
"""What all arms share: two columns, each with headings and the fields below them."""
FIELDS: Final = {
    doc.name: doc for column in FORM for docs in column.values() for doc in docs
}


def change_budget(draft: Draft, field: str, value: ParamValue | None) -> Draft:
    """Set one field of the budget; text is read as the field's type.

    None (or empty text) goes back to the default. What does not fit is refused.
    """
    doc = FIELDS[field]
    part: Any = getattr(draft.base, doc.section) if doc.section else draft.base
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
        base = replace(part, **changed)
        if doc.section:
            base = replace(draft.base, **{doc.section: base})
    except SpecError as error:
        return add_problem(draft, field, error)
    draft = drop_problem(draft, field)
    return draft if base == draft.base else drop_preset(replace(draft, base=base))


COSTS: Final = ("cost_fn", "cost_fp", "prevalence")
"""What the dialog of costs asks for."""


def with_costs(draft: Draft, *texts: str) -> Draft:
    """Set `COSTS`, as typed; an empty one is taken back. What cannot be is refused.

    Examples
    --------
    >>> from tui.features.arms.draft import fresh
    >>> decision = with_costs(fresh("quick"), "25", "", "0.01").base.decision
    >>> decision.cost_fn, decision.cost_fp, decision.prevalence
    (25.0, None, 0.01)
    """
    for field, text in zip(COSTS, texts, strict=True):
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
        If the test size, the negatives to fit on or the seed cannot be.
    """
    if field not in SPLIT:
        return value
    doc = FIELDS[field]
    if doc.default is None and not value:
        return None
    value = read(doc.label, value, doc.kind)
    check_value(doc, value)
    return value


# Ticks -----------------------------------------------------------------------------


def toggle(draft: Draft, arm: str, ticked: bool | None = None) -> Draft:
    """Tick or untick a method; None turns it over. A locked one stays ticked."""
    offers = tuple(
        replace(o, ticked=not o.ticked if ticked is None else ticked)
        if o.name == arm and not o.locked
        else o
        for o in draft.offers
    )
    return _with_offers(draft, offers)


def toggle_model(draft: Draft, model: str) -> Draft:
    """Tick or untick a model; the last one stays ticked."""
    names = {*draft.models} ^ {model}
    chosen = tuple(name for name in known_models.names() if name in names)
    return _with_offers(draft, draft.offers, chosen or draft.models)


def tick_only(draft: Draft, arms: Collection[str]) -> Draft:
    """Tick these methods and no others; a locked one stays ticked."""
    offers = tuple(replace(o, ticked=o.locked or o.name in arms) for o in draft.offers)
    return _with_offers(draft, offers)


def _with_offers(
    draft: Draft, offers: tuple[Offer, ...], models: tuple[str, ...] = ()
) -> Draft:
    """Return a draft with these ticks and parameters, which is no preset any more."""
    changed = replace(draft, offers=offers, models=models or draft.models)
    return draft if changed == draft else drop_preset(replace(changed, kept=()))


# Parameters ------------------------------------------------------------------------


def change_param(
    draft: Draft, arm: str, step: int, param: str, value: ParamValue | None
) -> Draft:
    """Set one parameter of one step of an arm; None goes back to the default.

    Text is read as the parameter's kind; several values parted by ``/``, or the word
    ``tune``, leave the choice among them to the search. Of an ensemble a value fixes
    what is searched otherwise. What does not fit is refused.
    """
    offer = draft.offer(arm)
    if offer is None or not (offer.arm.ensemble or step < len(offer.arm.steps)):
        return draft
    value = value.strip() if isinstance(value, str) else value
    key, steps = arm_key(arm, step, param), [*offer.arm.steps]
    try:
        if offer.arm.ensemble is not None:
            changed = _change_ensemble(offer.arm, param, value)
        else:
            steps[step] = _change_step(steps[step], param, value)
            changed = replace(offer.arm, steps=tuple(steps))
    except SpecError as error:
        return add_problem(draft, key, error)
    return drop_problem(_with_offer(draft, replace(offer, arm=changed)), key)


def _change_step(old: Step, param: str, value: ParamValue | None) -> Step:
    entry = registry.sampler(old.sampler)
    known = next((p for p in entry.parameters if p.name == param), None)
    gone = {param, *_EXCLUDES.get(param, ())} if value is not None else {param}
    params = {k: v for k, v in old.params.items() if k not in gone}
    tune = {k: v for k, v in old.tune.items() if k not in gone}
    if known is None:
        return _check(Step(old.sampler, {**params, param: value or ""}, tune))
    values = _values(old.sampler, known, value)
    if values is not None and len(values) != 1:
        if not values and not known.tries:
            problem = f"{param} of {old.sampler} has no values to try of its own"
            raise SpecError(problem, "give values separated by /")
        tune[param] = () if values == known.tries else values
    elif value is not None:
        one = values[0] if values else _value(old.sampler, known, value)
        if one != known.default:
            params[param] = one
    return _check(Step(old.sampler, params, tune))


def _values(
    owner: str, known: Parameter, value: ParamValue | None
) -> tuple[ParamValue, ...] | None:
    """Return the values of a list, none for the registry's; None if it is no list."""
    if value == grammar.TUNE and known.kind != "counts":
        return ()
    if not isinstance(value, str) or known.kind == "counts" or "/" not in value:
        return None
    parts = [part.strip() for part in value.split("/")]
    return tuple(dict.fromkeys(_value(owner, known, p) for p in parts if p)) or None


def _value(owner: str, known: Parameter, value: ParamValue) -> ParamValue:
    """Return one value as its parameter's kind, checked."""
    kind = _KINDS.get(known.kind, str)
    return known.check(owner, read(known.name, value, kind))


def _check(step: Step) -> Step:
    registry.check_step(step)
    return step


def _change_ensemble(arm: Arm, param: str, value: ParamValue | None) -> Arm:
    entry = registry.ensemble(arm.ensemble or "")
    known = next((p for p in entry.parameters if p.name == param), None)
    params = {k: v for k, v in arm.params.items() if k != param}
    if known is not None and value is not None:
        value = _value(entry.name, known, value)
        default = value == known.default and param not in entry.space
        value = None if default else value
    if value is not None:
        params[param] = value
    changed = replace(arm, params=params)
    registry.check_arm(changed)
    return changed


# Methods ---------------------------------------------------------------------------


def add_arm(draft: Draft, arm: Arm) -> Draft:
    """Offer an arm of one's own, ticked; it is the last one.

    It gets another name if it is called like one that is there.
    """
    taken = {offer.name for offer in draft.offers} | {*registry.names()}
    named = replace(arm, name=free(arm.name, taken))
    offer = Offer(arm=named, ticked=True, auto=is_auto_named(arm))
    return _with_offers(draft, (*draft.offers, offer))


def copy_arm(draft: Draft, arm: str) -> Draft:
    """Offer the same arm once more, to be given other parameters.

    Raises
    ------
    SpecError
        If it is a control.
    """
    offer = _offer(draft, arm)
    if offer.group == "control":
        problem = f"{offer.name} has no settings, so a copy would be the same"
        raise SpecError(problem, "copy a sampler")
    return add_arm(draft, _auto_named(offer.arm))


def add_step(draft: Draft, arm: str, sampler: str) -> Draft:
    """Append a sampler to the steps of an arm.

    One of the registry stays as it is, and another is made of it, which is the last
    one then; behind the untreated rows a method begins.

    Raises
    ------
    SpecError
        If no step can follow.
    """
    offer = _offer(draft, arm)
    if offer.arm.ensemble is not None or offer.arm.weights:
        kind = "an ensemble" if offer.arm.ensemble is not None else "a control"
        problem = f"no step can follow {draft.labelled(offer).name}: it is {kind}"
        fix = "begin with a sampler, or with untreated"
        raise SpecError(f"{problem}, not a sampler", fix)
    steps = (*offer.arm.steps, Step(sampler))
    longer = replace(offer.arm, steps=steps)
    if not offer.own:
        return add_arm(draft, _auto_named(longer))
    return _with_offer(draft, replace(offer, arm=longer, ticked=True))


def drop_step(draft: Draft, arm: str) -> Draft:
    """Take the last step of a method of one's own back; the method with the only one.

    Raises
    ------
    SpecError
        If it is an arm of the registry.
    """
    offer = _own(draft, arm)
    if len(offer.arm.steps) < 2:
        return remove_arm(draft, arm)
    last = len(offer.arm.steps) - 1
    prefix = arm_key(arm, last, "")
    shorter = replace(offer.arm, steps=offer.arm.steps[:-1])
    left = {k: p for k, p in draft.problems.items() if not k.startswith(prefix)}
    return replace(_with_offer(draft, replace(offer, arm=shorter)), problems=left)


def remove_arm(draft: Draft, arm: str) -> Draft:
    """Offer a method of one's own no longer.

    Raises
    ------
    SpecError
        If it is an arm of the registry.
    """
    _own(draft, arm)
    offers = tuple(o for o in draft.offers if o.name != arm)
    left = {k: p for k, p in draft.problems.items() if k.rsplit("/", 2)[0] != arm}
    return replace(_with_offers(draft, offers), problems=left)


def _offer(draft: Draft, arm: str) -> Offer:
    offer = draft.offer(arm)
    if offer is None:
        raise SpecError(f"there is no arm {arm!r}", "choose one from the list")
    return offer


def _own(draft: Draft, arm: str) -> Offer:
    offer = _offer(draft, arm)
    if not offer.own:
        fix = "space unticks it, and then it is not run"
        raise SpecError(f"{arm} is always on offer", fix)
    return offer


def _auto_named(arm: Arm) -> Arm:
    """Return an arm under the name that says what it does."""
    return replace(arm, name=method_text(arm))


def _with_offer(draft: Draft, offer: Offer) -> Draft:
    offers = tuple(offer if o.name == offer.name else o for o in draft.offers)
    return _with_offers(draft, offers)
