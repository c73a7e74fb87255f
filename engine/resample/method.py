"""Apply an arm's samplers, of imbalanced-learn or a plug-in, to fitting rows."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

from engine.core.errors import ArmError, SpecError, out_of_memory
from engine.core.lazy import import_class
from engine.core.methods import postcheck, ratio, registry, repair
from engine.core.methods.grammar import Arm, Step
from engine.core.methods.samplers import LIBRARY, Params, ParamValue, Sampler
from engine.features.encoding import BLOCK_ROWS, Layout
from engine.resample import neighbours
from engine.resample.provenance import SYNTHETIC, origin
from engine.resample.support import quicken
from engine.resample.trace import parents, tracing_class

if TYPE_CHECKING:
    from engine.resample.trace import Parents

NO_ROW = -1
_SMALL = 127
_TOMEK = ("tomek", "tomek-links")
_FIXES = {
    "considered as noise": "the classes overlap too much for a border: use smote or "
    "weights",
    "No clusters": "lower cluster_balance_threshold, or change clusters",
    "Not any neigbours": "no majority row is near a minority row: use smote",
    "too large": "check the columns for extreme values",
    "No samples will be generated": "so few rows cannot be shared out: use smote or "
    "random-over",
}
"""Fixes, by the messages of imbalanced-learn and scikit-learn."""


# What becomes of the rows -----------------------------------------------------------


class Lineage(NamedTuple):
    """What every treated row was made from.

    Attributes
    ----------
    first, second : numpy.ndarray of shape (n_rows,)
        Row numbers of the parents among the fitting rows; -1 where there is none, or
        it is synthetic itself.
    weight : numpy.ndarray of shape (n_rows,)
        How far the row lies from the first parent (0) to the second (1), or beyond.
    step : numpy.ndarray of shape (n_rows,)
        The step that made the row; -1 for a real one.
    exact : numpy.ndarray of shape (n_rows,), dtype bool
        Whether the sampler reported it; otherwise the nearest segment was searched for.
    """

    first: np.ndarray
    second: np.ndarray
    weight: np.ndarray
    step: np.ndarray
    exact: np.ndarray

    @classmethod
    def of_real(cls, rows: int) -> Lineage:
        """Return the lineage of real rows."""
        none = np.full(rows, NO_ROW, dtype=np.int64)
        known, weight = np.ones(rows, dtype=bool), np.full(rows, np.nan)
        return cls(none, none, weight, none.astype(np.int8), known)

    def take(self, rows: np.ndarray) -> Lineage:
        """Return that of some rows."""
        return Lineage(*(column[rows] for column in self))


class FittedStep(NamedTuple):
    """What the sampler of a step was built from.

    Attributes
    ----------
    sampler : str
        Its name in the registry.
    params : dict
        All of its parameters, after every repair.
    counts : dict of int to int
        Rows of each class that it was given.
    dtype : str
        Of its rows.
    """

    sampler: str
    params: Params
    counts: dict[int, int]
    dtype: str


@dataclass(frozen=True)
class MethodRows:
    """Fitting rows after an arm's method.

    Attributes
    ----------
    X : numpy.ndarray of shape (n_rows, n_features), dtype float32
    y : numpy.ndarray of shape (n_rows,), dtype int8 (int32 of more than 127 classes)
    origin : numpy.ndarray of shape (n_rows,)
        Row number among the fitting rows, or -1 for a synthetic row.
    repairs, notes : tuple of str
        What the pre-flight changed, and what the result shows.
    resamples : int
        Samplers that came to an end.
    lineage : Lineage or None
        Where the synthetic rows come from, if traced.
    steps : tuple of FittedStep
        The steps that had something to do, in order.
    weights : numpy.ndarray of shape (n_rows,) or None
        What each row weighs, if the fitting rows have weights.
    """

    X: np.ndarray
    y: np.ndarray
    origin: np.ndarray
    repairs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    resamples: int = 0
    lineage: Lineage | None = None
    steps: tuple[FittedStep, ...] = ()
    weights: np.ndarray | None = None


@dataclass(frozen=True)
class _Job:
    """What all steps of a method have in common."""

    labels: tuple[str, ...]
    between: tuple[int, int]
    seed: int
    layout: Layout | None
    scale: float
    trace: bool
    alone: bool

    def by_label(self, counts: Mapping[int, int]) -> dict[str, int]:
        """Return counts by label."""
        return {self.labels[code]: count for code, count in counts.items()}

    def add_notes(
        self, treated: MethodRows, step: Step, notes: Sequence[str]
    ) -> tuple[str, ...]:
        """Add notes on a step, with its name where there are others."""
        name = step.sampler
        named = (
            n if self.alone or n.startswith(name) else f"{name}: {n}" for n in notes
        )
        return tuple(dict.fromkeys([*treated.notes, *named]))


def apply(
    arm: Arm,
    X: np.ndarray,
    y: np.ndarray,
    *,
    seed: int,
    legalise: Callable[[np.ndarray], np.ndarray] | None = None,
    layout: Layout | None = None,
    labels: Sequence[str] = (),
    whole: int | None = None,
    trace: bool = False,
    weights: np.ndarray | None = None,
) -> MethodRows:
    """Treat fitting rows with an arm's method.

    Parameters
    ----------
    arm : Arm
        Its steps are applied in order; a control returns the rows as they are.
    X : numpy.ndarray of shape (n_rows, n_features), dtype float32
        Fitting rows only.
    y : numpy.ndarray of shape (n_rows,)
        The class of each row, from 0 up; 1 where it is positive if there are two.
    seed : int
        ``random_state`` of every sampler.
    legalise : callable or None, default=None
        Turns synthetic rows into rows that could exist; see `Features.legalise`.
    layout : Layout or None, default=None
        Which columns are categories; all are numbers when None.
    labels : sequence of str, default=()
        Labels of the classes; their numbers if not given.
    whole : int or None, default=None
        Rows that counts per class refer to, if these rows are a part of them.
    trace : bool, default=False
        Whether to trace what each synthetic row was made from.
    weights : numpy.ndarray of shape (n_rows,) or None, default=None
        What each row weighs when a model is fitted; no sampler sees it. A synthetic
        row gets the mean of the rows it was made from; of its class, if not known.

    Returns
    -------
    MethodRows

    Raises
    ------
    ArmError
        If a sampler cannot work on these rows.

    Examples
    --------
    >>> from engine.core.methods import grammar
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(100, 2)), np.repeat([0, 1], [90, 10])
    >>> treated = apply(grammar.parse("smote"), X, y, seed=0)
    >>> np.bincount(treated.y), int((treated.origin == -1).sum())
    (array([90, 90]), 80)
    """
    y = np.asarray(y)
    every = np.arange(len(y), dtype=np.int64)
    lineage = Lineage.of_real(len(y)) if trace else None
    treated = MethodRows(X, y, every, lineage=lineage, weights=weights)
    if not arm.steps:
        return replace(treated, y=_small(y))
    postcheck.check_rows(X, y)
    classes = int(y.max()) + 1
    counts = _counts(y, classes)
    job = _Job(
        labels=tuple(labels) or tuple(map(str, range(classes))),
        # A step may leave fewer majority rows; which class is which does not change.
        between=ratio.ends({c: n for c, n in counts.items() if n}),
        seed=seed,
        layout=layout,
        scale=len(y) / whole if whole else 1.0,
        trace=trace or weights is not None,
        alone=len(arm.steps) == 1,
    )
    for number, step in enumerate(arm.steps):
        treated = _step(number, step, treated, job)
    made = np.flatnonzero(treated.origin == SYNTHETIC)
    if legalise is not None:
        # In blocks and in place: the rows may be most of what fits into memory.
        for begin in range(0, len(made), BLOCK_ROWS):
            block = made[begin : begin + BLOCK_ROWS]
            treated.X[block] = legalise(treated.X[block])
    return replace(treated, y=_small(treated.y))


def _step(number: int, step: Step, treated: MethodRows, job: _Job) -> MethodRows:
    X, y = treated.X, treated.y
    counts = _counts(y, len(job.labels))
    named = job.by_label(counts)
    between = job.labels[job.between[0]], job.labels[job.between[1]]
    step = repair.scale_counts(step, named, job.scale)
    entry = registry.sampler(step.sampler)
    given, coded = _sampler_input(entry, X, job.layout)
    failure: ArmError | None = None
    for attempt in _attempts(step, named, between):
        idle = repair.target_counts(step, named, between) == named
        if idle and entry.group == "under":
            notes = postcheck.notes(step, named, named, between=between)
            return replace(treated, notes=job.add_notes(treated, step, notes))
        try:
            with _name_package(entry.package):
                sampler = build(
                    step.sampler,
                    attempt.params,
                    counts,
                    seed=job.seed,
                    between=job.between,
                    labels=job.labels,
                    layout=job.layout,
                    trace=job.trace,
                )
                if step.sampler == "svm-smote":
                    quicken(sampler, counts)
                after, labels = sampler.fit_resample(given, y)
                _check_answer(entry.package, given, y, after, labels)
            dtype = str(np.asarray(after).dtype)
            # Some answer in 64 bits, and may have come close to a real row only then.
            after = np.asarray(after, dtype=given.dtype)
            where = origin(sampler, given, y, after, labels)
        except (ValueError, RuntimeError) as error:
            failure = failure or _failure(step, error)
            continue
        postcheck.check(step, after, named, labels)
        lineage = weights = None
        if job.trace:
            kin = parents(sampler, given, y, after, labels, where)
            lineage = treated.lineage and _lineage(number, treated, where, kin)
            if treated.weights is not None:
                weights = _weights(treated, where, kin, labels, package=entry.package)
        notes = postcheck.notes(
            step,
            named,
            job.by_label(_counts(labels, len(job.labels))),
            between=between,
            changed=len(labels) != len(y) or bool((where == SYNTHETIC).any()),
        )
        fitted = FittedStep(step.sampler, attempt.params, counts, dtype)
        return MethodRows(
            X=_expand(X, after, where, job.layout) if coded else after,
            y=labels,
            origin=np.where(where == SYNTHETIC, SYNTHETIC, treated.origin[where]),
            repairs=(*treated.repairs, *attempt.repairs),
            notes=job.add_notes(treated, step, notes),
            resamples=treated.resamples + 1,
            lineage=lineage,
            steps=(*treated.steps, fitted),
            weights=weights,
        )
    raise failure or ArmError(f"{step.sampler} cannot be tried", code="sampler")


def _attempts(
    step: Step, counts: Mapping[str, int], between: tuple[str, str]
) -> Iterator[repair.Attempt]:
    try:
        repair.target_counts(step, counts, between)
        yield from repair.attempts(step, counts, between=between)
    except SpecError as error:
        # Rows per class that these rows do not bear: nobody could know before.
        raise ArmError(
            error.message, error.fix, code="counts", field=error.field
        ) from None


def _lineage(
    number: int, treated: MethodRows, where: np.ndarray, kin: Parents
) -> Lineage:
    """Return where rows come from, those of earlier steps included."""
    assert treated.lineage is not None
    real = where != SYNTHETIC
    earlier = treated.lineage.take(np.where(real, where, 0))

    def rows(of: np.ndarray) -> np.ndarray:
        """Return row numbers among the fitting rows."""
        return np.where(of >= 0, treated.origin[of], NO_ROW)

    return Lineage(
        first=np.where(real, earlier.first, rows(kin.first)),
        second=np.where(real, earlier.second, rows(kin.second)),
        weight=np.where(real, earlier.weight, kin.weight),
        step=np.where(real, earlier.step, number).astype(np.int8),
        exact=np.where(real, earlier.exact, kin.exact),
    )


def _weights(
    treated: MethodRows,
    where: np.ndarray,
    kin: Parents,
    labels: np.ndarray,
    *,
    package: str,
) -> np.ndarray:
    """Return what each row after a step weighs."""
    own = treated.weights
    assert own is not None
    counts = np.maximum(np.bincount(treated.y), 1)
    of_class = np.bincount(treated.y, own) / counts
    # A segment that is nearest tells the parents only where rows are interpolated.
    known = kin.exact | ((kin.second >= 0) & (package == LIBRARY))
    others = np.where(kin.second >= 0, kin.second, kin.first)
    made = np.where(known, (own[kin.first] + own[others]) / 2, of_class[labels])
    return np.asarray(np.where(where == SYNTHETIC, made, own[where]))


def _sampler_input(
    entry: Sampler, X: np.ndarray, layout: Layout | None
) -> tuple[np.ndarray, bool]:
    """Return the rows as a sampler takes them, and whether these are in codes."""
    if entry.columns == "any":
        # All arms share these rows, and other packages may write into what they get.
        return (X if entry.package == LIBRARY else X.copy()), False
    categories = 0 if layout is None else int(layout.categorical.sum())
    numbers = X.shape[1] if layout is None else len(layout.names) - categories
    wrong = repair.column_error(entry.name, numbers=numbers, categories=categories)
    if wrong is not None:
        raise wrong
    assert layout is not None
    return layout.collapse(X), True


def _expand(
    X: np.ndarray, codes: np.ndarray, where: np.ndarray, layout: Layout | None
) -> np.ndarray:
    """Return treated rows as the matrix has them: the real ones as they were."""
    assert layout is not None
    rows = layout.expand(codes)
    real = where != SYNTHETIC
    rows[real] = X[where[real]]
    return rows


@contextmanager
def _name_package(package: str) -> Iterator[None]:
    """Name the package whose sampler raises what samplers do not."""
    try:
        yield
    except Exception as error:
        if out_of_memory(error):
            raise MemoryError from error
        ordinary = isinstance(error, ValueError | RuntimeError | ArmError)
        if ordinary or package == LIBRARY:
            raise
        reason = str(error).strip().partition("\n")[0] or "no reason given"
        raise ValueError(f"{type(error).__name__} in {package}: {reason}") from error


def _check_answer(
    package: str, X: np.ndarray, y: np.ndarray, after: np.ndarray, labels: np.ndarray
) -> None:
    """Refuse an answer of another package that is no table of these classes."""
    if package == LIBRARY:
        return
    rows, classes = np.asarray(after), np.asarray(labels)
    wrong = ""
    if rows.ndim != 2 or rows.shape[1] != X.shape[1]:
        wrong = f"rows of shape {rows.shape}, where {X.shape[1]} columns were given"
    elif len(rows) != len(classes):
        wrong = f"{len(rows):,} rows and {len(classes):,} classes"
    elif classes.dtype.kind not in "iu" or not np.isin(classes, y).all():
        wrong = "classes that it was not given"
    if wrong:
        raise ValueError(f"{package} returned {wrong}")


def _failure(step: Step, error: Exception) -> ArmError:
    text = str(error).strip().partition("\n")[0].rstrip(".")
    methods = [fix for message, fix in _FIXES.items() if message in text]
    if "NaN" in text and step.sampler == "kmeans-smote":
        methods = ["minority rows of a cluster are all alike: give fewer clusters"]
    fix = [*methods, "use another sampler, or other parameters"][0]
    return ArmError(f"{step.sampler}: {text}", fix, code="sampler")


def _counts(y: np.ndarray, classes: int) -> dict[int, int]:
    return dict(enumerate(np.bincount(y, minlength=classes).tolist()))


def _small(y: np.ndarray) -> np.ndarray:
    return y.astype(np.int8 if not len(y) or y.max() <= _SMALL else np.int32)


# The sampler of a step --------------------------------------------------------------


def build(
    name: str,
    params: Mapping[str, ParamValue],
    counts: Mapping[int, int],
    *,
    seed: int,
    between: tuple[int, int] | None = None,
    labels: Sequence[str] = (),
    layout: Layout | None = None,
    trace: bool = False,
) -> Any:
    """Return the sampler for the registry's parameters.

    The ratio is given as counts: as a fraction imbalanced-learn truncates
    ``ratio * majority`` and refuses some valid ratios.

    Parameters
    ----------
    name : str
        Name of a registered sampler.
    params : mapping
        All of its parameters, as `registry.check_step` returns them.
    counts : mapping of int to int
        Rows of each class now.
    seed : int
        Its ``random_state``.
    between : tuple of (int, int) or None, default=None
        The rarest and the most frequent class before any step; as now when None.
    labels : sequence of str, default=()
        What the classes are called, for rows per class that are asked for.
    layout : Layout or None, default=None
        Which columns are categories, for a sampler that takes them as they are.
    trace : bool, default=False
        Whether it is to note which rows it makes others from.

    Returns
    -------
    sampler
        Not fitted.
    """
    entry = registry.sampler(name)
    kind = _load(entry.home, trace=trace)
    given = entry.to_library(params)
    rare, many = between or ratio.ends(counts)
    if not entry.has_ratio:
        of = [label for label in counts if label != rare]
        return _cleaner(entry, kind, given | {"random_state": seed}, of)
    by_label = ratio.parse_counts(str(params.get("counts", "")))
    wanted = {labels.index(label): count for label, count in by_label.items()}
    if not wanted:
        untouched = rare if entry.group == "under" else many
        wanted = ratio.targets(
            entry.group, counts, float(params["ratio"]), between=(rare, many)
        )
        del wanted[untouched]
    if entry.group == "under":
        # Some draw a class anew that has the rows asked for already.
        wanted = {code: n for code, n in wanted.items() if n < counts[code]}
    if entry.group == "combined":
        return _combined(entry, kind, given, wanted, seed, trace=trace)
    share = given.get("cluster_balance_threshold")
    if name == "kmeans-smote" and len(counts) == 2 and share == 0.5:
        given["cluster_balance_threshold"] = "auto"  # the same for two classes
    if name == "random-over" and not given["shrinkage"]:
        given["shrinkage"] = None
    if name == "smotenc":
        assert layout is not None
        given["categorical_features"] = layout.categorical.tolist()
    return _make(kind, sampling_strategy=wanted, random_state=seed, **given)


def _load(home: str, *, trace: bool) -> Any:
    """Return a sampler's class, which notes its parents if they are traced."""
    kind = import_class(home)
    return tracing_class(kind) if trace else kind


def _make(kind: Any, /, **given: Any) -> Any:
    """Return an object of a class, which may not know what all of ours do."""
    known = inspect.signature(kind).parameters
    if any(p.kind is p.VAR_KEYWORD for p in known.values()):
        return kind(**given)
    ours = ("sampling_strategy", "random_state")
    return kind(**{k: v for k, v in given.items() if k in known or k not in ours})


def _combined(
    entry: Sampler,
    kind: Any,
    given: dict[str, object],
    wanted: dict[int, int],
    seed: int,
    *,
    trace: bool,
) -> Any:
    """Return a sampler of two parts, the second of which asks a search of ours."""
    over = _load("imblearn.over_sampling.SMOTE", trace=trace)(
        sampling_strategy=wanted,
        k_neighbors=given.pop("k_neighbors"),
        random_state=seed,
    )
    part, cleaner = ("enn", "enn") if entry.name == "smote-enn" else _TOMEK
    known, of = registry.sampler(cleaner), given.pop("cleans")
    part_of = _cleaner(known, import_class(known.home), given, of)
    return kind(random_state=seed, smote=over, **{part: part_of})


def _cleaner(entry: Sampler, kind: Any, given: dict[str, object], of: object) -> Any:
    """Return a cleaner that asks a search of ours, where it asks one at all.

    Parameters
    ----------
    entry : Sampler
        The registered cleaner.
    kind : type
        imbalanced-learn's class.
    given : dict
        Its parameters.
    of : list of int or "all"
        The classes to drop rows of.
    """
    given = dict(given, sampling_strategy=of)
    if entry.name == "tomek-links":
        return _make(neighbours.SearchingTomekLinks, **given)
    if entry.name == "all-knn":
        return _make(neighbours.SearchingAllKNN, **given)
    if entry.name in ("enn", "repeated-enn"):
        # A search is taken as it is: the row itself must be counted in.
        count = cast("int", given["n_neighbors"]) + 1
        given["n_neighbors"] = neighbours.ExactNeighbors(count)
    return _make(kind, **given)
