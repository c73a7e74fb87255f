"""Score a table: read in blocks, encoded, scored, written; memory stays flat.

Of delimited text and Parquet no more than a block of rows is ever held.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from msgspec.structs import replace

from engine.bundle.archive import describe_known
from engine.bundle.cells import Fit, labels, lacking, match_columns
from engine.bundle.manifest import Manifest, PointRule
from engine.bundle.scorer import Scorer, open_scorer
from engine.core.errors import DataError, OutputError, SpecError
from engine.core.events import Reader
from engine.core.execution import Progress, silent
from engine.core.experiment import ReadSpec
from engine.core.format import listed, meant
from engine.core.messages import Predict, Predicted, Seen
from engine.core.visible import escaped, shown
from engine.data.load import load, resolve, room
from engine.data.readers import columnar, tables
from engine.data.readers.arrow import as_arrow, frame_of
from engine.data.readers.begin import Text
from engine.data.readers.begin import opened as begun_text
from engine.data.readers.open import OpenFile, opened
from engine.data.readers.raw import SourceFile, settle
from engine.data.readers.tables import refuse_unused
from engine.data.readers.text import batches, texts
from engine.data.readers.values import Rules
from engine.evaluate import classes
from engine.io.files import check, fresh, refuse_same
from engine.io.make_spec import is_made
from engine.io.source import STDIN

SUFFIXES = (".csv", ".parquet")
_NUMBERS = ("number", "flag")
_MOST_CELLS = 1 << 25
"""Of the matrix at a time: 128 MB."""


def predict(request: Predict, progress: Progress = silent) -> Predicted:
    """Score the rows of a table and write what comes of them.

    Parameters
    ----------
    request : Predict
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
    _check_output(out, request)
    scorer = open_scorer(request.bundle)
    manifest, read = scorer.manifest, request.read
    point = scorer.point(request.at, request.threshold)
    name = "standard input" if request.data == STDIN else Path(request.data).name
    fit, notes = Fit(name, coerce=request.coerce), [*scorer.notes]
    words = () if read.missing else manifest.missing
    if words:
        read = replace(read, missing=words)
    with source(request.data, read, progress) as table:
        columns = _find_columns(request, table)
        lacking(manifest.features, table.names, table.name)
        job = _Job(scorer, point, table, fit, columns)
        with (
            fresh(out, overwrite=request.overwrite) as file,
            _writer(file, out, job) as put,
        ):
            for block in blocks(scorer, table, columns):
                put(job.score(block))
        notes += match_columns(manifest.columns, table.names)
        if words:
            notes.append(f"read as missing, as in the run: {listed([*words])}")
    if job.target is not None and not job.seen.matrix.any():
        notes.append(
            f"{job.target.name}: no cell of it is a class that the model knows, so "
            "that nothing is compared"
        )
    known = scorer.known is not None
    if job.equal:
        notes.insert(0, describe_known(job.equal, job.compared, job.rows))
    return Predicted(
        run=manifest.run,
        arm=manifest.arm,
        path=os.fspath(out),
        rows=job.rows,
        at=point.at,
        threshold=point.threshold,
        predicted=dict(zip(job.labels, job.predicted.tolist(), strict=True)),
        seen=job.seen.confusion(),
        training_rows=job.equal if known else None,
        compared_rows=job.compared if known else None,
        unseen=job.unseen.confusion() if job.equal else None,
        notes=(*notes, *fit.lines()),
    )


def _check_output(out: Path, request: Predict) -> None:
    """Refuse a name that cannot be, or that would write over what is read."""
    if out.suffix.lower() not in SUFFIXES:
        what = f"{shown(out)} has no ending that says what to write"
        raise OutputError(what, f"give a name that ends in {' or '.join(SUFFIXES)}")
    check(out, overwrite=request.overwrite)
    for one in (request.data, request.bundle):
        refuse_same(out, one, "what is read")


def _find_columns(request: Predict, table: BlockSource) -> list[str]:
    """Return the columns that are written beside the scores."""
    if request.keep_all:
        return list(table.names)
    for one in request.keep:
        if one not in table.names:
            what = f"{table.name} has no column {one!r} to keep"
            raise SpecError(what, meant(one, list(table.names)))
    return list(dict.fromkeys(request.keep))


class _Counts:
    """Rows by what they are and what they are called."""

    def __init__(self, labels: tuple[str, ...]) -> None:
        self._labels = labels
        self.matrix = np.zeros((len(labels), len(labels)), dtype=np.int64)
        self._without = 0

    def add(self, y: np.ndarray, predicted: np.ndarray) -> None:
        """Count rows; -1 is no class that the model knows."""
        there = y >= 0
        self._without += int((~there).sum())
        self.matrix += classes.confusion(y[there], predicted[there], len(self._labels))

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
        columns: list[str],
    ) -> None:
        self.scorer, self.point, self.table, self.fit = scorer, point, table, fit
        self.columns, manifest = columns, scorer.manifest
        self.rows = self.equal = self.compared = 0
        self.labels = manifest.classes
        self.target = manifest.target if manifest.target.name in table.names else None
        self.predicted = np.zeros(len(self.labels), dtype=np.int64)
        self.seen, self.unseen = _Counts(self.labels), _Counts(self.labels)
        each = [f" {label}" for label in self.labels] if len(self.labels) > 2 else [""]
        figures = [f"{what}{one}" for what in ("score", "calibrated") for one in each]
        self.names = ["row", *figures, "predicted"]

    def score(self, block: Block) -> pd.DataFrame:
        """Return what is written of a block."""
        scorer, frame = self.scorer, block.frame
        rules = self.table.rules
        X = scorer.encode(scorer.read(frame, rules, self.fit, first=block.first))
        scores = scorer.scores(X)
        predicted = scorer.predict(scores, self.point)
        repaired = scorer.calibrate(scores)
        self.rows += len(frame)
        self.predicted += np.bincount(predicted, minlength=len(self.labels))
        new = np.ones(len(frame), dtype=bool)
        if scorer.known is not None:
            equal, compared = scorer.known.compare(X)
            self.equal += int(equal.sum())
            self.compared += int(compared.sum())
            new = compared & ~equal
        if self.target is not None:
            y = places(scorer.manifest, frame[self.target.name], rules)
            self.seen.add(y, predicted)
            self.unseen.add(y[new], predicted[new])
        wide = scores.astype(np.float64).reshape(len(frame), -1)
        columns = [
            np.arange(block.first, block.first + len(frame)),
            *wide.T,
            *repaired.reshape(len(frame), -1).T,
            np.array(self.labels, dtype=object)[predicted],
            # Arrow's columns are written by pandas without a change.
            *map(pd.arrays.ArrowExtensionArray, block.copied.columns),
        ]
        names = [*self.names, *self._beside()]
        return pd.DataFrame(dict(zip(names, columns, strict=True)))

    def _beside(self) -> list[str]:
        """Return what columns of the table are called: not as the new ones are."""
        names = [*self.names]
        for name in self.columns:
            while name in names:
                name = f"{name} (read)"
            names.append(name)
        return names[len(self.names) :]


@contextmanager
def _writer(file: BinaryIO, out: Path, job: _Job) -> Iterator[Any]:
    """Yield what takes the columns of a block and writes them."""
    if out.suffix.lower() == ".csv":
        column, header = job.names[-1], True

        def lines(frame: pd.DataFrame) -> None:
            nonlocal header
            text = frame.assign(**{column: frame[column].map(escaped)}).to_csv(
                index=False,
                header=[escaped(str(name)) for name in frame] if header else False,
                lineterminator="\n",
            )
            file.write(text.encode("utf-8", "replace"))
            header = False

        yield lines
        return
    writer: Any = None

    def rows(frame: pd.DataFrame) -> None:
        nonlocal writer
        table = pa.Table.from_pandas(frame, preserve_index=False)
        table = table.replace_schema_metadata(None)
        if writer is None:
            # pandas decides between two kinds of text, by its version.
            wide, text = pa.large_string(), pa.string()
            fields = [f.with_type(text) if f.type == wide else f for f in table.schema]
            sink = pa.PythonFile(file, mode="w")
            writer = pq.ParquetWriter(sink, pa.schema(fields))
        writer.write_table(table.cast(writer.schema))

    try:
        yield rows
    finally:
        if writer is not None:
            writer.close()


# The table, a block of rows at a time -------------------------------------------------

ROWS = 1 << 16


class Block(NamedTuple):
    """Some rows.

    Attributes
    ----------
    first : int
        Number of the first of them, from 1.
    frame : pandas.DataFrame
        Cells as read; the columns that were asked for.
    copied : pyarrow.Table
        Those that are written beside the scores, as the file has them.
    """

    first: int
    frame: pd.DataFrame
    copied: pa.Table


class BlockSource(NamedTuple):
    """A table that is about to be read.

    Attributes
    ----------
    name : str
        What to call it.
    names : tuple of str
        Its columns, as everybody sees them.
    rules : Rules
        How it writes numbers.
    notes : tuple of str
        What was guessed.
    open : callable
        Takes the names of columns to read, those to keep, and those of numbers; yields
        blocks.
    """

    name: str
    names: tuple[str, ...]
    rules: Rules
    notes: tuple[str, ...]
    open: Any


def blocks(
    scorer: Scorer, table: BlockSource, columns: Sequence[str] = ()
) -> Iterator[Block]:
    """Yield a table in blocks: what its model takes, its target if it is there.

    Parameters
    ----------
    scorer : Scorer
    table : BlockSource
    columns : sequence of str, default=()
        Those that are copied beside.
    """
    features = scorer.manifest.features
    wanted = [one.name for one in features]
    target = scorer.manifest.target.name
    if target in table.names and target not in wanted:
        wanted.append(target)
    numbers = {one.name for one in features if one.cells in _NUMBERS}
    most = max(1, _MOST_CELLS // max(1, scorer.encoding.width))
    for first, frame, beside in table.open(wanted, list(columns), numbers):
        for at in range(0, max(1, len(frame)), most):
            part = frame.iloc[at : at + most]
            yield Block(first + at, part, beside.slice(at, most))


def places(manifest: Manifest, series: pd.Series, rules: Rules) -> np.ndarray:
    """Return the place of each row's class in the labels; -1 where it is none."""
    place: dict[str | None, int] = {name: k for k, name in enumerate(manifest.classes)}
    place, other = place | {None: -1}, 0 if manifest.merged else -1
    found = labels(series, manifest.target, rules)
    return np.array([place.get(one, other) for one in found], dtype=np.int64)


@contextmanager
def source(data: str, spec: ReadSpec, progress: Progress) -> Iterator[BlockSource]:
    """Open a table.

    Parameters
    ----------
    data : str
        A path, ``-``, ``sample:NAME``, ``dataset:…`` or ``make:…``.
    spec : ReadSpec
        What is known about it.
    progress : callable

    Raises
    ------
    DataError
        If there is no such table.
    """
    if is_made(data):
        table = load(data, spec, progress=progress)
        yield _of_frame(table.frame, table.name, spec, ())
        return
    path, name = resolve(data, progress)
    with opened(path, name, member=spec.member, progress=progress) as file:
        kind = file.read_as(name, spec.format)
        if kind == "text":
            refuse_unused(spec, kind, name)
            with begun_text(
                SourceFile(file.path, name, spec, progress=progress)
            ) as text:
                yield _of_text(text)
        elif kind == "parquet":
            refuse_unused(spec, kind, name)
            yield _of_parquet(file, name, spec, progress)
        else:
            raw, _ = tables.read(file, name, spec, None, room(), progress)
            yield _of_frame(raw.frame, name, spec, raw.reader.notes)


def _of_frame(
    frame: pd.DataFrame, name: str, spec: ReadSpec, notes: Sequence[str]
) -> BlockSource:
    names, more = settle(list(frame.columns))
    frame = frame.set_axis(names, axis=1).reset_index(drop=True)

    def blocks(wanted: list[str], copied: list[str], _: set[str]) -> Iterator[Block]:
        beside = as_arrow(frame[copied])
        for begin in range(0, len(frame), ROWS):
            part = frame[wanted].iloc[begin : begin + ROWS]
            yield Block(begin + 1, part, beside.slice(begin, ROWS))

    rules = Rules.of(spec, Reader(format="made"))
    return BlockSource(name, tuple(names), rules, (*notes, *more), blocks)


def _of_parquet(
    file: OpenFile, name: str, spec: ReadSpec, progress: Progress
) -> BlockSource:
    with columnar.opened(file.path, name, "parquet", spec.columns) as about:
        names, more = settle(about.columns)
    if not about.rows:
        raise DataError(f"{name} has a header but no rows", "give a file with rows")

    def blocks(
        wanted: list[str], copied: list[str], numbers: set[str]
    ) -> Iterator[Block]:
        every = list(dict.fromkeys([*wanted, *copied]))
        first = 1
        with columnar.opened(file.path, name, "parquet", every) as source:
            for batch in source.batches(progress):
                table = source.table([batch])
                frame, _ = frame_of(table.select(wanted))
                yield Block(first, frame, table.select(copied))
                first += batch.num_rows

    return BlockSource(
        name,
        tuple(names),
        Rules.of(spec, Reader(format="parquet")),
        tuple(more),
        blocks,
    )


def _of_text(text: Text) -> BlockSource:
    names, more = settle(text.layout.names[: text.fields])

    def blocks(
        wanted: list[str], copied: list[str], numbers: set[str]
    ) -> Iterator[Block]:
        every = list(dict.fromkeys([*wanted, *copied]))
        places = [names.index(one) for one in every]
        first = 1
        types = dict.fromkeys(places, pa.string())
        for rows in batches(text, types):
            table = _without_headers(rows, text, places).rename_columns(every)
            yield Block(
                first, _frame(table, wanted, numbers, rules), table.select(copied)
            )
            first += table.num_rows
        if first == 1:
            raise DataError(
                f"{text.file.name} has a header but no rows",
                "give a file with data rows",
            )

    rules = Rules.of(text.file.spec, text.reader)
    notes = (*text.reader.notes, *more)
    return BlockSource(text.file.name, tuple(names), rules, notes, blocks)


def _frame(
    table: pa.Table, wanted: list[str], numbers: set[str], rules: Rules
) -> pd.DataFrame:
    """Return texts as categories; of numbers as such, where all of them are plain."""
    commas = "," in (rules.decimal, rules.likely)
    columns: dict[str, object] = {}
    for name in wanted:
        cells = table.column(name)
        if name in numbers and not commas:
            with suppress(pa.ArrowInvalid):
                columns[name] = pc.cast(cells, pa.float64()).to_numpy()
                continue
        columns[name] = texts(cells)
    return pd.DataFrame(columns, index=pd.RangeIndex(table.num_rows))


def _without_headers(rows: pa.Table, text: Text, places: list[int]) -> pa.Table:
    """Leave out header lines that stand again among the rows: files put together."""
    if text.layout.header != 1 or len(places) < 2 or not rows.num_rows:
        return rows
    again = np.ones(rows.num_rows, dtype=bool)
    for position, where in enumerate(places):
        written = text.layout.names[where].strip()
        if not written:
            return rows
        same = pc.equal(pc.utf8_trim_whitespace(rows.column(position)), written)
        again &= pc.fill_null(same, False).to_numpy()
        if not again.any():
            return rows
    return rows.filter(pa.array(~again))
