"""Compare methods on a table: the run of the command line, as one call."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
from msgspec.structs import replace

from engine.api.drive import drive
from engine.api.methods import Methods, arms_of
from engine.api.place import RunPlace, open_place
from engine.api.progress import How
from engine.api.result import Result
from engine.api.table import Gathered, gather, write
from engine.core.errors import SpecError, StoreError, unknown
from engine.core.experiment import Experiment
from engine.core.methods.grammar import with_models_of
from engine.core.presets import preset as ready
from engine.core.record import Run, RunOptions
from engine.data.target import label
from engine.io.source import NO_FILES
from engine.store import inputs
from engine.store.store import Store, open_store

Costs: TypeAlias = tuple[float, float] | Mapping[str, float]
_COSTS = ("fn", "fp", "tp", "tn", "review")


def compare(
    X: Any,
    y: Any = None,
    *,
    methods: Methods | None = None,
    models: str | Iterable[str] | None = None,
    preset: str | None = None,
    positive: Any = None,
    costs: Costs | None = None,
    cost_fn_column: Any = None,
    prevalence: float | None = None,
    at: str | None = None,
    groups: Any = None,
    subgroups: str | Iterable[str] | None = None,
    time: Any = None,
    sample_weight: Any = None,
    test: Any = None,
    thin: int | None = None,
    trials: int | None = None,
    folds: int | None = None,
    splits: int | None = None,
    seed: int | None = None,
    jobs: int | None = None,
    time_limit: float | None = None,
    store: str | Path | bool | None = None,
    progress: How = "auto",
) -> Result:
    """Compare methods for class imbalance on a table.

    It is the run of the command line on the same rows: test rows are set aside first,
    only training rows are treated, each arm gets the same number of trials, and
    thresholds come from out-of-fold scores. It runs in a process of its own.

    Parameters
    ----------
    X : frame, array, path or tuple
        Rows of features: a frame of pandas, polars or pyarrow, a two-dimensional
        array, or ``(frame, "target")``. Or the path of a table, or ``sample:NAME``.
    y : array-like, str or None, default=None
        The class of each row, in the order of the rows; or the name of its column in
        `X`. Of a path it is guessed when None.
    methods : iterable, str or None, default=None
        What to compare: methods as on the command line (``"smote:ratio=0.5"``), of
        `method`, objects with ``fit_resample``, or pairs of a name and one of these.
        ``"untreated"`` is always among them. The article's six when None.
    models : str, iterable of str or None, default=None
        What learns, such as ``["xgboost", "logistic"]``: every method with each of
        them. XGBoost, or what `preset` says, when None.
    preset : {"article", "quick", "thorough", "classic", "carriero"} or None
        What is not given otherwise; the article's study, stratified, when None.
    positive : object, default=None
        The positive class; the rarer one when None.
    costs : tuple (fn, fp), mapping or None, default=None
        Cost of a missed positive and of a false alarm, as a mapping with ``"tp"`` and
        ``"tn"`` too, and ``"review"``: of a person who looks at a row (see
        `Result.review`). What balancing the classes implies where none are given.
    cost_fn_column : array-like, str or None, default=None
        What it costs to miss each row, such as the amount of a fraud; or the name of
        the column that says it, which is a feature like any other. Give what is known
        only afterwards as an array, which is no feature. `costs` then has no ``"fn"``,
        as ``{"fp": 5}``.
    prevalence : float or None, default=None
        Share of positives where the model will be used, above 0 and below 1; that of
        the table when None.
    at : str or None, default=None
        The operating point that orders the board, such as ``"recall>=0.9"``.
    groups : array-like, str or None, default=None
        Rows of one group are never divided; or the name of a column.
    subgroups : str, iterable of str or None, default=None
        Columns by whose values errors are compared; they are no features, see
        `Result.subgroups`.
    time : array-like, str or None, default=None
        The latest rows are the test rows; or the name of a column.
    sample_weight : array-like, str or None, default=None
        How much each row counts when a model is fitted; or the name of a column.
    test : float, tuple (X, y), array-like, str or None, default=None
        Share of the test rows (0.2), the test rows themselves, or which rows they
        are: an array, or the name of a column, of ``"train"`` and ``"test"`` or of
        booleans.
    thin : int or None, default=None
        Negatives per positive that models are fitted on; 0 fits on all. When None, 10
        of more than 1,000,000 training rows, else all.
    trials : int or None, default=None
        Settings tried per arm (10).
    folds : int or None, default=None
        Folds inside the training rows (5).
    splits : int or None, default=None
        Hold-outs (1): each is drawn anew, and everything is repeated in it; see
        `Result.splits`.
    seed : int or None, default=None
        Equal seeds give equal numbers, to the last bit. 42 when None.
    jobs : int or None, default=None
        Units of work at a time; all cores when None. Changes no number.
    time_limit : float or None, default=None
        Seconds after which no new trial starts.
    store : str, Path, bool or None, default=None
        The file that keeps the run; with True the one of the app and the command
        line. The same call then returns at once, or finishes what is left, unless a
        method is an object. The run goes with its `Result` when None.
    progress : bool, "auto" or callable, default="auto"
        A table in a notebook, lines on standard error elsewhere; nothing when False.
        A callable is given each `State`.

    Returns
    -------
    Result
        An interrupt (■ in a notebook) cancels the run and returns what is there:
        its `status` is ``"cancelled"`` then, and `Result.resume` finishes it.

    Raises
    ------
    EngineError
        If the table or an argument cannot be used, or no arm came to a result.

    Examples
    --------
    >>> import imbtui
    >>> result = imbtui.compare(
    ...     "sample:moons", "label", methods=["untreated", "smote"], trials=1, folds=2,
    ...     progress=False,
    ... )
    >>> result.status, sorted(result.board()["arm"])
    ('done', ['smote', 'untreated'])
    """
    wanted = arms_of(methods)
    chosen = (models,) if isinstance(models, str) else tuple(models or ())
    if models is not None and not chosen:
        raise SpecError("models is empty", 'give some: ["xgboost", "logistic"]')
    gathered = None
    if not isinstance(X, str | os.PathLike):
        gathered = gather(
            X,
            y,
            groups=groups,
            time=time,
            sample_weight=sample_weight,
            cost_fn_column=cost_fn_column,
            test=test,
        )
        cost_fn_column = gathered.cost
    elif cost_fn_column is not None and not isinstance(cost_fn_column, str):
        raise SpecError(
            f"cost_fn_column is given as {type(cost_fn_column).__name__} beside a path",
            "give the name of a column, or the table as a frame",
        )
    place = open_place(store)
    with place.open() as opened:
        data, split = _source(opened, gathered, X, y, groups, time, sample_weight, test)
        base = ready(preset, source=data.pop("source"))
        decision = _decision(costs, cost_fn_column, prevalence, at)
        if positive is not None:
            data["positive"] = label(positive)
        data["thin"] = thin
        if subgroups is not None:
            one = isinstance(subgroups, str)
            data["subgroups"] = (subgroups,) if one else tuple(subgroups)
        if gathered is not None and gathered.no_features:
            data["drop"] = (*base.data.drop, *gathered.no_features)
        search = {"trials": trials, "folds": folds, "time_limit": time_limit}
        arms = with_models_of(wanted.arms, base.arms) or base.arms
        given = {"arms": arms, "models": chosen, "seed": seed, "splits": splits}
        experiment = replace(
            base,
            data=replace(base.data, **_known(data)),
            split=replace(base.split, **_known(split)),
            search=replace(base.search, **_known(search)),
            decision=replace(base.decision, **decision),
            **_known(given),
        )
        # Objects are known by the names of their classes only: neither an earlier run
        # nor kept folds tell whether they are of the same ones.
        again = bool(store) and not wanted.objects
        run = _find(opened, experiment) if again else None
        if run is None:
            run = opened.create(experiment, RunOptions(jobs=jobs, cache=again))
        elif run.status != "done" and not opened.queue(run.id):
            raise StoreError(
                f"{run.title} with these settings is {run.status} already",
                "wait for its end, or cancel it",
            )
    result = Result(place, run.id, gathered, wanted.objects)
    if run.status != "done":
        drive(place, run, progress, wanted.objects)
    return result


def _source(
    store: Store,
    gathered: Gathered | None,
    X: Any,
    y: Any,
    groups: Any,
    time: Any,
    sample_weight: Any,
    test: Any,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the experiment says of the table and of its test rows."""
    if gathered is None:
        source = os.fspath(X)
        if not source.startswith(NO_FILES):
            source = str(Path(source).expanduser().absolute())
        names = {"y": y, "groups": groups, "time": time, "sample_weight": sample_weight}
        for name, value in names.items():
            if value is not None and not isinstance(value, str):
                raise SpecError(
                    f"{name} is given as {type(value).__name__} beside a path",
                    "give the name of a column, or the table as a frame",
                )
        data = {"source": source, "target": y, "weight": sample_weight}
        split = {"group": groups, "time": time}
        if isinstance(test, str):
            split["by"] = test
        elif isinstance(test, int | float):
            split["test_size"] = float(test)
        elif test is not None:
            raise SpecError(
                f"test is given as {type(test).__name__} beside a path",
                "give a share, the name of a column, or the table as a frame",
            )
        return data, split
    data = {
        "source": _keep(store, gathered.table),
        "target": gathered.target,
        "weight": gathered.weight,
    }
    if gathered.test is not None:
        data["test_source"] = _keep(store, gathered.test)
    split = {"group": gathered.group, "time": gathered.time, "by": gathered.by}
    if gathered.test_size is not None:
        split["test_size"] = gathered.test_size
    return data, split


def _keep(store: Store, table: Any) -> str:
    """Write a table beside the store, in a file named by its content."""
    with write(table) as stream:
        return str(inputs.keep(store.folder, stream))


def _decision(
    costs: Costs | None, column: str | None, prevalence: float | None, at: str | None
) -> dict[str, Any]:
    """Return what the experiment says of costs, prevalence and operating point."""
    named = {"at": at, "cost_fn_column": column, "prevalence": prevalence}
    given = _known(named)
    if costs is None:
        return given
    if not isinstance(costs, Mapping):
        if len(costs) != 2:
            raise SpecError(
                f"costs has {len(costs)} numbers", "give (cost_fn, cost_fp)"
            )
        costs = dict(zip(_COSTS, costs, strict=False))
    if other := sorted(set(costs) - {*_COSTS}):
        raise unknown(f"no cost {other[0]!r}", _COSTS, other[0])
    return given | {f"cost_{name}": float(value) for name, value in costs.items()}


def _known(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _find(store: Store, experiment: Experiment) -> Run | None:
    """Return the run of an experiment: one that is done, else the newest."""
    wanted = msgspec.json.encode(experiment)
    same = [r for r in store.runs() if msgspec.json.encode(r.experiment) == wanted]
    return next((r for r in same if r.status == "done"), next(iter(same), None))


def open_run(run: str | int = "last", *, store: str | Path | None = None) -> Result:
    """Open a run of the app, the command line or an earlier `compare`.

    Parameters
    ----------
    run : str or int, default="last"
        Its number, its id or the beginning of that, or ``"last"``.
    store : str, Path or None, default=None
        The file that keeps it; the one of the app when None.

    Returns
    -------
    Result
        Of a run that is not over: what is there by now.

    Raises
    ------
    StoreError
        If there is no such run.
    """
    place = RunPlace(Path(store) if store is not None else None)
    with open_store(place.path, create=False) as opened:
        return Result(place, opened.run(str(run)).id)
