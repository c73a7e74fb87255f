"""The tables of a run: an arm's training and test rows, and every arm's scores.

Real rows are as the file of the table has them, and new ones are written alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa

from engine.core.exports import Parts, Piece, of_json, of_text
from engine.core.outcome import ClassPoint
from engine.core.visible import escaped
from engine.data import verbatim
from engine.evaluate import classes
from engine.export.case import Case
from engine.export.tables import free, render, table_piece
from engine.resample.balance import restore_cells
from engine.resample.method import MethodRows
from engine.resample.provenance import SYNTHETIC
from engine.train.plan import Plan


def data(case: Case) -> Parts:
    """Return the tables of an arm: ``train``, ``test``, ``resampled`` and ``rows``.

    Parameters
    ----------
    case : Case

    Returns
    -------
    Parts
        A control and an ensemble have no ``resampled``, which is said.
    """
    rows = RunRows(case)

    def table(name: str, what: str) -> Piece:
        return table_piece(
            name,
            what,
            lambda: getattr(rows, name),
            case.request.table,
            lambda: None if name == "rows" else rows.metadata,
        )

    pieces = [
        table("train", "the training rows, as the run split them"),
        table("test", "the test rows, as the run split them"),
    ]
    arm = case.chosen.arm
    if arm.steps:
        what = f"the training rows after {case.chosen.name}, with their origin"
        pieces.append(table("resampled", what))
    pieces += [
        table("rows", "row numbers, parts and folds"),
        of_text("README.md", "what each file is", lambda: _data_readme(rows)),
    ]
    notes = ["cells are written as they are: a spreadsheet may take some for formulas"]
    if not arm.steps:
        notes.insert(0, f"{case.chosen.name} {_untreated(case)}")
    return Parts(tuple(pieces), tuple(notes), lambda: rows.notes)


def _untreated(case: Case) -> str:
    """Say why an arm has no table of its own; its name stands before that."""
    arm = case.chosen.arm
    if arm.ensemble is not None:
        return "draws rows anew for each of its members: there is no resampled table"
    weighs = ", and weighs them" if arm.weights else ""
    return f"changes no row{weighs}: the training rows are what it learned from"


def _data_readme(rows: RunRows) -> str:
    case, bench = rows.case, rows.case.bench
    plan, labels = case.plan, bench.dataset.labels
    more: dict[str, object] = {"untreated": _untreated(case)}
    if case.chosen.arm.steps:
        treated = rows.treated
        more |= {
            "untreated": "",
            "after": plan.counts(treated.y),
            "origin": rows.resampled.columns[-8:],
            "together": labels[0] if rows.together else "",
            "noticed": [*treated.repairs, *treated.notes],
        }
    return render(
        "data-readme.md",
        run=case.run,
        table=bench.table.name,
        target=bench.dataset.info.target,
        arm=case.chosen.name,
        end=f".{case.request.table}",
        train=plan.counts(bench.dataset.y[bench.split.train]),
        test=plan.counts(bench.dataset.y[bench.split.test]),
        fit=plan.counts(bench.dataset.y[bench.split.fit])
        if bench.split.thinning
        else None,
        repeats=plan.repeats,
        split=case.experiment.split,
        seed=case.experiment.seed,
        notes=rows.notes,
        words=bench.data.read.missing,
        weight=bench.data.weight,
        **more,
    )


ORIGIN = (
    "imbtui_origin",
    "imbtui_row",
    "imbtui_sampler",
    "imbtui_step",
    "imbtui_parent_1",
    "imbtui_parent_2",
    "imbtui_weight",
    "imbtui_reported",
)
"""What the columns of provenance are called, unless the table has such columns."""


@dataclass
class RunRows:
    """Training, test and treated rows of a case; each made when it is looked at.

    Attributes
    ----------
    case : Case
    """

    case: Case

    @cached_property
    def numbers(self) -> np.ndarray:
        """The number of each of the run's rows in the table, from 1."""
        return np.flatnonzero(self.case.bench.dataset.there) + 1

    @cached_property
    def train(self) -> pd.DataFrame:
        """The training rows, in the order of the split."""
        return self._part(self.case.bench.split.train)

    @cached_property
    def test(self) -> pd.DataFrame:
        """The test rows, in the order of the split."""
        return self._part(self.case.bench.split.test)

    @cached_property
    def rows(self) -> pd.DataFrame:
        """Each row's number in the table, its part, and the fold that validates it."""
        plan, split = self.case.plan, self.case.plan.split
        parts = np.repeat(["training", "test"], [len(split.train), len(split.test)])
        order = np.concatenate([split.train, split.test])
        columns = {
            "row": pd.Series(self.numbers[order]),
            "part": pd.Series(parts, dtype=object),
        }
        for repeat, numbers in enumerate(fold_numbers(plan), 1):
            by = pd.Series(numbers[order], dtype="Int64")
            name = "fold" if plan.repeats == 1 else f"fold_{repeat}"
            columns[name] = by.where(by >= 0)
        if split.thinning is not None:
            columns["fit"] = pd.Series(np.isin(order, split.fit).astype(np.int64))
        return pd.DataFrame(columns)

    @cached_property
    def resampled(self) -> pd.DataFrame:
        """The treated training rows as the model was fitted on them, with their origin.

        The rows are in the order in which the arm's samplers returned them.
        """
        treated, train = self.treated, self.case.bench.split.fit
        real = np.flatnonzero(treated.origin != SYNTHETIC)
        made = np.flatnonzero(treated.origin == SYNTHETIC)
        places = train[treated.origin[real]]
        columns = {
            name: verbatim.stacked(written, places)
            for name, written in self._columns.items()
        }
        frame = self._as_filed(pd.DataFrame(columns), places)
        frame = frame.iloc[np.argsort(np.concatenate([real, made]), kind="stable")]
        origins = self._origins(treated)
        origins.columns = pd.Index(free(ORIGIN, map(str, frame.columns)))
        return pd.concat([frame.reset_index(drop=True), origins], axis=1)

    @cached_property
    def treated(self) -> MethodRows:
        """What the arm made of the training rows; see `Case.treated`."""
        return self.case.treated()

    @property
    def metadata(self) -> dict[bytes, bytes] | None:
        """What a typed file says of its columns beside their types."""
        return None if self._filed is None else verbatim.pandas_metadata(self._filed)

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """Columns that are not written as the file has them."""
        return tuple(f"{n}: {w.note}" for n, w in self._columns.items() if w.note)

    @property
    def _parquet(self) -> bool:
        return self.case.request.table == "parquet"

    @cached_property
    def _filed(self) -> pa.Table | None:
        bench = self.case.bench
        if not self._parquet or not verbatim.is_typed(bench.table):
            return None
        return verbatim.as_filed(bench.table, bench.data)

    def _as_filed(self, frame: pd.DataFrame, places: np.ndarray) -> pd.DataFrame:
        """Return rows in the types of their file, if that has any."""
        if self._filed is None:
            return frame
        rows = np.flatnonzero(self.case.bench.dataset.there)[places]
        return verbatim.as_typed(frame, self._filed, rows)[0]

    def _part(self, places: np.ndarray) -> pd.DataFrame:
        columns = {
            name: written.real.iloc[places].reset_index(drop=True)
            for name, written in self._columns.items()
        }
        return self._as_filed(pd.DataFrame(columns), places)

    @cached_property
    def _columns(self) -> dict[str, verbatim.CellColumn]:
        """Each column: cells of the real rows, and those of the new ones."""
        bench, case = self.case.bench, self.case
        if not self._parquet:
            case.progress("reading the cells", 0, None)
        new = np.empty(0, dtype=np.int64), bench.dataset.frame.iloc[:0]
        if case.chosen.arm.steps:
            train, features = bench.split.fit, case.features()
            new = restore_cells(bench.dataset, features, self.treated, train)
        return verbatim.columns(
            bench.table,
            bench.data,
            bench.dataset,
            bench.split.fit,
            new,
            typed=self._parquet,
            together=self.together,
        )

    @property
    def together(self) -> bool:
        """Whether one label stands for several of the table."""
        return any(one.code == "IMB010" for one in self.case.bench.dataset.info.advice)

    def _origins(self, treated: MethodRows) -> pd.DataFrame:
        """Return what each treated row is, and what it was made from."""
        kin, numbers = treated.lineage, self.numbers[self.case.bench.split.fit]
        assert kin is not None
        real = treated.origin != SYNTHETIC

        def rows(of: np.ndarray) -> pd.Series:
            found = pd.Series(numbers[np.maximum(of, 0)], dtype="Int64")
            return found.where(of >= 0)

        again = real & pd.Series(treated.origin).duplicated().to_numpy()
        kinds = np.where(again, "copy", np.where(real, "real", "synthetic"))
        samplers = [step.sampler for step in self.case.chosen.arm.steps]
        named = [None if step < 0 else samplers[step] for step in kin.step]
        step = pd.Series(kin.step.astype(np.int64) + 1, dtype="Int64")
        known = pd.Series(np.where(kin.exact, "exact", "inferred"), dtype=object)
        columns = (
            pd.Series(kinds, dtype=object),
            rows(treated.origin),
            pd.Series(named, dtype=object),
            step.where(step > 0),
            rows(kin.first),
            rows(kin.second),
            pd.Series(kin.weight.astype(np.float64)),
            known.where(~real, None),
        )
        return pd.DataFrame(dict(zip(ORIGIN, columns, strict=True)))


def fold_numbers(plan: Plan) -> np.ndarray:
    """Return the fold that validates each row, in each repeat; -1 where none does."""
    found = np.full((plan.repeats, len(plan.dataset.y)), -1)
    for number in range(len(plan.folds)):
        repeat, place = divmod(number, plan.experiment.search.folds)
        found[repeat, plan.indices(number)[1]] = place
    return found


# Scores -------------------------------------------------------------------------------


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
    point = case.result.point_label(at)
    notes = [f"classes are predicted at the operating point {point}: see points.json"]
    if failed:
        notes.append(f"arms without a result are left out: {', '.join(failed)}")
    pieces = (
        table("out-of-fold", "scores of the training rows, out of fold", _out_of_fold),
        table("test", "scores and predicted classes of the test rows", _test),
        of_json("points.json", "every arm's operating points", lambda: _points(case)),
        of_text("README.md", "what each file is", lambda: _predictions_readme(case)),
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


def _predictions_readme(case: Case) -> str:
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
