"""All that is known of every method, as a document. Light."""

from __future__ import annotations

from typing import Any, TypeAlias

from engine.resample import registry
from engine.resample.registry import Control, Ensemble, Parameter, Sampler
from engine.spec import ParamValue

Method: TypeAlias = Control | Sampler | Ensemble

GROUPS = {
    "control": "controls: no row is changed",
    "over": "oversampling: adds rows",
    "under": "undersampling: drops rows",
    "cleaner": "cleaning: drops doubtful rows",
    "combined": "combined: adds, then cleans",
    "ensemble": "ensembles: balanced parts",
    "plug-in": "from other packages",
}
"""Headings of what is listed, in order."""

_SETS = dict.fromkeys(("ratio", "counts", "cleans"), "sampling_strategy")
"""What the library calls that which is ours to translate."""

FILLED = (
    "numbers are filled beforehand, by the median of the fitting rows, with a column "
    "that says where; a missing category is a level of its own"
)
_LEVELS = "as a column per level"
_MADE_LEGAL = (
    f"{_LEVELS}; synthetic rows are made legal afterwards: one level per "
    "category, whole numbers stay whole, nothing out of range"
)
_BROUGHT_UP = "every class is brought up to the ratio to the largest one"
_CLASSES = {
    "control": "no row is changed, of however many",
    "over": _BROUGHT_UP,
    "under": "every class is brought down to the ratio to the rarest one",
    "cleaner": "rows of every class but the rarest may be dropped",
    "combined": f"{_BROUGHT_UP}, then all are cleaned",
    "ensemble": "every class but the rarest is drawn from, down to the ratio",
}
"""What becomes of more than two classes."""


def group_of(one: Method) -> str:
    """Return the key in `GROUPS` of what a method is listed under.

    Examples
    --------
    >>> [group_of(registry.sampler(name)) for name in ("near-miss", "enn")]
    ['under', 'cleaner']
    """
    ours = not isinstance(one, Sampler) or one in registry.SAMPLERS
    return kind_of(one) if ours else "plug-in"


def kind_of(one: Method) -> str:
    """Return what a method does to rows: a key in `GROUPS`, whoever brings it."""
    if isinstance(one, Sampler):
        return one.group if one.has_ratio or one.group != "under" else "cleaner"
    return "control" if isinstance(one, Control) else "ensemble"


def catalogue() -> dict[str, tuple[Method, ...]]:
    """Return every method by its group; a group without any is left out."""
    everything: tuple[Method, ...] = (
        *registry.CONTROLS,
        *registry.samplers(),
        *registry.ENSEMBLES,
    )
    found = {
        group: tuple(one for one in everything if group_of(one) == group)
        for group in GROUPS
    }
    return {group: these for group, these in found.items() if these}


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
    arm = registry.arm(name.partition(":")[0].partition("+")[0])
    if arm.ensemble is not None:
        return registry.ensemble(arm.ensemble)
    if arm.steps:
        return registry.sampler(arm.steps[0].sampler)
    return next(c for c in registry.CONTROLS if c.name == arm.name)


def document(one: Method) -> dict[str, Any]:
    """Return all that is known of a method, as plain data.

    Examples
    --------
    >>> told = document(method("near-miss"))
    >>> told["slow"], told["searched"]["n_neighbors"]
    (False, [3, 5, 10])
    """
    return {
        "name": one.name,
        "title": one.title,
        "group": group_of(one),
        "summary": one.summary,
        "home": one.home,
        "package": one.package,
        "parameters": [_parameter(p) for p in one.parameters],
        "searched": _searched(one),
        "accepts": _accepts(one),
        "slow": isinstance(one, Sampler) and one.slow,
        "when": one.when,
        "when_not": one.when_not,
        "source": one.source,
        "arms": list(examples(one)),
    }


def examples(one: Method) -> tuple[str, ...]:
    """Return ways to write a method as an arm.

    Examples
    --------
    >>> examples(registry.sampler("tomek-links"))
    ('tomek-links', 'smote+tomek-links')
    """
    if isinstance(one, Control):
        return (one.name,)
    if isinstance(one, Ensemble):
        return one.name, f"{one.name}:n_estimators=200"
    found = [one.name]
    if one.has_ratio:
        found.append(f"{one.name}:ratio=0.5")
    own = [p.name for p in one.parameters if p.tries and p.name != "ratio"]
    if own:
        found.append(f"{one.name}:{own[0]}=tune")
    if one.group == "over":
        found.append(f"{one.name}:ratio=0.3+random-under:ratio=0.5")
    elif one.group == "under":
        before = "smote" if not one.has_ratio else "smote:ratio=0.3"
        found.append(f"{before}+{one.name}")
    return tuple(found)


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


def _parameter(one: Parameter) -> dict[str, Any]:
    return {
        "name": one.name,
        "kind": one.kind,
        "default": one.default,
        "low": one.low,
        "high": one.high,
        "choices": list(one.choices),
        "values": value_range(one),
        "effect": one.effect,
        "sets": _SETS.get(one.name, one.sets or one.name),
    }


def _searched(one: Method) -> dict[str, list[ParamValue]]:
    """Return what a search chooses among: values, or the ends of a range."""
    if isinstance(one, Ensemble):
        return {
            name: [int(known.low), int(known.high)]
            if known.whole
            else [known.low, known.high]
            for name, known in one.space.items()
        }
    return {p.name: list(p.tries) for p in one.parameters if p.tries}


def _accepts(one: Method) -> dict[str, str]:
    found = {
        "categories": _LEVELS,
        "missing": FILLED,
        "classes": _CLASSES[kind_of(one)],
    }
    if isinstance(one, Control):
        found["missing"] = (
            "filled as for the others, or left to XGBoost (missing = native)"
        )
        if one.weights:
            found["classes"] = "the positive class is weighed against all others"
    elif isinstance(one, Sampler):
        kept = one.group == "under" and one.name != "cluster-centroids"
        found["categories"] = {
            "any": f"{_LEVELS}; rows are kept or dropped as they are"
            if kept
            else _MADE_LEGAL,
            "mixed": "needs one at least, and a number at least; both as they are",
            "categories": "all columns must be categories; taken as they are",
        }[one.columns]
    return found
