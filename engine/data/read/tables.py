"""A file of a known kind as a raw table: all of it, some columns, or a sample."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from engine.data.read import sample
from engine.data.read.encoding import SurpriseError
from engine.data.read.magic import KINDS
from engine.data.read.open import Opened
from engine.data.read.raw import Progress, Raw, counted, settle, size
from engine.data.read.unused import refuse_unused
from engine.errors import DataError, TooBigError
from engine.events import Sampled
from engine.spec import ReadSpec

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from engine.data.read.begin import Text

__all__ = ["places", "raw"]


def raw(
    file: Opened,
    name: str,
    spec: ReadSpec,
    target: str | None,
    limit: int | None,
    tell: Progress,
    *,
    strict: bool = True,
) -> tuple[Raw, Sampled | None]:
    """Read a file.

    Parameters
    ----------
    file : Opened
    name : str
        What to call it.
    spec : ReadSpec
    target : str or None
        Column whose classes keep their shares in a sample.
    limit : int or None
        Bytes that the table may take.
    tell : callable
        Takes the progress.

    Returns
    -------
    raw : Raw
    sampled : Sampled or None
        If it is not the whole table.

    Raises
    ------
    DataError
        If it is no table; TooBigError if it would take more than `limit`.
    """
    if spec.format is not None and spec.format not in KINDS:
        raise DataError(
            f"no format {spec.format!r}", f"give one of: {', '.join(KINDS)}"
        )
    kind = spec.format or file.kind
    if strict:
        refuse_unused(spec, kind, name)
    if kind == "text":
        try:
            return _text(file, name, spec, target, limit, tell)
        except SurpriseError:
            return _text(file, name, spec, target, limit, tell, whole=True)
    return _other(kind, file, name, spec, target, limit, tell)


def _text(
    file: Opened,
    name: str,
    spec: ReadSpec,
    target: str | None,
    limit: int | None,
    tell: Progress,
    *,
    whole: bool = False,
) -> tuple[Raw, Sampled | None]:
    """Read delimited text, or a sample of it."""
    from engine.data.read.begin import opened
    from engine.data.read.text import table

    with opened(file.path, name, spec, whole=whole) as begun:
        names, said = settle(begun.layout.names[: begun.fields])
        chosen = places(names, spec.columns, name)
        keep = sampled = None
        if spec.rows is not None:
            known = target is not None and target in names
            place = names.index(str(target)) if known else _likely(names, begun)
            column, _ = table(begun, spec, columns=[place], progress=tell)
            drawn = sample.choose(_codes(column[place]), spec.rows)
            keep, sampled = sample.keeper(drawn), Sampled(len(drawn), len(column))
        else:
            wanted = None if chosen is None else len(chosen) / begun.fields
            _fits(
                begun.estimated_bytes() * (wanted or 1),
                begun.estimated_rows,
                name,
                limit,
            )
        # One column alone does not tell a header that is repeated among the rows.
        asked = chosen
        if chosen is not None and len(chosen) == 1 and begun.fields > 1:
            asked = sorted({chosen[0], (chosen[0] + 1) % begun.fields})
        frame, mended = table(begun, spec, columns=asked, progress=tell, keep=keep)
        if begun.layout.trailing:
            mended += (_nothing_last(begun, spec, name, tell, keep),)
        frame, again = _without_headers(frame, begun)
        empty = int(_reading(frame, [""] * frame.shape[1]).sum())
        if empty and chosen is None:
            rows = counted(empty, "row has", "rows have")
            again += (f"{rows} no value in any column",)
        if chosen is not None:
            frame = frame[chosen]
        if sampled is not None:
            sampled = Sampled(len(frame), sampled.of)
        frame.columns = [names[int(i)] for i in frame.columns]
        notes = (*begun.reader.notes, *said, *mended, *again)
        reader = msgspec.structs.replace(begun.reader, notes=notes)
    return Raw(frame, reader), sampled if _is_part(sampled) else None


def _other(
    kind: str,
    file: Opened,
    name: str,
    spec: ReadSpec,
    target: str | None,
    limit: int | None,
    tell: Progress,
) -> tuple[Raw, Sampled | None]:
    """Read a format that says by itself what its columns are."""
    if kind in ("parquet", "feather"):
        from engine.data.read import columnar

        rows = sampled = None
        if spec.rows is not None:
            about = columnar.shape(file.path, name, kind)
            column = target if target in about.columns else about.columns[-1]
            found = columnar.read(
                file.path, name, kind, columns=[column], limit=limit
            ).frame
            rows = sample.choose(_codes(found.iloc[:, 0]), spec.rows)
            sampled = Sampled(len(rows), len(found))
        raw = columnar.read(
            file.path,
            name,
            kind,
            columns=spec.columns,
            rows=rows,
            limit=limit,
            progress=tell,
        )
        return raw, sampled if _is_part(sampled) else None
    reader = importlib.import_module(f"engine.data.read.{kind}")
    told = msgspec.structs.replace(spec, member=file.rest(spec.member))
    raw = reader.read(file.path, name, told, limit=limit, progress=tell)
    frame, sampled = raw.frame, None
    if spec.rows is not None and spec.rows < len(frame):
        listed = list(frame.columns)
        place = listed.index(target) if target in listed else len(listed) - 1
        drawn = sample.choose(_codes(frame.iloc[:, place]), spec.rows)
        sampled = Sampled(len(drawn), len(frame))
        frame = frame.iloc[drawn].reset_index(drop=True)
    return raw._replace(frame=frame), sampled


def _nothing_last(
    begun: Text,
    spec: ReadSpec,
    name: str,
    tell: Progress,
    keep: Callable[[int, int], Any] | None,
) -> str:
    """Say that the last field of every line is left out, if it is empty everywhere."""
    from engine.data.read.text import table

    last = begun.layout.width - 1
    found = table(begun, spec, columns=[last], progress=tell, keep=keep)[0][last]
    if found.notna().any():
        row = int(found.notna().to_numpy().argmax()) + 1
        raise DataError(
            f"{name}: row {row:,} has a value in its last field, which has no name and "
            "is empty in the rows above",
            "give that column a name in the header, or mend the row",
        )
    return "every line ends in an empty field: left out"


def _without_headers(
    frame: pd.DataFrame, begun: Text
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Leave out header lines that stand again among the rows: files put together."""
    names = [begun.layout.names[int(place)].strip() for place in frame.columns]
    if begun.layout.header != 1 or len(names) < 2 or not all(names):
        return frame, ()
    again = _reading(frame, names)
    if not again.any():
        return frame, ()
    lines = counted(int(again.sum()), "line")
    said = f"{lines} among the rows that repeat the header left out"
    return frame[~again].reset_index(drop=True), (said,)


def _reading(frame: pd.DataFrame, cells: list[str]) -> np.ndarray:
    """Return which rows read so, blanks around cells aside; "" is a missing one."""
    import numpy as np

    found = np.ones(len(frame), dtype=bool)
    for place, cell in zip(frame.columns, cells, strict=True):
        column = frame[place]
        if column.dtype == "category":
            same = [str(c).strip() == cell for c in column.cat.categories]
            found &= np.append(same, not cell)[column.cat.codes.to_numpy()]
        else:
            found &= column.isna().to_numpy() & (not cell)
        if not found.any():
            break
    return found


def places(names: list[str], wanted: Sequence[str], name: str) -> list[int] | None:
    """Return where the wanted columns are; None if all are wanted.

    Raises
    ------
    DataError
        If there is none of that name.
    """
    if not wanted:
        return None
    for one in wanted:
        if one not in names:
            near = difflib.get_close_matches(one, names, n=1)
            hint = f"did you mean {near[0]!r}? The" if near else "the"
            shown = ", ".join(names[:30])
            raise DataError(
                f"{name} has no column {one!r}", f"{hint} columns are: {shown}"
            )
    return [i for i, one in enumerate(names) if one in wanted]


def _codes(series: pd.Series) -> np.ndarray:
    import pandas as pd

    return pd.factorize(series)[0]


def _likely(names: list[str], begun: Text) -> int:
    """Return the place of the column that a sample is stratified by, unless told."""
    import pandas as pd

    from engine.data.guess import candidates

    columns = {
        name: pd.Series([r[i] or None for r in begun.rows if len(r) > i], dtype=object)
        for i, name in enumerate(names)
    }
    found = candidates(pd.DataFrame(columns))
    return names.index(found[0].name) if found else len(names) - 1


def _fits(needed: float, rows: int, name: str, limit: int | None) -> None:
    """Refuse a table that would take more memory than there is for it.

    Raises
    ------
    TooBigError
    """
    if limit is None or needed <= limit:
        return
    fit = max(1, int(rows * limit / needed / 2))
    fit = int(float(f"{fit:.1g}"))
    raise TooBigError(
        f"{name} has some {rows:,} rows, which would take {size(int(needed))} of "
        f"memory where {size(limit)} can be had",
        f"read a sample of its rows (--rows {fit}), or some columns (--columns A,B)",
        sample_rows=fit,
    )


def _is_part(sampled: Sampled | None) -> bool:
    return sampled is not None and sampled.rows < sampled.of
