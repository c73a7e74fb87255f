"""All that is known of every remedy, as a document and as docs/methods.md. Light.

``python -m engine.resample.handbook > docs/methods.md`` writes the page anew.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from engine.resample import cost, registry
from engine.resample.laws import REFERENCE
from engine.resample.registry import Control, Ensemble, Parameter, Sampler
from engine.spec import ParamValue, Step

__all__ = [
    "COLUMNS",
    "GROUPS",
    "SHARE",
    "SIZES",
    "catalogue",
    "document",
    "examples",
    "expected",
    "group_of",
    "markdown",
    "method",
    "spelled",
]

Method: TypeAlias = Control | Sampler | Ensemble

SIZES = (10_000, 100_000, 1_000_000)
"""Rows that the time is told for."""

COLUMNS = REFERENCE.features
SHARE = REFERENCE.minority / REFERENCE.rows
"""Columns, and share of the minority, that it is told for."""

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
_SETS["variant"] = ""
"""What the library calls that which is ours to translate; empty if it has no such."""

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
    """Return the method of that name; a fast variant is its sampler.

    Raises
    ------
    SpecError
        If there is none; suggests the nearest name.

    Examples
    --------
    >>> method("smote-enn-fast").title
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
    >>> [row["setting"] for row in told["cost"]]
    ['version=1', 'version=2', 'version=3']
    >>> told["searched"]["n_neighbors"]
    [3, 5, 10]
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
        "cost": _costs(one) if isinstance(one, Sampler) else [],
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
    ('tomek-links', 'tomek-links-fast', 'smote+tomek-links')
    """
    if isinstance(one, Control):
        return (one.name,)
    found = [one.name]
    if isinstance(one, Ensemble):
        found.append(f"{one.name}:n_estimators=200")
        return tuple(found)
    if one.has_fast:
        found.append(f"{one.name}-fast")
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


def _costs(one: Sampler) -> list[dict[str, Any]]:
    """Return seconds and bytes by rows, for every setting that has a law of its own."""
    settings: list[dict[str, ParamValue]] = [{}]
    for parameter in one.parameters:
        if f"{{{parameter.name}}}" in one.law:
            settings = [{parameter.name: value} for value in parameter.choices]
    if one.has_fast:
        settings = [{"variant": value} for value in ("exact", registry.FAST)]
    return [row for params in settings if (row := _cost(one.name, params)) is not None]


def _cost(name: str, params: dict[str, ParamValue]) -> dict[str, Any] | None:
    step = Step(name, params)
    model = cost.model_of(step)
    if model is None:
        return None
    law = model.law
    if params.get("variant") == registry.FAST and model.fast is not None:
        law = model.fast
    found = [expected(registry.sampler(name), rows, params) for rows in SIZES]
    return {
        "setting": " ".join(f"{name}={value}" for name, value in params.items()),
        "columns": COLUMNS,
        "rows": list(SIZES),
        "seconds": [one.seconds for one in found],
        "bytes": [one.bytes for one in found],
        "exponent": law.exponent,
    }


def expected(
    one: Sampler, rows: int, params: dict[str, ParamValue] | None = None
) -> cost.Estimate:
    """Return what a sampler takes for a table like those that were measured.

    Examples
    --------
    >>> expected(registry.sampler("enn"), 100_000).seconds > 1
    True
    """
    return cost.step_estimate(
        Step(one.name, params or {}),
        rows=rows,
        minority=round(SHARE * rows),
        features=COLUMNS,
    )


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

Times are those of one core of one machine, for {COLUMNS} columns of noise with
{SHARE:.1%} positives; they are right to a factor of about three. *Grows with* is the
power of the rows that they end up growing with, the classes in step. Values to search
are tried where an arm says `name=tune`.

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
    written = ", ".join(f"`{text}`" for text in told["arms"])
    lines += [f"- As an arm: {written}", ""]
    if told["parameters"]:
        lines += _parameter_rows(told)
    if told["cost"]:
        lines += _cost_rows(told["cost"])
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


def _cost_rows(rows: list[dict[str, Any]]) -> list[str]:
    sizes = " | ".join(f"{size:,} rows" for size in SIZES)
    lines = [f"| time | {sizes} | grows with |", f"|---|{'---|' * len(SIZES)}---|"]
    for row in rows:
        times = " | ".join(cost.spoken(seconds) for seconds in row["seconds"])
        lines.append(f"| {row['setting']} | {times} | rows^{row['exponent']:.2g} |")
    return [*lines, ""]


def _text(value: ParamValue) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    import sys

    sys.stdout.write(markdown())
