"""Checks of what a sampler is given, and of what it returns.

Samplers go wrong without an error: they return one class, leave rows as they are,
stay short of what was asked, or drop nearly all of a class. Every such answer has a
name here. Needs numpy for the rows; the words come from counts alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from engine.core.errors import ArmError
from engine.core.methods import ratio, registry
from engine.core.methods.repair import rows_of, target_counts
from engine.core.methods.samplers import why

if TYPE_CHECKING:
    import numpy as np

    from engine.core.methods.grammar import Step
    from engine.core.methods.samplers import Sampler


BLOCK_ROWS = 65_536
"""Rows that are looked at a time: what is made on the way stays small."""
FAR = 0.01
"""Share of the rows asked for that a class may be off before it is reported."""
FEW = 0.1
"""Share of a class's rows below which it is nearly gone."""
SMALLER = 0.5
"""Share of the rarest class below which the most frequent one became the smaller."""


def check_rows(X: np.ndarray, y: np.ndarray) -> None:
    """Refuse rows that no sampler can answer truly.

    Parameters
    ----------
    X : numpy.ndarray of shape (n_rows, n_features)
        Rows about to be treated.
    y : numpy.ndarray of shape (n_rows,)
        Their classes: whole numbers from 0.

    Raises
    ------
    ArmError
        If a value is missing or infinite, a class is missing, or there is one
        class only.

    Examples
    --------
    >>> import numpy as np
    >>> try:
    ...     check_rows(np.array([[0.0], [np.nan]]), np.array([0, 1]))
    ... except ArmError as error:
    ...     error.message
    '1 of 2 rows hold values that are missing or infinite'
    """
    import numpy as np

    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise ArmError(
            f"{int((~np.isfinite(y)).sum()):,} of {len(y):,} rows have no class",
            "leave out rows without a target",
            code="no-class",
        )
    if (bad := _not_finite(X)) > 0:
        raise ArmError(
            f"{bad:,} of {len(X):,} rows hold values that are missing or infinite",
            "fill what is missing (missing = impute), or use untreated or weights",
            code="not-finite",
        )
    if len(y) == 0 or (y == y[0]).all():
        raise ArmError(
            f"there is one class only among {len(y):,} rows to fit on",
            "give rows of another class (fewer folds may help)",
            code="one-class",
        )


def check(step: Step, X: np.ndarray, before: Mapping[str, int], y: np.ndarray) -> None:
    """Refuse an answer that came without an error and cannot be trained on.

    Parameters
    ----------
    step : Step
        The sampler and what was asked of it.
    X : numpy.ndarray of shape (n_rows, n_features)
        The rows it returned.
    before : mapping of label to int
        Rows of each class that it was given, in the order of their numbers.
    y : numpy.ndarray of shape (n_rows,)
        The classes it returned.

    Raises
    ------
    ArmError
        If a class is gone, or a value is none.

    Examples
    --------
    >>> import numpy as np
    >>> from engine.core.methods.grammar import Step
    >>> try:
    ...     check(Step("enn"), np.ones((3, 1)), {"no": 9, "yes": 3}, np.ones(3, int))
    ... except ArmError as error:
    ...     error.message
    "enn left one class only: 3 rows of 'yes'"
    """
    import numpy as np

    counts = np.bincount(y, minlength=len(before))
    after = dict(zip(before, counts.tolist(), strict=True))
    gone = [label for label, had in before.items() if had and not after[label]]
    left = [label for label, has in after.items() if has]
    if gone:
        what = f"no row of {', '.join(map(repr, gone))}" if left else "no row at all"
        if len(left) == 1:
            what = f"one class only: {after[left[0]]:,} rows of {left[0]!r}"
        raise ArmError(
            f"{step.sampler} left {what}",
            "use another sampler, or untreated or weights",
            code="class-lost" if len(left) > 1 else "one-class",
        )
    if _not_finite(X):
        raise ArmError(
            f"{step.sampler} made values that are no numbers",
            "check the columns for extreme values",
            code="not-finite",
        )


def notes(
    step: Step,
    before: Mapping[str, int],
    after: Mapping[str, int],
    *,
    between: tuple[str, str] | None = None,
    changed: bool | None = None,
) -> tuple[str, ...]:
    """Say what a sampler's answer is, where it is not what was asked for.

    Parameters
    ----------
    step : Step
        The sampler and what was asked of it.
    before, after : mapping of label to int
        Rows of each class.
    between : tuple of (label, label), optional
        The rarest and the most frequent class before the first step of the method.
    changed : bool, optional
        Whether any row was added or dropped; as the counts say when None.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> from engine.core.methods.grammar import Step
    >>> notes(Step("enn"), {"no": 60, "yes": 6}, {"no": 60, "yes": 6})
    ('changed nothing: there is no row to drop',)
    >>> notes(Step("condensed"), {"no": 60, "yes": 20}, {"no": 1, "yes": 20})
    ('only 1 of 60 majority rows is left',)
    """
    entry = registry.sampler(step.sampler)
    rare, many = between or ratio.ends(before)
    wanted = target_counts(step, before, (rare, many))
    combined = entry.group == "combined"
    if changed is None:
        changed = dict(before) != dict(after)
    if not changed:
        reason = why("Unchanged", entry.name)
        if combined:
            reason = (
                "the classes have the asked ratio already, and there is no row to drop"
            )
        elif wanted is not None and dict(wanted) == dict(before):
            reason = why_idle(step, before, (rare, many))
        elif not reason and wanted is None:
            reason = "there is no row to drop"
        elif not reason:
            reason = f"{entry.name} found no row to add or drop here"
        return (f"changed nothing: {reason}",)
    wanted = wanted or {}
    params = registry.check_step(step)
    # The ratio of two classes that is asked for, if one is.
    named = not wanted or len(before) != 2 or params.get("counts")
    aim = None if named else float(params["ratio"])
    reached = after[rare] / max(1, after[many])
    off = [c for c, n in wanted.items() if abs(after[c] - n) > FAR * n]
    because = why("Short", entry.name)
    if combined:
        off = [rare] if aim is not None and reached < (1 - FAR) * aim else []
        because = "the cleaning dropped the rest"
    because = because and f": {because}"
    if off and aim is not None:
        texts = [f"reached {reached:.2f} of the asked ratio {aim:g}{because}"]
    else:
        texts = [
            f"{after[label]:,} {rows_of(after[label], label, before, rare)}, where "
            f"{wanted[label]:,} were asked for{because}"
            for label in off
        ]
    return (*texts, *_losses(entry, before, after, wanted, rare))


def _not_finite(X: np.ndarray) -> int:
    """Count rows with a value that is missing or infinite."""
    import numpy as np

    bad = 0
    for begin in range(0, len(X), BLOCK_ROWS):
        bad += int((~np.isfinite(X[begin : begin + BLOCK_ROWS]).all(axis=1)).sum())
    return bad


def why_idle(step: Step, counts: Mapping[str, int], between: tuple[str, str]) -> str:
    """Say why a step has nothing to do where it is asked for the rows there are.

    Examples
    --------
    >>> from engine.core.methods.grammar import Step
    >>> why_idle(Step("smote"), {"no": 50, "yes": 50}, between=("yes", "no"))
    'the classes have the asked ratio already'
    >>> why_idle(Step("random-under"), {"no": 50, "yes": 90}, between=("yes", "no"))
    "'yes' was the rarest class at first, and loses no row"
    """
    params = registry.check_step(step)
    if params.get("counts"):
        return "the classes have the rows asked for already"
    low, high = min(counts.values()), max(counts.values())
    share = float(params["ratio"])
    if low >= round(share * high) or high <= round(low / share):
        return "the classes have the asked ratio already"
    rare, many = between
    if registry.sampler(step.sampler).group == "under":
        return f"{rare!r} was the rarest class at first, and loses no row"
    return f"{many!r} was the largest class at first, and gets no further rows"


def _losses(
    entry: Sampler,
    before: Mapping[str, int],
    after: Mapping[str, int],
    wanted: Mapping[str, int],
    rare: str,
) -> Iterator[str]:
    """Name classes that lost rows and were not to, then those that are nearly gone."""
    rows = {label: rows_of(2, label, before, rare) for label in before}
    most = max(before, key=lambda c: before[c])
    for label, had in before.items():
        protected = label == rare or (entry.group != "under" and label != most)
        if protected and after[label] < had:
            yield f"fewer {rows[label]} than before ({had:,} → {after[label]:,})"
    for label, had in before.items():
        left = after[label]
        if label == rare or left >= (1 - FAR) * wanted.get(label, had):
            continue
        if left < FEW * had:
            verb = "is" if left == 1 else "are"
            yield f"only {left:,} of {had:,} {rows[label]} {verb} left"
        elif left < SMALLER * after[rare] and had >= before[rare]:
            yield (
                f"{rows[label]} are the fewer now ({had:,} → {left:,}, beside "
                f"{after[rare]:,})"
            )
