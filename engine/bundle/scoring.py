"""Score a file: read in blocks, encoded, scored, written; memory stays flat."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd

from engine.bundle.blocks import Block, BlockSource, source
from engine.bundle.cells import labels
from engine.bundle.fit import Fit, lacking, match_columns
from engine.bundle.known import describe_known
from engine.bundle.manifest import PointRule
from engine.bundle.request import Predict, Predicted, Seen
from engine.bundle.scorer import Scorer, open_scorer
from engine.data.read.raw import Progress, listed, meant, silent
from engine.data.source import STDIN
from engine.errors import OutputError, SpecError
from engine.evaluate import classes
from engine.filenames import escaped, shown
from engine.files import check, fresh, refuse_same

SUFFIXES = (".csv", ".parquet")
_NUMBERS = ("number", "flag")
_MOST_CELLS = 1 << 25
"""Of the matrix at a time: 128 MB."""


def predict(request: Predict, progress: Progress = silent) -> Predicted:
    """Score the rows of a table and write what comes of them.

    Parameters
    ----------
    asked : Predict
    progress : callable, optional

    Returns
    -------
    Predicted

    Raises
    ------
    DataError
        If the bundle or the table cannot be used, or they do not fit.
    OutputError
        If it cannot be written; nothing has that name then.
    """
    out = Path(request.output)
    _outside(out, request)
    scorer = open_scorer(request.bundle)
    point = scorer.point(request.at, request.threshold)
    called = "standard input" if request.data == STDIN else Path(request.data).name
    read, fit = request.read, Fit(called, coerce=request.coerce)
    if not read.missing and scorer.manifest.missing:
        import msgspec

        read = msgspec.structs.replace(read, missing=scorer.manifest.missing)
    with source(request.data, read, progress) as table:
        kept = _kept(request, table)
        lacking(scorer.manifest.features, table.names, table.name)
        job = _Job(scorer, point, table, fit, kept)
        with (
            fresh(out, overwrite=request.overwrite) as file,
            _writer(file, out, job) as put,
        ):
            for block in job.blocks():
                put(job.score(block))
        notes = [*scorer.notes, *match_columns(scorer.manifest.columns, table.names)]
        if scorer.manifest.missing and not request.read.missing:
            said = listed([*scorer.manifest.missing])
            notes.append(f"read as missing, as in the run: {said}")
    if job.target is not None and not job.seen.matrix.any():
        notes.append(
            f"{job.target.name}: no cell of it is a class that the model knows, so "
            "that nothing is compared"
        )
    known = scorer.known is not None
    if job.equal:
        notes.insert(0, describe_known(job.equal, job.compared, job.rows))
    return Predicted(
        run=scorer.manifest.run,
        arm=scorer.manifest.arm,
        path=os.fspath(out),
        rows=job.rows,
        at=point.at,
        threshold=point.threshold,
        called=dict(zip(job.labels, job.called.tolist(), strict=True)),
        seen=job.seen.confusion(),
        training_rows=job.equal if known else None,
        compared_rows=job.compared if known else None,
        unseen=job.unseen.confusion() if job.equal else None,
        notes=(*notes, *fit.lines()),
    )


def _outside(out: Path, request: Predict) -> None:
    """Refuse a name that cannot be, or that would write over what is read."""
    if out.suffix.lower() not in SUFFIXES:
        raise OutputError(
            f"{shown(out)} has no ending that says what to write",
            f"give a name that ends in {' or '.join(SUFFIXES)}",
        )
    check(out, overwrite=request.overwrite)
    for one in (request.data, request.bundle):
        refuse_same(out, one, "what is read")


def _kept(request: Predict, table: BlockSource) -> list[str]:
    """Return the columns that are written beside the scores."""
    if request.keep_all:
        return list(table.names)
    for one in request.keep:
        if one not in table.names:
            raise SpecError(
                f"{table.name} has no column {one!r} to keep",
                meant(one, list(table.names)),
            )
    return list(dict.fromkeys(request.keep))


class _Counts:
    """Rows by what they are and what they are called."""

    def __init__(self, labels: tuple[str, ...]) -> None:
        self._labels = labels
        self.matrix = np.zeros((len(labels), len(labels)), dtype=np.int64)
        self._without = 0

    def add(self, y: np.ndarray, called: np.ndarray) -> None:
        """Count rows; -1 is no class that the model knows."""
        there = y >= 0
        self._without += int((~there).sum())
        self.matrix += classes.confusion(y[there], called[there], len(self._labels))

    def confusion(self) -> Seen | None:
        """Return the confusion matrix, if there is a row in it."""
        if not self.matrix.any():
            return None
        return Seen(
            labels=self._labels,
            matrix=tuple(tuple(row) for row in self.matrix.tolist()),
            without=self._without,
        )


class _Job:
    """A table on its way through a model, and what is counted meanwhile."""

    def __init__(
        self,
        scorer: Scorer,
        point: PointRule,
        table: BlockSource,
        fit: Fit,
        kept: list[str],
    ) -> None:
        self.scorer, self.point, self.table, self.fit = scorer, point, table, fit
        self.kept = kept
        manifest = scorer.manifest
        self.rows = self.equal = self.compared = 0
        self.labels = manifest.classes
        known = manifest.target.name in table.names
        self.target = manifest.target if known else None
        self.called = np.zeros(len(self.labels), dtype=np.int64)
        self.seen, self.unseen = _Counts(self.labels), _Counts(self.labels)
        each = [f" {label}" for label in self.labels] if len(self.labels) > 2 else [""]
        figures = [f"{what}{one}" for what in ("score", "calibrated") for one in each]
        self.names = ["row", *figures, "called"]

    def blocks(self) -> Iterator[Block]:
        """Yield the blocks of the table."""
        features = self.scorer.manifest.features
        wanted = [one.name for one in features]
        if self.target is not None and self.target.name not in wanted:
            wanted.append(self.target.name)
        numbers = {one.name for one in features if one.cells in _NUMBERS}
        most = max(1, _MOST_CELLS // max(1, self.scorer.encoding.width))
        for first, frame, kept in self.table.open(wanted, self.kept, numbers):
            for at in range(0, max(1, len(frame)), most):
                end = at + most
                yield Block(first + at, frame.iloc[at:end], kept.slice(at, most))

    def score(self, block: Block) -> pd.DataFrame:
        """Return what is written of a block."""
        scorer, frame = self.scorer, block.frame
        X = scorer.encode(frame, self.table.rules, self.fit, first=block.first)
        scores = scorer.scores(X)
        called = scorer.predict(scores, self.point)
        repaired = scorer.calibrate(scores)
        self.rows += len(frame)
        self.called += np.bincount(called, minlength=len(self.labels))
        new = np.ones(len(frame), dtype=bool)
        if scorer.known is not None:
            equal, compared = scorer.known.compare(X)
            self.equal += int(equal.sum())
            self.compared += int(compared.sum())
            new = compared & ~equal
        if self.target is not None:
            y = self._classes(frame[self.target.name])
            self.seen.add(y, called)
            self.unseen.add(y[new], called[new])
        named = np.array(self.labels, dtype=object)[called]
        row = np.arange(block.first, block.first + len(frame))
        wide = scores.astype(np.float64).reshape(len(frame), -1)
        made = {self.names[0]: row}
        places = [*wide.T, *repaired.reshape(len(frame), -1).T]
        made |= dict(zip(self.names[1:-1], places, strict=True))
        # Arrow's columns are written by pandas without a change.
        kept = map(pd.arrays.ArrowExtensionArray, block.kept.columns)
        beside = dict(zip(self.kept_as, kept, strict=True))
        return pd.DataFrame({**made, self.names[-1]: named, **beside})

    def _classes(self, series: pd.Series) -> np.ndarray:
        """Return the place of each row's class; -1 where it is none."""
        assert self.target is not None
        merged = len(self.labels) == 2 and self.labels[0] == (f"not {self.labels[1]}")
        place = {name: k for k, name in enumerate(self.labels)}
        found = labels(series, self.target, self.table.rules)
        return np.array(
            [
                -1 if one is None else place.get(one, 0 if merged else -1)
                for one in found
            ],
            dtype=np.int64,
        )

    @property
    def kept_as(self) -> list[str]:
        """What kept columns are called: not as the new ones are."""
        taken, found = set(self.names), []
        for name in self.kept:
            called = name
            while called in taken:
                called = f"{called} (read)"
            taken.add(called)
            found.append(called)
        return found


@contextmanager
def _writer(file: BinaryIO, out: Path, job: _Job) -> Iterator[Any]:
    """Yield what takes the columns of a block and writes them."""
    if out.suffix.lower() == ".csv":
        called, header = job.names[-1], True

        def lines(frame: pd.DataFrame) -> None:
            nonlocal header
            text = frame.assign(**{called: frame[called].map(escaped)}).to_csv(
                index=False,
                header=[escaped(str(name)) for name in frame] if header else False,
                lineterminator="\n",
            )
            file.write(text.encode("utf-8", "replace"))
            header = False

        yield lines
        return
    import pyarrow as pa
    import pyarrow.parquet as pq

    writer: Any = None

    def rows(frame: pd.DataFrame) -> None:
        nonlocal writer
        table = pa.Table.from_pandas(frame, preserve_index=False)
        table = table.replace_schema_metadata(None)
        if writer is None:
            # pandas decides between two kinds of text, by its version.
            wide = pa.large_string()
            text = pa.string()
            fields = [f.with_type(text) if f.type == wide else f for f in table.schema]
            schema = pa.schema(fields)
            writer = pq.ParquetWriter(pa.PythonFile(file, mode="w"), schema)
        writer.write_table(table.cast(writer.schema))

    try:
        yield rows
    finally:
        if writer is not None:
            writer.close()
