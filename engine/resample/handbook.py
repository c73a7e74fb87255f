"""All that is known of every remedy, as a document and as docs/methods.md. Light.

``python -m engine.resample.handbook > docs/methods.md`` writes the page anew.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from engine.resample import registry
from engine.resample.registry import Control, Ensemble, Parameter, Sampler
from engine.spec import ParamValue

Method: TypeAlias = Control | Sampler | Ensemble

GROUPS = {
    "control": "controls: change no row",
    "over": "over: add minority rows",
    "under": "under: drop majority rows, down to a ratio",
    "cleaner": "under: drop the majority rows they object to, as many as there are",
    "combined": "combined: add minority rows, then clean",
    "ensemble": "ensembles: a model of their own, each part of which is balanced",
    "plug-in": "from other packages",
}
"""Headings of what is listed, in order."""

_SETS = dict.fromkeys(("ratio", "counts", "cleans"), "sampling_strategy")
"""What the library calls that which is ours to translate."""

_FILLED = (
    "numbers are filled beforehand, by the median of the fitting rows, with a column "
    "that says where; a missing category is a level of its own"
)
_MADE_LEGAL = (
    "as a column per level; synthetic rows are made legal afterwards: one level per "
    "category, whole numbers stay whole, nothing out of range"
)


def group_of(one: Method) -> str:
    """Return the key in `GROUPS` of what a method is listed under.

    Examples
    --------
    >>> [group_of(registry.sampler(name)) for name in ("near-miss", "enn")]
    ['under', 'cleaner']
    """
    if isinstance(one, Control):
        return "control"
    if isinstance(one, Ensemble):
        return "ensemble"
    if one not in registry.SAMPLERS:
        return "plug-in"
    return one.group if one.has_ratio else "cleaner"


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
    """Return the method of that name; of a recipe, that of its first step.

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
    parameters = () if isinstance(one, Control) else one.parameters
    return {
        "name": one.name,
        "title": one.title,
        "group": group_of(one),
        "summary": one.summary,
        "home": "" if isinstance(one, Control) else one.home,
        "package": "" if isinstance(one, Control) else one.package,
        "parameters": [_parameter(p) for p in parameters],
        "searched": _searched(one),
        "accepts": _accepts(one),
        "slow": isinstance(one, Sampler) and one.dear,
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
    found = [one.name]
    if isinstance(one, Ensemble):
        found.append(f"{one.name}:n_estimators=200")
        return tuple(found)
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


def spelled(parameter: Parameter) -> str:
    """Return what values a parameter takes, in words.

    Examples
    --------
    >>> ratio = registry.sampler("smote").parameters[0]
    >>> spelled(ratio)
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
        "values": spelled(one),
        "effect": one.effect,
        "sets": _SETS.get(one.name, one.sets or one.name),
    }


def _searched(one: Method) -> dict[str, list[ParamValue]]:
    """Return what a search chooses among: values, or the ends of a range."""
    if isinstance(one, Control):
        return {}
    if isinstance(one, Ensemble):
        return {
            name: [int(known.low), int(known.high)]
            if known.whole
            else [known.low, known.high]
            for name, known in one.space.items()
        }
    return {p.name: list(p.tries) for p in one.parameters if p.tries}


def _accepts(one: Method) -> dict[str, str]:
    if isinstance(one, Control):
        missing = "filled as for the others, or left to XGBoost (missing = native)"
        classes = "no row is changed, of however many"
        if one.weights:
            classes = "the positive class is weighed against all others"
        return {
            "categories": "as a column per level",
            "missing": missing,
            "classes": classes,
        }
    if isinstance(one, Ensemble):
        return {
            "categories": "as a column per level",
            "missing": _FILLED,
            "classes": "every class but the rarest is drawn from, down to the ratio",
        }
    return {
        "categories": {
            "any": _MADE_LEGAL
            if one.group != "under" or one.name == "cluster-centroids"
            else "as a column per level; rows are kept or dropped as they are",
            "mixed": "needs one at least, and a number at least; both as they are",
            "categories": "all columns must be categories; taken as they are",
        }[one.columns],
        "missing": _FILLED,
        "classes": _classes(one),
    }


def _classes(one: Sampler) -> str:
    added = "every class is brought up to the ratio to the largest one"
    if one.group == "over":
        return added
    if one.group == "combined":
        return f"{added}, then all are cleaned"
    if one.has_ratio:
        return "every class is brought down to the ratio to the rarest one"
    return "rows of every class but the rarest may be dropped"


def markdown() -> str:
    """Return docs/methods.md: what comes with the program, no plug-ins."""
    parts = [_HEAD]
    for group, these in catalogue().items():
        if group == "plug-in":
            continue
        head, _, rest = GROUPS[group].partition(": ")
        parts.append(f"## {head.capitalize()}: {rest}\n")
        parts += [_section(one) for one in these]
    return "\n".join(parts)


_HEAD = f"""\
# Every remedy there is

Made from the registry by `python -m engine.resample.handbook`; do not edit it by hand.
The same in a terminal: `imbtui methods`, `imbtui methods NAME`. Samplers of other
packages are described in [plugins.md](plugins.md).

*Slow* ones take seconds or more from tens of thousands of rows on; how long on your
own rows is measured by `imbtui preflight DATA`. Values to search are tried where an arm
says `name=tune`.

Missing values, for samplers and ensembles: {_FILLED}.
"""


def _section(one: Method) -> str:
    told = document(one)
    lines = [f"### `{one.name}`: {one.title}", "", one.summary, ""]
    if told["home"]:
        lines += [f"`{told['home']}`", ""]
    lines += [f"- When: {one.when}", f"- When not: {one.when_not}"]
    if one.source:
        lines.append(f"- Source: {one.source}")
    for key, words in (
        ("categories", "Categories"),
        ("missing", "Missing values"),
        ("classes", "More than two classes"),
    ):
        if told["accepts"][key] != _FILLED:  # The head says it.
            lines.append(f"- {words}: {told['accepts'][key]}")
    if told["slow"]:
        lines.append("- Slow with many rows")
    written = ", ".join(f"`{text}`" for text in told["arms"])
    lines += [f"- As an arm: {written}", ""]
    if told["parameters"]:
        lines += _parameter_rows(told)
    return "\n".join(lines)


def _parameter_rows(told: dict[str, Any]) -> list[str]:
    lines = [
        "| parameter | values | default | turning it up | searched |",
        "|---|---|---|---|---|",
    ]
    ranges = told["group"] == "ensemble"
    for one in told["parameters"]:
        values = told["searched"].get(one["name"], [])
        searched = (" to " if ranges else ", ").join(map(_text, values))
        cells = (
            f"`{one['name']}`",
            one["values"].replace("|", "\\|"),
            _text(one["default"]),
            one["effect"],
            searched,
        )
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


def _text(value: ParamValue) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    import sys

    sys.stdout.write(markdown())
