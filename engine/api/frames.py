"""Figures of a result as frames of pandas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pandas as pd

from engine.core.arm_result import ArmAtPoint, ArmResult
from engine.core.errors import RunFailedError, unknown
from engine.core.explain import ErrorRows
from engine.core.outcome import Confusion
from engine.core.result import Result as Document
from engine.core.state import State
from engine.core.subgroups import Subgroup, SubgroupColumn
from engine.evaluate.threshold import choose
from engine.explain.errors import compare_by
from engine.explain.model import Predictions, predict, rows_of_kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.api.table import Gathered
    from engine.export.case import Case

_INTERVAL = ("low", "high")
_SCORES = ("roc_auc", "brier", "log_loss")


def board(result: Document, at: str | None = None) -> pd.DataFrame:
    """Return the arms at an operating point, the fewest missed first."""
    point = result.select_point(at)
    rows = [_arm_row(placed) for placed in result.at_point(point)]
    done = {row["arm"] for row in rows}
    rows += [_without(arm) for arm in result.arms if arm.name not in done]
    columns = {name: None for row in rows for name in row}
    frame = pd.DataFrame(rows, columns=[*columns])
    # What no arm has is a number that is missing.
    empty = [name for name in frame if frame[name].isna().all()]
    return frame.astype({str(name): float for name in empty})


def _arm_row(placed: ArmAtPoint) -> dict[str, object]:
    arm, point, counts = placed.arm, placed.point, placed.counts
    test = arm.test or {}
    ranking = arm.average_precision_ci or (None, None)
    row: dict[str, object] = {
        "arm": arm.name,
        "method": arm.method,
        "model": arm.model,
        "missed": counts.fn,
        "found": counts.tp,
        "recall": placed.recall,
        **_interval("recall", placed.recall_ci or (None, None)),
        "false_alarms": counts.fp,
        "precision": placed.precision,
        "average_precision": test.get("average_precision"),
        **_interval("average_precision", ranking),
        **{name: test.get(name) for name in _SCORES},
        "cost": point.cost,
        "trials": arm.search.trials,
        "repairs": "; ".join(arm.repairs),
        "error": "",
    }
    if point.threshold is None:
        several = {m: point.metric(m) for m in ("macro_recall", "macro_f1")}
        return row | several
    row["threshold"] = point.threshold
    if point.metric("missed_amount") is not None:  # costs per row
        row |= {name: point.metric(name) for name in ("missed_amount", "amount_recall")}
    return row


def _interval(of: str, limits: Any) -> dict[str, float | None]:
    return dict(zip((f"{of}_{end}" for end in _INTERVAL), limits, strict=True))


def _without(arm: ArmResult) -> dict[str, object]:
    """Return the row of an arm that has no result there."""
    why = arm.error.message if arm.error else arm.status
    fields = {"arm": arm.name, "method": arm.method, "model": arm.model}
    return fields | {"trials": arm.search.trials, "error": why}


def trials(state: State) -> pd.DataFrame:
    """Return every trial of a search, as Optuna lists them."""
    rows = [
        {
            "arm": arm.name,
            "number": trial.number,
            "value": None if trial.failed else trial.score,
            "state": "FAIL"
            if trial.failed
            else "PRUNED"
            if trial.pruned
            else "COMPLETE",
            "rounds": trial.rounds,
            "seconds": trial.seconds,
            **{f"params_{name}": value for name, value in trial.params.items()},
        }
        for arm in state.arms
        for trial in arm.trials
    ]
    first = ["arm", "number", "value", "state", "rounds", "seconds"]
    columns = {name: None for row in rows for name in row} or dict.fromkeys(first)
    return pd.DataFrame(rows, columns=[*columns])


def subgroups(columns: Iterable[SubgroupColumn]) -> pd.DataFrame:
    """Return what each arm does on each group of some columns."""
    return pd.DataFrame(
        {"column": column.column, "arm": one.arm, **_group(group)}
        for column in columns
        for one in column.arms
        for group in one.groups
    )


def _group(group: Subgroup) -> dict[str, Any]:
    """Return the fields of a group, an interval as its two ends."""
    row: dict[str, Any] = {}
    for name, value in msgspec.structs.asdict(group).items():
        if name.endswith("_ci"):
            row |= _interval(name.removesuffix("_ci"), value or (None, None))
        else:
            row[name] = value
    return row


def gaps(columns: Iterable[SubgroupColumn]) -> pd.DataFrame:
    """Return the gaps between the groups of some columns."""
    names = ["column", "arm", "metric", "lowest", "highest", "gap", *_INTERVAL]
    names += ["p", "adjusted_p", "change", "change_low", "change_high", "effect"]
    rows: list[tuple[Any, ...]] = []
    for column in columns:
        for one in column.gaps:
            gap = (one.metric, one.low, one.high, one.gap, *one.ci)
            to = one.change
            change = (to.difference, *to.ci, to.effect) if to else (None,) * 4
            rows.append((column.column, one.arm, *gap, one.p, one.adjusted_p, *change))
    return pd.DataFrame(rows, columns=names)


def differences(
    result: Document, a: str | None = None, b: str | None = None
) -> pd.DataFrame:
    """Return paired differences of arms, `a` minus `b`; of every pair when None."""
    names = [arm.name for arm in result.done]
    for name in (a, b):
        if name is not None and name not in names:
            raise unknown(f"no arm {name!r} has a result", names, name, field="arm")
    within = {(one.a, one.b) for one in result.comparison}
    across = (one for one in result.across if (one.a, one.b) not in within)
    rows = []
    for one in (*result.comparison, *across):
        for first, second, sign in ((one.a, one.b, 1), (one.b, one.a, -1)):
            fits = first == (a or first) and second == (b or second)
            if fits and (sign == 1 or a is not None or b is not None):
                ends = sorted(sign * end for end in one.ci)
                row = {"a": first, "b": second, "metric": one.metric, "at": one.at}
                rows.append(
                    row
                    | {"class": one.klass, "difference": sign * one.difference}
                    | dict(zip(_INTERVAL, ends, strict=True))
                    | {"p": one.p, "adjusted_p": one.adjusted_p, "method": one.method}
                )
    if not rows and a is not None and b is not None:
        pairs = dict.fromkeys(f"{one.a} and {one.b}" for one in result.comparison)
        raise unknown(f"{a} and {b} were not compared", tuple(pairs))
    columns = ["a", "b", "metric", "at", "class", "difference", *_INTERVAL]
    frame = pd.DataFrame(rows, columns=[*columns, "p", "adjusted_p", "method"])
    return frame if result.classes else frame.drop(columns="class")


# Of the rows --------------------------------------------------------------------------


def _predict(case: Case, arm: str, at: str | float | None) -> Predictions:
    """Return what an arm predicts of the test rows, at a point or a threshold."""
    moved = {arm: float(at)} if isinstance(at, int | float) else {}
    name = at if isinstance(at, str) else None
    request = ErrorRows(
        id=0, store="", run=case.run, arm=arm, at=name, thresholds=moved
    )
    return predict(case.bench, request)


def subgroups_by(case: Case, column: str, at: str) -> SubgroupColumn:
    """Return what every arm does on each level of any column of the table."""
    return compare_by(case.bench, _predict(case, case.chosen.name, at), column)


def matrix_at(case: Case, threshold: float) -> Confusion:
    """Return the counts of an arm of two classes at any threshold."""
    if case.multiclass:
        raise RunFailedError(
            "a threshold is of two classes, and there are more",
            f"name an operating point: {', '.join(case.chosen.point_names)}",
        )
    return _predict(case, case.chosen.name, threshold).confusion()


def missed(
    case: Case, arm: str, at: str | float | None, gathered: Gathered | None
) -> pd.DataFrame:
    """Return the test rows that an arm misses, the lowest score first."""
    found = _predict(case, arm, at)
    places = np.flatnonzero(rows_of_kind(found, "missed"))
    scores = found.own_scores[places]
    order = np.argsort(scores, kind="stable")
    places, scores = places[order], scores[order]
    numbers = case.bench.numbers[places] - 1
    if gathered is None:
        frame = case.bench.table.frame.iloc[numbers]
    else:
        frame = _given(gathered, numbers)
    labels = case.bench.dataset.labels
    says = [found.label_text(int(place), labels) for place in places]
    taken = {str(name) for name in frame.columns}
    for name, values in (("predicted", says), ("score", scores)):
        while name in taken:
            name += "_"
        frame.insert(0, name, values)
    return frame


def _given(gathered: Gathered, numbers: np.ndarray) -> pd.DataFrame:
    """Return rows as the caller gave them, with the caller's labels."""
    if gathered.test is None:
        frame: pd.DataFrame = gathered.table.take(numbers).to_pandas()
        return frame.set_axis(gathered.index[numbers], axis=0)
    # Test rows of their own stand below the others.
    numbers = numbers - gathered.table.num_rows
    frame = gathered.test.take(numbers).to_pandas()
    return frame.set_axis(gathered.test_index[numbers], axis=0)


def thresholds(case: Case) -> pd.DataFrame:
    """Return the thresholds that folds choose by themselves, and the run's own."""
    if case.multiclass:
        raise RunFailedError(
            "thresholds are of two classes, and there are more",
            "look at the weights of the classes: matrix()",
        )
    plan, chosen = case.plan, case.chosen
    scores = plan.scores(case.artifact(f"oof/{chosen.name}"))
    scores = scores.reshape(plan.repeats, -1)
    y, worth = plan.dataset.y[plan.validation_rows], plan.worth(plan.validation_rows)
    train = plan.dataset.y[plan.split.to_validate(plan.split.train)]
    per_repeat = plan.experiment.search.folds
    rows = []
    for point in chosen.points:
        name = point.name
        if name == "recommended":
            continue
        for fold, places in enumerate(plan.validation_places):
            own = choose(
                name,
                y[places],
                scores[fold // per_repeat, places],
                prevalence=float(np.mean(train)),
                costs=plan.costs,
                test_rows=len(places),
                worth=None if worth is None else worth[places],
            )
            rows.append({"at": name, "fold": fold, "threshold": own.threshold})
        rows.append({"at": name, "fold": None, "threshold": point.threshold})
    frame = pd.DataFrame(rows, columns=["at", "fold", "threshold"])
    return frame.astype({"fold": "Int64", "threshold": float})
