"""The model bundle: the model, its encoding, what to call a row, and what to feed it.

The model is that of the store, once it gives the scores of the run.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import cached_property
from typing import BinaryIO

import msgspec
import numpy as np
import pandas as pd
from msgspec.structs import replace

from engine.bundle import manifest as form
from engine.bundle.archive import pack, weigh
from engine.bundle.reference import Reference, RunFigures, count_columns, count_numbers
from engine.bundle.scorer import Scorer
from engine.core import models
from engine.core.errors import DataError
from engine.core.exports import Parts, Piece
from engine.core.outcome import ClassPoint
from engine.core.prevalence import weight_of_negative
from engine.core.version import __version__
from engine.data import column_choices, profile
from engine.data.target import label
from engine.evaluate.intervals import auc_interval
from engine.evaluate.probabilities import shift
from engine.explain.model import NEAR
from engine.explain.stored_run import RESTORE, ReopenedRun
from engine.export.case import Case
from engine.export.tables import render
from engine.features.encoding import Encoding
from engine.train.models.port import find

_LOST = "IMB011"
"""Code of the advice that cells which are no numbers were read as missing."""
_NUMERIC = ("number", "integer", "boolean")


def bundle(case: Case) -> Parts:
    """Return the files of a bundle.

    Parameters
    ----------
    case : Case

    Returns
    -------
    Parts
        The manifest comes last: it holds the hashes of the others.
    """
    job = _Job(case)
    file = models.get(case.chosen.arm.learner).file
    known = "a hash per training row, to know such rows again"
    counts = "counts of columns and scores, to compare new rows with"
    rest = "columns, thresholds, versions, and a hash per file"
    pieces = (
        job.piece(file, "the model, which is no pickle", job.model),
        job.piece(form.ENCODING, "how columns become the model's", job.encoding),
        job.piece(form.ROWS, known, job.training),
        job.piece(form.REFERENCE, counts, job.reference),
        job.piece(form.README, "how to use it, with imbtui and without", job.readme),
        job.piece(form.MANIFEST, rest, job.manifest),
    )
    return Parts(pieces, remarks=lambda: tuple(job.notes))


def points(case: Case) -> tuple[form.PointRule, ...]:
    """Return every operating point of the chosen arm."""
    return tuple(
        form.PointRule(at=one.name, weights=dict(one.weights))
        if isinstance(one, ClassPoint)
        else form.PointRule(at=one.name, threshold=one.threshold, note=one.note)
        for one in case.chosen.points
    )


def repairs(case: Case) -> dict[str, form.Repair]:
    """Return the repair that the run chose for the scores of each class.

    Where the run was given a prevalence in use, its probabilities are for that.
    """
    info, found, there = case.state.dataset, case.chosen.evaluated, case.result
    assert info is not None
    scored = found.classes if info.positive is None else {info.positive: found}
    rows = there.test_rows
    positives = rows.get(there.positive, 0)
    sizes = positives, sum(rows.values()) - positives
    negative = weight_of_negative(there.prevalence, *sizes)
    return {
        label: form.Repair(
            method=one.repair,
            map=one.calibrated.map
            if negative == 1
            else shift(one.calibrated.map, negative),
            prevalence=there.prevalence,
        )
        for label, one in scored.items()
    }


class _Job:
    """Makes the files one after the other, and remembers their hashes."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._held: dict[str, form.FileHash] = {}
        self._training: form.Training | None = None
        self.notes: list[str] = []

    def piece(self, name: str, what: str, make: Callable[[], bytes]) -> Piece:
        """Return a file whose hash is noted when it is written."""

        def write(file: BinaryIO) -> None:
            data = make()
            weigh(name, len(data), "the bundle")
            digest = hashlib.sha256(data).hexdigest()
            self._held[name] = form.FileHash(sha256=digest, bytes=len(data))
            file.write(data)

        return Piece(name, what, write)

    def model(self) -> bytes:
        """Return the stored model, once its scores are those of the run."""
        raw = self._case.artifact(f"model/{self._case.chosen.name}")
        self._compare(raw)
        return raw

    def encoding(self) -> bytes:
        """Return the encoding as JSON."""
        return self._case.features().encoding_.to_json()

    def training(self) -> bytes:
        """Return the hashes of the training rows."""
        case = self._case
        rows = case.bench.dataset.frame.iloc[case.bench.split.train]
        X = case.features().encoding_.transform(rows)
        data, distinct = pack(X, self._manifest())
        self._training = form.Training(rows=len(rows), distinct=distinct)
        return data

    def reference(self) -> bytes:
        """Return what new rows are compared with."""
        case = self._case
        data, split = case.bench.dataset, case.bench.split
        train = split.train
        if data.even is not None:  # as the table is, not as it was drawn
            train = train[data.even[train]]
        counts = np.bincount(data.y[train], minlength=len(data.labels)).tolist()
        found = Reference(
            training=dict(zip(data.labels, counts, strict=True)),
            columns=count_columns(data.frame.iloc[train], self._manifest().features),
            figures=None if case.multiclass else _figures(case, data.y[split.test]),
        )
        return msgspec.json.encode(found)

    def readme(self) -> bytes:
        """Return how to use the bundle."""
        manifest = self._manifest()
        point = manifest.point()
        weights = dict(point.weights)
        about = {
            "run": manifest.run,
            "arm": manifest.arm,
            "dataset": manifest.dataset,
            "target": manifest.target.name,
            "classes": list(manifest.classes),
            "positive": manifest.positive,
            "at": manifest.at,
            "decides by": weights if point.threshold is None else point.threshold,
            "columns": {one.name: one.kind for one in manifest.features},
        }
        text, fence = json.dumps(about, indent=1), "```"
        while fence in text:  # what comes from data stands in this block only
            fence += "`"
        text = render(
            "bundle-readme.md",
            about=text,
            fence=fence,
            model=manifest.model,
            many=len(manifest.classes) > 2,
        )
        return text.encode("utf-8", "replace")

    def manifest(self) -> bytes:
        """Return the manifest."""
        found = msgspec.json.encode(self._manifest())
        return msgspec.json.format(found, indent=1)

    @cached_property
    def _columns(self) -> tuple[form.ColumnSpec, ...]:
        return columns(self._case.bench, self._case.features().encoding_)

    def _manifest(self) -> form.Manifest:
        case, bench = self._case, self._case.bench
        info = bench.dataset.info
        return form.Manifest(
            format=form.FORMAT,
            version=form.VERSION,
            imbtui=__version__,
            versions=dict(case.state.versions),
            run=case.run,
            arm=case.chosen.name,
            dataset=info.name,
            model=case.chosen.arm.learner,
            target=target(bench),
            classes=bench.dataset.labels,
            positive=info.positive,
            at=case.at,
            points=points(case),
            calibration=repairs(case),
            columns=self._columns,
            missing=case.data.read.missing,
            reader=_reader(case),
            files=dict(self._held),
            training=self._training,
        )

    def _compare(self, raw: bytes) -> None:
        """Refuse a model whose scores of the test rows are not those of the run.

        Raises
        ------
        DataError
        """
        case, manifest = self._case, self._manifest()
        encoding = case.features().encoding_
        many = len(manifest.classes)
        model = find(manifest.model)
        again = model.load(raw, width=encoding.width, classes=many)
        rows = case.bench.dataset.frame.iloc[case.bench.split.test]
        X = encoding.transform(rows)
        new = Scorer(manifest, encoding, again, "").scores(X)
        old = case.scores(case.chosen.name)
        if new.shape == old.shape and new.tobytes() == old.tobytes():
            return
        if new.shape != old.shape or not np.allclose(new, old, rtol=0, atol=NEAR):
            what = f"the model of {case.chosen.name} no longer gives the run's scores"
            raise DataError(what, RESTORE)
        most = float(np.abs(new.astype(float) - old.astype(float)).max())
        self.notes.append(
            f"scores of the test rows differ from the run's by up to {most:.1g}: "
            "another processor, or other versions"
        )


def _figures(case: Case, y: np.ndarray) -> RunFigures:
    """Return what the arm's scores of the test rows are worth."""
    scores, found = case.scores(case.chosen.name), case.chosen.evaluated
    counts = np.bincount(y, minlength=2).tolist()
    auc = auc_interval(y, scores)
    assert case.state.costs is not None
    return RunFigures(
        test=dict(zip(case.bench.dataset.labels, counts, strict=True)),
        costs=case.state.costs,
        aim=case.result.aim,
        metrics=found.test,
        average_precision_ci=found.average_precision_ci,
        roc_auc_ci=auc.ci if auc else None,
        roc_auc_error=auc.error if auc else None,
        calibration=found.calibrated,
        points=found.operating_points,
        scores=count_numbers(scores),
    )


def _reader(case: Case) -> dict[str, object]:
    """Return how the table was read, as hints for whoever reads the next one."""
    reader, read = case.bench.table.reader, msgspec.to_builtins(case.data.read)
    names = ("format", "delimiter", "encoding", "header", "quoting", "decimal")
    given = {k: v for k, v in read.items() if v not in (None, (), [], "refuse")}
    return {"found": {name: getattr(reader, name) for name in names}, "given": given}


# Columns -----------------------------------------------------------------------------


def columns(bench: ReopenedRun, encoding: Encoding) -> tuple[form.ColumnSpec, ...]:
    """Return what a model needs to know of each column of its training table.

    Parameters
    ----------
    bench : ReopenedRun
        The run with its table.
    encoding : Encoding
        What the model's columns are made by.
    """
    dataset = bench.dataset
    features = {one.name: one for one in dataset.columns}
    roles = dataset.info.roles
    levels = {one.name: one.levels for one in encoding.categories}
    found = []
    for one in dataset.profile:
        if one.name not in features:
            found.append(
                form.ColumnSpec(name=one.name, role=roles[one.name], kind=one.kind)
            )
        else:
            found.append(_feature(bench, features[one.name], levels))
    return tuple(found)


def target(bench: ReopenedRun) -> form.ColumnSpec:
    """Return how the labels of new rows are read."""
    info = bench.dataset.info
    cells = _cells(bench.table.frame[info.target])
    spec = form.ColumnSpec(
        name=info.target, role="target", kind="category", cells=cells
    )
    return _with_notation(bench, spec)


def _cells(read: pd.Series) -> form.Cells:
    """Return how the cells of a column of levels are read."""
    if pd.api.types.is_numeric_dtype(read.dtype):
        return "codes"
    return "days" if pd.api.types.is_datetime64_any_dtype(read.dtype) else "text"


def _feature(
    bench: ReopenedRun,
    column: profile.ColumnProfile,
    levels: dict[str, tuple[str, ...]],
) -> form.ColumnSpec:
    name = column.name
    rows = bench.split.train
    read, used = bench.table.frame[name], bench.dataset.frame[name]
    train = used.iloc[rows]
    lost = any(
        one.code == _LOST and one.column == name for one in bench.dataset.info.advice
    )
    cells, missing = _cells(read), int(train.isna().sum())
    spec = form.ColumnSpec(
        name=name, role="feature", kind=column.kind, missing=missing, lenient=lost
    )
    if column.kind not in _NUMERIC:
        spec = replace(spec, kind="category", levels=levels[name], cells=cells)
        return _with_notation(bench, spec)
    known = train.dropna()
    if len(known):
        spec = replace(spec, low=float(known.min()), high=float(known.max()))
    words = _words(read, used) if cells == "text" else {}
    if words:
        return replace(spec, cells="words", words=words)
    parts = (read, read.iloc[rows]) if cells == "text" else ()
    if cells == "days" or any(profile.column(part).kind == "date" for part in parts):
        return _with_notation(bench, replace(spec, cells="days"))
    return replace(spec, cells="flag" if column.kind == "boolean" else "number")


def _words(read: pd.Series, used: pd.Series) -> dict[str, float]:
    """Return the pair of words that a column of flags was written in."""
    lower = read.map(lambda v: label(v).strip().lower(), na_action="ignore")
    for pair in column_choices.YES_NO:
        if lower.isin(list(pair)).any() and lower.map(pair).astype(float).equals(
            used.astype(float)
        ):
            return dict(pair)
    return {}


def _with_notation(bench: ReopenedRun, spec: form.ColumnSpec) -> form.ColumnSpec:
    """Note how the dates of a column are written, as its file has them."""
    read = bench.table.frame[spec.name]
    if spec.cells != "days":
        return spec
    if pd.api.types.is_datetime64_any_dtype(read.dtype):
        return replace(spec, date=bench.table.dates.get(spec.name, "ISO8601"))
    day_first = any(profile.OVER_12.match(str(cell)) for cell in read.dropna())
    return replace(spec, date="mixed", day_first=day_first)
