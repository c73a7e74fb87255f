"""The first rows of a file, and how it would be read, in an instant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from msgspec.structs import replace

from engine.core.experiment import ReadSpec
from engine.core.messages import ColumnInfo, Look, Preview
from engine.data import profile
from engine.data.load import load, resolve, room
from engine.data.profile import page
from engine.data.readers import begin, columnar, encoding, magic, values
from engine.data.readers.raw import Notes, SourceFile, settle
from engine.io.make_spec import is_made
from engine.io.scratch import temporary_file
from engine.io.source import total_bytes

if TYPE_CHECKING:
    from engine.core.events import Reader
    from engine.data.load import Table
    from engine.data.profile import ColumnProfile

HEAD_BYTES = 1 << 20
"""Bytes, unpacked, that a preview reads of a file whose rows come one after another."""
MOST_ROWS = 500
MOST_CELLS, LEAST_ROWS = 50_000, 20
"""Cells beyond which fewer rows are shown, and how many at least."""
MOST_COLUMNS = 500
"""Columns beyond which nobody waits to hear what each one looks like."""


def preview_file(request: Look) -> Preview:
    """Return the first rows of a file and how it would be read.

    Parameters
    ----------
    request : Look

    Returns
    -------
    Preview

    Raises
    ------
    DataError
        If its beginning is no table.

    Examples
    --------
    >>> preview = preview_file(Look(id=1, source="sample:blobs", rows=2))
    >>> len(preview.rows), preview.reader.delimiter
    (2, ',')
    """
    rows = min(max(request.rows, 1), MOST_ROWS)
    build = partial(Preview, id=request.id, source=request.source, free=room())
    if is_made(request.source):
        build = partial(build, name=request.source, bytes=None)
        return _preview_table(build, load(request.source, request.read), rows)
    path, name = resolve(request.source)
    build = partial(build, name=name, bytes=total_bytes(path))
    packing, kind = magic.identify(path, name, path.name)
    if kind != "excel" and path.is_file():
        with _beginning(path, name, packing, request.read) as (part, share, inside):
            if packing is not None:
                kind = magic.identify(part, name, inside)[1]
            kind = request.read.format or kind
            if kind == "text":
                return _preview_text(
                    build, part, name, request.read, share, packing, rows
                )
            if kind == "jsonl":
                spec = replace(request.read, format="jsonl", member=None)
                return _preview_table(build, load(part, spec), rows, share=share)
    if kind in ("parquet", "feather") and packing is None:
        wanted = request.read.columns
        with columnar.opened(path, name, kind, wanted) as about:
            first = np.arange(min(rows, about.rows))
        raw = columnar.read(path, name, kind, columns=wanted, rows=first)
        build = partial(build, estimated_rows=about.rows, memory=about.memory)
        return _preview_frame(build, raw.frame, raw.reader)
    return _preview_table(build, load(request.source, request.read), rows)


def _preview_text(
    build: partial[Preview],
    part: Path,
    name: str,
    spec: ReadSpec,
    share: float,
    packing: str | None,
    rows: int,
) -> Preview:
    with begin.opened(SourceFile(part, name, spec)) as text:
        names, name_notes = settle(text.layout.names[: text.fields])
        first = text.rows[: _fitting(rows, text.fields)]
        cells = [(r + [""] * text.fields)[: text.fields] for r in first]
        shown = tuple(tuple(c.strip() or None for c in row) for row in cells)
        notes = (*text.reader.notes, *name_notes)
        return build(
            columns=tuple(names),
            rows=shown,
            seen=_looks(shown, names, values.Rules.of(spec, text.reader)),
            reader=replace(text.reader, compression=packing, notes=notes),
            estimated_rows=int(text.estimated_rows * share),
            memory=int(text.estimated_bytes() * share),
        )


def _preview_table(
    build: partial[Preview], table: Table, rows: int, *, share: float = 1.0
) -> Preview:
    frame = table.frame
    memory = int(frame.memory_usage().sum() * share)
    build = partial(build, estimated_rows=int(len(frame) * share), memory=memory)
    return _preview_frame(build, frame.head(rows), table.reader)


def _preview_frame(
    build: partial[Preview], frame: pd.DataFrame, reader: Reader
) -> Preview:
    frame = frame.head(_fitting(len(frame), frame.shape[1]))
    columns = profile.columns(frame)
    cells = page(frame, columns, id=0, start=0, count=len(frame)).rows
    names = tuple(map(str, frame.columns))
    return build(columns=names, rows=cells, reader=reader, seen=_infos(columns))


def _fitting(rows: int, columns: int) -> int:
    return min(rows, max(LEAST_ROWS, MOST_CELLS // max(1, columns)))


def _looks(
    rows: Sequence[Sequence[str | None]], names: list[str], rules: values.Rules
) -> tuple[ColumnInfo, ...]:
    """Return what the columns of a text are in these rows."""
    if not rows or len(names) > MOST_COLUMNS:
        return ()
    texts = dict(enumerate(map(pd.Categorical, zip(*rows, strict=True))))
    return _infos(
        profile.columns(values.columns(pd.DataFrame(texts), names, rules, Notes()))
    )


def _infos(columns: Iterable[ColumnProfile]) -> tuple[ColumnInfo, ...]:
    return tuple(
        ColumnInfo(
            name=c.name, kind=c.kind, role="", missing=c.missing, levels=c.levels
        )
        for c in columns
    )


@contextmanager
def _beginning(
    path: Path, name: str, packing: str | None, spec: ReadSpec
) -> Iterator[tuple[Path, float, str]]:
    """Yield a file of whole lines of the beginning, times it all is, and its name.

    The whole size of a packed file is estimated.
    """
    total = path.stat().st_size
    if packing is None and total <= HEAD_BYTES:
        yield path, 1.0, path.name
        return
    inside, whole = path.name, float(total)
    head = bytearray()
    with path.open("rb") as file:
        pieces = iter([file.read(HEAD_BYTES)])
        if packing is not None:
            entry = magic.choose(file, name, spec.member) if packing == "zip" else None
            file.seek(0)
            pieces = magic.pieces(file, packing, name, entry)
        for piece in pieces:
            head += piece
            if len(head) >= HEAD_BYTES:
                break
        if packing is not None:
            whole = len(head) * total / (file.tell() or total)
            if entry is not None:
                inside, whole = entry.filename, float(entry.file_size)
    share = max(1.0, whole / max(1, len(head)))
    if share > 1.0:
        # Whole lines; of two or four bytes a character, whole characters at least.
        wide = encoding.marked(bytes(head)) or encoding.wide(bytes(head)) or ""
        end = max(head.rfind(b"\n"), head.rfind(b"\r")) + 1 or len(head)
        unit = 4 if "32" in wide else 2 if "16" in wide else 1
        del head[end + -end % unit :]
    with temporary_file(name) as (copy, out):
        out.write(head)
    try:
        yield copy, share, inside
    finally:
        copy.unlink(missing_ok=True)
