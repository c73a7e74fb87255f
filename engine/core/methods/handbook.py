"""All that is known of every method and model, as a document. Light."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from engine.core import models
from engine.core.methods import grammar, registry
from engine.core.methods.builtin import Control, Ensemble
from engine.core.methods.samplers import (
    Kind,
    Method,
    Parameter,
    ParamValue,
    Range,
    Sampler,
)
from engine.core.models import ModelEntry, Needs

GROUPS = {
    "control": "controls (no row is changed)",
    "over": "oversampling (adds rows)",
    "under": "undersampling (drops rows)",
    "cleaner": "cleaning (drops doubtful rows)",
    "combined": "combined (adds, then cleans)",
    "ensemble": "ensembles (balanced parts)",
    "plug-in": "from other packages",
}
"""Headings of what is listed, in order."""

_SETS = dict.fromkeys(("ratio", "counts", "cleans"), "sampling_strategy")
"""What the library calls that which is ours to translate."""

FILLED = (
    "numbers are filled with the median of the fitting rows, with an indicator column; "
    "a missing category is a separate level"
)
_LEVELS = "one column per level"
_MADE_LEGAL = (
    f"{_LEVELS}; synthetic rows are corrected afterwards: one level per "
    "category, whole numbers stay whole, nothing out of range"
)
_ANY = "any number"
_BROUGHT_UP = "every class is raised to the ratio to the largest one"
_CLASSES = {
    "control": "no row is changed",
    "over": _BROUGHT_UP,
    "under": "every class is reduced to the ratio to the rarest one",
    "cleaner": "rows of every class but the rarest may be dropped",
    "combined": f"{_BROUGHT_UP}, then all are cleaned",
    "ensemble": "every class but the rarest is reduced to the ratio",
}
"""What becomes of more than two classes."""


class ParameterDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a parameter; `sets` is what the library calls it."""

    name: str
    kind: Kind
    default: ParamValue
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    values: str
    effect: str
    sets: str


class MethodDocument(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of a method; `arms` are ways to write it as an arm."""

    name: str
    title: str
    group: str
    summary: str
    home: str
    package: str
    parameters: tuple[ParameterDocument, ...]
    searched: dict[str, tuple[ParamValue, ...]]
    accepts: dict[str, str]
    slow: bool
    when: str
    when_not: str
    source: str
    arms: tuple[str, ...]


class ModelDocument(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of a model.

    `install` is the command that brings its package where that is missing, else empty.
    `spaces` has the ends of what is searched, by the name of the search space.
    """

    name: str
    title: str
    summary: str
    package: str
    install: str
    parameters: tuple[ParameterDocument, ...]
    spaces: dict[str, dict[str, tuple[ParamValue, ...]]]
    needs: Needs
    rounds: str
    when: str
    when_not: str
    source: str


_COPIED = ("name", "title", "summary", "home", "package", "when", "when_not", "source")


def group_of(entry: Method) -> str:
    """Return the key in `GROUPS` of what a method is listed under.

    Examples
    --------
    >>> [group_of(registry.sampler(name)) for name in ("near-miss", "enn")]
    ['under', 'cleaner']
    """
    ours = not isinstance(entry, Sampler) or entry in registry.SAMPLERS
    return kind_of(entry) if ours else "plug-in"


def kind_of(entry: Method) -> str:
    """Return what a method does to rows: a key in `GROUPS`, whoever brings it."""
    if isinstance(entry, Sampler):
        return entry.group if entry.has_ratio or entry.group != "under" else "cleaner"
    return "control" if isinstance(entry, Control) else "ensemble"


def catalogue() -> dict[str, tuple[Method, ...]]:
    """Return every method by its group; a group without any is left out."""
    everything: tuple[Method, ...] = (
        *registry.CONTROLS,
        *registry.samplers(),
        *registry.ENSEMBLES,
    )
    groups = {
        group: tuple(entry for entry in everything if group_of(entry) == group)
        for group in GROUPS
    }
    return {group: these for group, these in groups.items() if these}


def method(name: str) -> Method:
    """Return the method of that name; of a method, that of its first step.

    Raises
    ------
    SpecError
        If there is none; suggests the nearest name.

    Examples
    --------
    >>> method("smote-enn:ratio=0.5").title
    'SMOTE-ENN'
    """
    arm = grammar.parse(name.partition(":")[0].partition("+")[0])
    if arm.ensemble is not None:
        return registry.ensemble(arm.ensemble)
    if arm.steps:
        return registry.sampler(arm.steps[0].sampler)
    return next(c for c in registry.CONTROLS if c.name == arm.name)


def document(entry: Method) -> MethodDocument:
    """Return all that is known of a method.

    Examples
    --------
    >>> found = document(method("near-miss"))
    >>> found.slow, found.searched["n_neighbors"]
    (False, (3, 5, 10))
    """
    return MethodDocument(
        group=group_of(entry),
        parameters=tuple(map(_parameter, entry.parameters)),
        searched=_searched(entry),
        accepts=_accepts(entry),
        slow=isinstance(entry, Sampler) and entry.slow,
        arms=examples(entry),
        **{name: getattr(entry, name) for name in _COPIED},
    )


def model_document(entry: ModelEntry) -> ModelDocument:
    """Return all that is known of a model.

    Examples
    --------
    >>> found = model_document(models.get("logistic"))
    >>> found.title, found.install, found.needs.classes
    ('logistic regression', '', True)
    """
    copied = (*_COPIED, "needs", "rounds")
    return ModelDocument(
        parameters=tuple(map(_parameter, entry.parameters)),
        spaces={name: _ends(space) for name, space in entry.spaces.items()},
        install="" if models.is_installed(entry) else models.install(entry),
        **{name: getattr(entry, name) for name in copied if name != "home"},
    )


def takes(needs: Needs) -> str:
    """Say what rows a model takes, and which it does not.

    Examples
    --------
    >>> takes(Needs(classes=False, max_rows=20_000))
    'weights; two classes; up to 20,000 rows; missing values are filled'
    """
    return "; ".join(
        (
            "weights" if needs.weights else "no weights",
            "two or more classes" if needs.classes else "two classes",
            "any number of rows"
            if needs.max_rows is None
            else f"up to {needs.max_rows:,} rows",
            "missing values as they are"
            if needs.missing
            else "missing values are filled",
        )
    )


def examples(entry: Method) -> tuple[str, ...]:
    """Return ways to write a method as an arm.

    Examples
    --------
    >>> examples(registry.sampler("tomek-links"))
    ('tomek-links', 'smote+tomek-links')
    """
    if isinstance(entry, Ensemble):
        return entry.name, f"{entry.name}:n_estimators=200"
    texts = [entry.name]
    if not isinstance(entry, Sampler):
        return tuple(texts)
    if entry.has_ratio:
        texts.append(f"{entry.name}:ratio=0.5")
    own = [p.name for p in entry.parameters if p.tries and p.name != "ratio"]
    if own:
        texts.append(f"{entry.name}:{own[0]}=tune")
    if entry.group == "over":
        texts.append(f"{entry.name}:ratio=0.3+random-under:ratio=0.5")
    elif entry.group == "under":
        before = "smote" if not entry.has_ratio else "smote:ratio=0.3"
        texts.append(f"{before}+{entry.name}")
    return tuple(texts)


def value_range(parameter: Parameter) -> str:
    """Return what values a parameter takes, in words.

    Examples
    --------
    >>> ratio = registry.sampler("smote").parameters[0]
    >>> value_range(ratio)
    'a number from 0.0001 to 1'
    """
    if parameter.kind == "choice":
        return " | ".join(parameter.choices)
    if parameter.kind == "counts":
        return "LABEL=N/LABEL=N"
    kind = "a whole number" if parameter.kind == "integer" else "a number"
    return f"{kind} {parameter.bounds}".strip()


def _parameter(entry: Parameter) -> ParameterDocument:
    sets = _SETS.get(entry.name, entry.sets or entry.name)
    copied = ("name", "kind", "default", "low", "high", "choices", "effect")
    fields = {name: getattr(entry, name) for name in copied}
    return ParameterDocument(values=value_range(entry), sets=sets, **fields)


def _searched(entry: Method) -> dict[str, tuple[ParamValue, ...]]:
    """Return what a search chooses among: values, or the ends of a range."""
    if not isinstance(entry, Ensemble):
        return {p.name: p.tries for p in entry.parameters if p.tries}
    return _ends(entry.space)


def _ends(space: Mapping[str, Range]) -> dict[str, tuple[ParamValue, ...]]:
    """Return the ends of ranges."""
    return {
        name: (int(r.low), int(r.high)) if r.whole else (r.low, r.high)
        for name, r in space.items()
    }


def _accepts(entry: Method) -> dict[str, str]:
    accepts = {
        "categories": _LEVELS,
        "missing": FILLED,
        "rows": _ANY,
        "classes": _CLASSES[kind_of(entry)],
    }
    if isinstance(entry, Control):
        accepts["missing"] = (
            "filled as for the others, or left to XGBoost (missing = native)"
        )
        if entry.weights:
            accepts["classes"] = "the positive class is weighted against all others"
    elif isinstance(entry, Sampler):
        keeps_rows = entry.group == "under" and entry.name != "cluster-centroids"
        accepts["categories"] = {
            "any": f"{_LEVELS}; kept rows are unchanged" if keeps_rows else _MADE_LEGAL,
            "mixed": "needs at least one category and one number; both unchanged",
            "categories": "all columns must be categories; unchanged",
        }[entry.columns]
        grown, rows = entry.limits
        limits = [] if grown is None else [f"up to {grown:,} of a class that grows"]
        limits += [] if rows is None else [f"up to {rows:,} in all"]
        accepts["rows"] = ", ".join(limits) or _ANY
    return accepts
