"""What an arm takes: bytes by its rows, and what is too much of it. Light.

Seconds are never known beforehand: `engine.resample.probe` measures them on a part of
the rows. Bytes are those of the arrays that a sampler allocates.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from engine.core import format as written
from engine.core import space
from engine.core.errors import ArmError, SpecError
from engine.core.experiment import SearchSpec
from engine.core.methods import ratio, registry, repair
from engine.core.methods.grammar import Arm, Step

_PLAIN, _COMPARED, _CATEGORIES = 12, 48, 80
"""Bytes a cell: three copies in 32 bits; six in 64 bits where rows are compared with
each other; more where levels become columns."""
_KERNEL = 200_000_000
"""The cache of a kernel machine, as scikit-learn asks libsvm for it."""


def rows_left(step: Step, counts: Mapping[str, int]) -> dict[str, int]:
    """Return the rows of each class that a step leaves at most.

    Examples
    --------
    >>> rows_left(Step("random-under"), {"no": 900, "yes": 90})
    {'no': 90, 'yes': 90}
    """
    try:
        return repair.target_counts(step, counts, ratio.ends(counts)) or dict(counts)
    except SpecError:  # counts that a fold does not bear, or a package that is gone
        return dict(counts)


def estimate_memory(
    arm: Arm, counts: Mapping[str, int], features: int
) -> tuple[int, int]:
    """Return the rows that an arm leaves at most, and the bytes of its largest step.

    Parameters
    ----------
    arm : Arm
        A control takes nothing.
    counts : mapping of str to int
        Rows of each class before.
    features : int
        Columns as a sampler sees them: an indicator per level of a category.

    Examples
    --------
    >>> from engine.core.methods import grammar
    >>> estimate_memory(grammar.parse("smote"), {"no": 900, "yes": 90}, 10)
    (1800, 216000)
    """
    now, peak = {c: n for c, n in counts.items() if n}, 0
    for step in arm.steps:
        given, before, rare = now, sum(now.values()), min(now.values(), default=0)
        now = rows_left(step, now) if len(now) > 1 else now
        size = _cell(step.sampler) * max(before, sum(now.values())) * features
        if step.sampler == "near-miss" and step.params.get("version") == "2":
            size += 16 * before * rare  # a distance and a row number for each pair
        if step.sampler == "smoten":  # two tables of its distances
            size += 16 * max(_grown(given, now).values(), default=0) ** 2
        if step.sampler == "svm-smote":
            size += _KERNEL
        peak = max(peak, size)
    return sum(now.values()), peak


def _grown(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """Return the rows, before, of each class that gets more."""
    return {label: n for label, n in before.items() if after[label] > n}


def _cell(name: str) -> int:
    try:
        known = registry.sampler(name)
    except SpecError:
        return _PLAIN
    if known.columns != "any":
        return _CATEGORIES
    return _COMPARED if known.slow else _PLAIN


def preparations(arm: Arm, seconds: float, search: SearchSpec) -> float:
    """Return the seconds of every fold's rows and of the last fit, on one core.

    Parameters
    ----------
    arm : Arm
        Where the search chooses something of its samplers, folds are prepared for
        each setting, of which there are no more than trials.
    seconds : float
        Of one treatment of all training rows.
    search : SearchSpec
        Its folds, repeats and trials.

    Examples
    --------
    >>> from engine.core.methods import grammar
    >>> preparations(grammar.parse("enn"), 10.0, SearchSpec(folds=5))
    50.0
    """
    times = (
        search.folds * search.repeats * min(space.count_settings(arm), search.trials)
    )
    return seconds * (1 + times * (search.folds - 1) / search.folds)


def refusal(
    arm: Arm,
    counts: Mapping[str, int],
    search: SearchSpec,
    *,
    seconds: float | None,
    size: int,
    memory: int | None,
) -> ArmError | None:
    """Return why an arm would not fit, or not come to an end, and what would help.

    Parameters
    ----------
    arm : Arm
    counts : mapping of str to int
        Training rows of each class.
    search : SearchSpec
        Its patience is that of all preparations together.
    seconds : float or None
        Of one treatment of all rows; None if it was not measured.
    size : int
        Bytes that it takes.
    memory : int or None
        Bytes that there are; None if unknown.

    Examples
    --------
    >>> from engine.core.methods import grammar
    >>> rows, search = {"no": 982_000, "yes": 18_000}, SearchSpec()
    >>> many = {"seconds": 1_800.0, "size": 0, "memory": None}
    >>> print(refusal(grammar.parse("enn"), rows, search, **many).message)
    enn takes about 2.5 h to prepare 1,000,000 training rows 6 times
    """
    crowded = _too_many(arm, counts)
    if crowded is not None:
        return crowded
    rows = f"{sum(counts.values()):,} training rows"
    if memory is not None and size > memory:
        return ArmError(
            f"{arm.name} takes about {written.size(size)} of memory for {rows}, there "
            f"are {written.size(memory)}",
            ", or ".join([*_suggest_cap(counts, memory / size), "use random-under"]),
            code="too-large",
        )
    lasts = 0.0 if seconds is None else preparations(arm, seconds, search)
    if lasts <= search.patience:
        return None
    times = search.folds * search.repeats + 1
    helps = _suggest_cap(counts, search.patience / lasts)
    helps += ["use smote or random-under", "give it the time"]
    return ArmError(
        f"{arm.name} takes {written.about(lasts).replace('~', 'about ')} to prepare "
        f"{rows} {times} times",
        ", or ".join(helps),
        code="too-slow",
        field="search.patience",
    )


def _too_many(arm: Arm, counts: Mapping[str, int]) -> ArmError | None:
    """Return which sampler of an arm would compare more rows than it takes."""
    now = {c: n for c, n in counts.items() if n}
    for step in arm.steps if len(now) > 1 else ():
        try:
            entry = registry.sampler(step.sampler)
        except SpecError:  # a package that is gone
            return None
        limits, before, now = entry.limits, now, rows_left(step, now)
        grown = _grown(before, now)
        most = max(grown, key=grown.__getitem__, default="")
        if limits.grown is not None and grown.get(most, 0) > limits.grown:
            return ArmError(
                f"{step.sampler} would look for neighbours among {grown[most]:,} rows "
                f"of {most!r}, {limits.grown:,} are allowed: its time grows with their "
                "square",
                "use random-over, weights or random-under, or take a sample of the "
                "rows",
                code="too-many-rows",
                field="data.read.rows",
            )
        rows = sum((now if entry.group == "combined" else before).values())
        if limits.rows is not None and rows > limits.rows:
            helps = _suggest_cap(before, limits.rows / rows)
            fit = math.floor(limits.rows / rows * sum(before.values()))
            ratio_left = min(10, fit // min(before.values()) - 1)
            if len(before) == 2 and ratio_left >= 1:
                helps.append(f"fit on {ratio_left} negatives per positive")
            return ArmError(
                f"{step.sampler} would look for neighbours among {rows:,} rows, "
                f"{limits.rows:,} are allowed: its time grows with their square",
                ", or ".join([*helps, "use smote or random-under"]),
                code="too-many-rows",
                field="data.thin",
            )
    return None


def _suggest_cap(counts: Mapping[str, int], share: float) -> list[str]:
    """Name the cap on the majority with which a share of the rows is left.

    Nothing grows slower than the rows, so that they fit.
    """
    rare = min(counts.values())
    cap = math.floor(share * sum(counts.values())) - rare
    if cap < rare:
        return ["take a sample of the rows"]
    wanted = math.ceil(100 * rare / cap) / 100
    rows = math.floor(rare / wanted)
    return [
        f"put random-under with ratio {wanted:g} before it (a cap of {rows:,} majority "
        "rows)"
    ]
