"""Every arm's scores, row by row: of the training rows out of fold, and of the test."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from engine.core.export_forms import Parts, Piece, of_json, of_text
from engine.core.outcome import ClassPoint
from engine.evaluate import classes
from engine.export.case import Case
from engine.export.data import RunRows, fold_numbers
from engine.export.tables import free, table_piece
from engine.export.templates import render
from engine.io.filenames import escaped


def predictions(case: Case) -> Parts:
    """Return the scores of every arm that has a result.

    Parameters
    ----------
    case : Case

    Returns
    -------
    Parts
        ``out-of-fold`` and ``test`` as tables, and ``points.json``: the operating
        points of every arm.

    Raises
    ------
    RunFailedError
        If no arm has a result.
    """
    at = _at_point(case)

    def table(name: str, what: str, of: Callable[[Case], pd.DataFrame]) -> Piece:
        return table_piece(name, what, lambda: of(case), case.request.table)

    failed = [arm.name for arm in case.state.arms if not arm.evaluated]
    notes = [f"classes are predicted at the operating point {at!r}: see points.json"]
    if failed:
        notes.append(f"arms without a result are left out: {', '.join(failed)}")
    pieces = (
        table("out-of-fold", "scores of the training rows, out of fold", _out_of_fold),
        table("test", "scores and predicted classes of the test rows", _test),
        of_json("points.json", "every arm's operating points", lambda: _points(case)),
        of_text("README.md", "what each file is", lambda: _readme(case)),
    )
    return Parts(pieces, tuple(notes))


def _at_point(case: Case) -> str:
    """Return the operating point that rows are called at: the same for every arm."""
    return case.usual(case.choose(next(iter(case.done), "")))


def _out_of_fold(case: Case) -> pd.DataFrame:
    plan, validated = case.plan, case.plan.validation_rows
    columns: list[tuple[str, np.ndarray]] = [
        ("row", np.tile(RunRows(case).numbers[validated], plan.repeats)),
        ("repeat", np.repeat(np.arange(plan.repeats), len(validated))),
        ("fold", fold_numbers(plan)[:, validated].ravel()),
        ("label", np.tile(_labels(case)[plan.dataset.y[validated]], plan.repeats)),
    ]
    for arm, names in _names(case).items():
        scores = plan.scores(case.artifact(f"oof/{arm}"))
        columns += zip(names, _columns(scores), strict=False)
    return pd.DataFrame(dict(columns))


def _test(case: Case) -> pd.DataFrame:
    bench, labels = case.bench, _labels(case)
    test = bench.split.test
    numbers = RunRows(case).numbers[test]
    columns = [("row", numbers), ("label", labels[bench.dataset.y[test]])]
    for arm, names in _names(case).items():
        scores = case.scores(arm)
        predicted = labels[_predict(case, arm, scores)]
        columns += zip(names, [*_columns(scores), predicted], strict=True)
    return pd.DataFrame(dict(columns))


def _names(case: Case) -> dict[str, list[str]]:
    """Return the columns of each arm: its scores, and last what it calls a row.

    An arm may be called anything, so that a name may be taken already.
    """
    labels = case.bench.dataset.labels if case.multiclass else ()
    taken = ["row", "repeat", "fold", "label"]
    found = {}
    for arm in case.done:
        scores = [f"{arm}: {label}" for label in labels] or [arm]
        wanted = [_in_file(case, name) for name in (*scores, f"{arm}: predicted")]
        found[arm] = [*free(wanted, taken)]
        taken += found[arm]
    return found


def _columns(scores: np.ndarray) -> list[np.ndarray]:
    """Return scores as columns: of more than two classes one for each."""
    return [scores] if scores.ndim == 1 else [*scores.T]


def _predict(case: Case, arm: str, scores: np.ndarray) -> np.ndarray:
    """Return what an arm calls each row, as places in the labels."""
    point = case.choose(arm).point(_at_point(case))
    if isinstance(point, ClassPoint):
        weights = [point.weights[label] for label in case.bench.dataset.labels]
        return classes.predict_classes(scores, np.array(weights))
    return np.asarray((scores >= np.float64(point.threshold)).astype(np.int64))


def _labels(case: Case) -> np.ndarray:
    labels = [_in_file(case, label) for label in case.bench.dataset.labels]
    return np.array(labels, dtype=object)


def _in_file(case: Case, name: str) -> str:
    """Return a name as the file has it: a CSV is printed, a Parquet file is not."""
    return escaped(name) if case.request.table == "csv" else name


def _points(case: Case) -> dict[str, object]:
    """Return the columns of each arm, and what decides at its points."""
    found: dict[str, object] = {}
    for arm, (*scores, predicted) in _names(case).items():
        decided = {
            point.name: {"weights": point.weights}
            if isinstance(point, ClassPoint)
            else {"threshold": point.threshold}
            for point in case.choose(arm).points
        }
        found[arm] = {"scores": scores, "predicted": predicted, "points": decided}
    return found


def _readme(case: Case) -> str:
    info, plan = case.bench.dataset.info, case.plan
    return render(
        "predictions-readme.md",
        run=case.run,
        table=case.bench.table.name,
        target=info.target,
        positive=info.positive or "",
        arms=case.done,
        at=_at_point(case),
        end=f".{case.request.table}",
        multiclass=case.multiclass,
        judged_rows=len(plan.validation_rows),
        training_rows=len(plan.split.train),
    )
