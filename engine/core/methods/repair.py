"""Repairs of what would fail, before it fails; each is noted. Light."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec

from engine.core.errors import ArmError
from engine.core.methods import ratio, registry
from engine.core.methods.grammar import Step
from engine.core.methods.samplers import Params

_WIDER = (2, 4, 8)
"""Factors of the neighbourhood that decides about a border row, in turn."""

_OF_ALL = {
    "borderline-smote": "m_neighbors",
    "svm-smote": "m_neighbors",
    "smote-enn": "n_neighbors",
    "enn": "n_neighbors",
    "repeated-enn": "n_neighbors",
    "all-knn": "n_neighbors",
    "neighbourhood-cleaning": "n_neighbors",
}
"""Parameters that count neighbours of a row among all the others."""


_AMONG_ALL = (("borderline-smote", "borderline-2", None), ("near-miss", None, "2"))

_SPARED = {
    "kmeans-smote": ("cluster_balance_threshold", "clusters", "density_exponent"),
    "svm-smote": ("m_neighbors",),
}
"""Parameters that are repaired only where nobody has set them."""


class Attempt(NamedTuple):
    """Parameters to try, and what was changed in them and why."""

    params: Params
    repairs: tuple[str, ...]


def attempts(
    step: Step, counts: Mapping[str, int], *, between: tuple[str, str] | None = None
) -> Iterator[Attempt]:
    """Yield the parameters to try in turn, until one of them works.

    The first is what was asked for, but for what cannot work with so few rows. The
    next are repairs of an error that only the sampler can find, in the order of how
    little they change; what a user has set is not changed by them.

    Parameters
    ----------
    step : Step
        The sampler and what was asked of it.
    counts : mapping of label to int
        Fitting rows of each class.
    between : tuple of (label, label), optional
        The rarest and the most frequent class before the first step of the method.

    Yields
    ------
    Attempt

    Raises
    ------
    ArmError
        If nothing can work.
    SpecError
        If rows per class are asked for that the sampler cannot come to.

    Examples
    --------
    >>> few = next(attempts(Step("smote"), {"no": 96, "yes": 4}))
    >>> few.params["k_neighbors"], few.repairs[0]
    (3, 'k_neighbors 5 → 3: only 4 minority rows to fit on')
    """
    params = registry.check_step(step)
    entry = registry.sampler(step.sampler)
    rare, many = between or ratio.ends(counts)
    grown = classes_to_grow(step, counts, (rare, many))
    rows = sum(counts.values())
    limits: list[tuple[str, int, str]] = []
    if entry.neighbors and (grown or entry.group == "under"):
        smallest = min(grown or [rare], key=lambda label: counts[label])
        few = counts[smallest]
        if few < 1 + entry.beyond:
            raise ArmError(
                f"{step.sampler} needs at least {1 + entry.beyond} "
                f"{rows_of(2, smallest, counts, rare)} to fit on, there is {few}",
                "use random-over, or give more rows of that class (fewer folds help)",
                code="too-few-positives",
            )
        # Some look for neighbours among all rows, not among those of a class.
        variant = entry.name, params.get("kind"), params.get("version")
        if variant not in _AMONG_ALL:
            why = _only(smallest, counts, rare)
            limits.append((entry.neighbors, few - entry.beyond, why))
    if entry.name in _OF_ALL:
        limits.append((_OF_ALL[entry.name], rows - 1, f"only {rows} rows to fit on"))
    limits += _limits_of_the_rest(entry.name, params, counts, rare)
    repairs = []
    for name, most, why in limits:
        if 1 <= most < int(params[name]):
            repairs.append(f"{name} {params[name]} → {most}: {why}")
            params[name] = most
    yield Attempt(params, tuple(repairs))
    if not grown:
        return
    if entry.name == "kmeans-smote":
        few = min(counts[label] for label in grown)
        yield from _kmeans(step, params, repairs, few / rows)
    if entry.name == "svm-smote" and "m_neighbors" not in step.params:
        yield from _svm(params, repairs, rows)


def classes_to_grow(
    step: Step, counts: Mapping[str, int], between: tuple[str, str] | None = None
) -> tuple[str, ...]:
    """Return the classes that a step is asked to add rows to.

    Parameters
    ----------
    step : Step
    counts : mapping of label to int
        Fitting rows of each class.
    between : tuple of (label, label), optional
        The rarest and the most frequent class before the first step of the method.

    Examples
    --------
    >>> classes_to_grow(Step("smote", {"ratio": 0.5}), {"a": 100, "b": 60, "c": 20})
    ('c',)
    """
    entry = registry.sampler(step.sampler)
    if entry.group == "under" or not entry.has_ratio:
        return ()
    wanted = target_counts(step, counts, between) or {}
    return tuple(label for label, most in wanted.items() if most > counts[label])


def target_counts(
    step: Step, counts: Mapping[str, int], between: tuple[str, str] | None = None
) -> dict[str, int] | None:
    """Return the rows of each class that a step is asked to come to.

    Parameters
    ----------
    step : Step
    counts : mapping of label to int
        Rows of each class before.
    between : tuple of (label, label), optional
        The rarest and the most frequent class before the first step of the method.

    Returns
    -------
    dict of label to int, or None
        None of a cleaner, which drops what it must.

    Examples
    --------
    >>> target_counts(Step("random-under"), {"no": 90, "yes": 10})
    {'no': 10, 'yes': 10}
    """
    entry = registry.sampler(step.sampler)
    if not entry.has_ratio:
        return None
    params = registry.check_step(step)
    given = ratio.parse_counts(str(params.get("counts", "")))
    return ratio.targets(
        entry.group, counts, float(params["ratio"]), given, between=between
    )


def without_defaults(step: Step) -> Step:
    """Return a step without the defaults that it says, and that change nothing.

    A default that a repair would change if it was not said stays: with it, the step
    may come to other rows.

    Examples
    --------
    >>> without_defaults(Step("smote", {"k_neighbors": 5, "ratio": 0.5})).params
    {'ratio': 0.5}
    >>> without_defaults(Step("kmeans-smote", {"clusters": 8})).params
    {'clusters': 8}
    """
    spared = _SPARED.get(step.sampler, ())
    needed = {
        name: value
        for name, value in step.params.items()
        if name in spared or value != registry.default(step.sampler, name)
    }
    return msgspec.structs.replace(step, params=needed)


def scale_counts(step: Step, counts: Mapping[str, int], share: float) -> Step:
    """Return a step whose rows per class are those of a part of the rows.

    Parameters
    ----------
    step : Step
        Its counts, if it has any, are meant for all training rows.
    counts : mapping of label to int
        Rows of each class in the part, which may be a row off its share.
    share : float
        How large the part is.

    Examples
    --------
    >>> step = Step("random-under", {"counts": "no=50"})
    >>> scale_counts(step, {"no": 72, "yes": 8}, 0.8).params
    {'counts': 'no=40'}
    """
    text = str(step.params.get("counts", ""))
    if not text or share == 1.0:
        return step
    under = registry.sampler(step.sampler).group == "under"
    wanted = ratio.parse_counts(text)
    for label, count in wanted.items():
        if label in counts:
            rows = max(1, round(count * share))
            wanted[label] = (min if under else max)(counts[label], rows)
    params = step.params | {"counts": ratio.format_counts(wanted)}
    return msgspec.structs.replace(step, params=params)


def rows_of(count: int, label: str, counts: Mapping[str, int], rare: str) -> str:
    """Return what so many rows of a class are called.

    Examples
    --------
    >>> rows_of(2, "yes", {"no": 9, "yes": 1}, "yes")
    'minority rows'
    >>> rows_of(1, "b", {"a": 9, "b": 3, "c": 1}, "c")
    "row of 'b'"
    """
    noun = "row" if count == 1 else "rows"
    if len(counts) != 2:
        return f"{noun} of {label!r}"
    return f"{'minority' if label == rare else 'majority'} {noun}"


def column_error(sampler: str, *, numbers: int, categories: int) -> ArmError | None:
    """Return why a sampler does not work on such columns, or None.

    Parameters
    ----------
    sampler : str
        Name of a registered sampler.
    numbers, categories : int
        Columns of either sort; a flag is a category.

    Examples
    --------
    >>> print(column_error("smotenc", numbers=4, categories=0))
    smotenc needs a category among the columns, there is none. Use smote
    """
    columns = registry.sampler(sampler).columns
    if columns == "mixed" and not (numbers and categories):
        kind, other = ("number", "smoten") if categories else ("category", "smote")
        message = f"{sampler} needs a {kind} among the columns, there is none"
    elif columns == "categories" and numbers:
        are = "is a number" if numbers == 1 else "are numbers"
        other = "smotenc" if categories else "smote"
        message = f"{sampler} works on categories only, {numbers} of the columns {are}"
    else:
        return None
    return ArmError(message, f"use {other}", code="columns")


def _only(label: str, counts: Mapping[str, int], rare: str) -> str:
    few = counts[label]
    return f"only {few} {rows_of(few, label, counts, rare)} to fit on"


def _limits_of_the_rest(
    name: str, params: Params, counts: Mapping[str, int], rare: str
) -> Iterator[tuple[str, int, str]]:
    """Yield limits that depend on the classes that rows are dropped of."""
    few, why = counts[rare], _only(rare, counts, rare)
    if name in ("condensed", "one-sided-selection"):
        seeds = int(params["seeds"])
        yield "n_neighbors", few + seeds, f"{why}, and {seeds} to start from"
    elif name == "near-miss" and params["version"] == "3":
        others = (label for label in counts if label != rare)
        least = min(others, key=lambda label: counts[label])
        yield "n_neighbors_ver3", counts[least], _only(least, counts, rare)
    elif name == "instance-hardness":
        yield "folds", max(2, few), why


def _kmeans(
    step: Step, params: Params, repairs: list[str], share: float
) -> Iterator[Attempt]:
    """Lower the share that a cluster needs, then the number of clusters.

    Some cluster always holds at least the overall share of minority rows, so half
    of that share finds one unless the clusters are too small. Rows of a cluster that
    are all alike have no density, unless nothing is made of it.
    """
    params, repairs = dict(params), list(repairs)
    if "cluster_balance_threshold" not in step.params:
        threshold = float(f"{share / 2:.1g}")
        params["cluster_balance_threshold"] = threshold
        repairs.append(
            f"cluster_balance_threshold 0.5 → {threshold:g}: with {share:.2%} minority "
            "rows no cluster is half minority"
        )
        yield Attempt(dict(params), tuple(repairs))
    # With one cluster no share is asked for, which a user who set one would not want.
    if not {"clusters", "cluster_balance_threshold"} & set(step.params):
        clusters = int(params["clusters"])
        while clusters > 1:
            clusters //= 2
            fewer = (
                f"clusters {params['clusters']} → {clusters}: no cluster held enough"
            )
            yield Attempt(params | {"clusters": clusters}, (*repairs, fewer))
    if "density_exponent" not in step.params:
        repairs.append(
            f"density_exponent {params['density_exponent']} → 0: minority rows of a "
            "cluster are all alike, which have no density"
        )
        yield Attempt(params | {"density_exponent": "0"}, tuple(repairs))


def _svm(params: Params, repairs: list[str], rows: int) -> Iterator[Attempt]:
    """Look at more neighbours to decide which border rows are noise.

    A minority row is noise if all that are near are of another class, which among
    more of them it is less likely to be.
    """
    first = last = int(params["m_neighbors"])
    for times in _WIDER:
        wider = min(times * first, rows - 1)
        if wider <= last:
            return
        last = wider
        why = f"m_neighbors {first} → {wider}: all border rows were noise with fewer"
        yield Attempt(params | {"m_neighbors": wider}, (*repairs, why))
