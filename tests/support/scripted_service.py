"""A service child that knows its tables by heart: it starts in no time.

It speaks as `engine.service.main` does. A source with ``endless`` in its name is read,
or drawn, until the process is killed; it does not hear that anything is cancelled.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from engine.core.events import Reader
from engine.core.messages import (
    ColumnPicture,
    Failure,
    Load,
    LoadProgress,
    Look,
    PageRequest,
    PictureRequest,
    Preview,
    Ready,
    Reply,
    Request,
    Sketch,
    TableInfo,
    TablePage,
)
from engine.service import protocol as wire

ROWS = {"sample:blobs": 300, "sample:ecoli": 336, "sample:moons": 500}


def command(*_: object, **__: object) -> list[str]:
    """Return what starts it; stands for `engine.io.machine.command`."""
    root = str(Path(__file__).resolve().parents[2])
    code = "import sys; sys.path.insert(0, sys.argv[1]); from tests.support import "
    return [sys.executable, "-c", f"{code}scripted_service as s; s.main()", root]


def _say(reply: Reply) -> None:
    sys.stdout.buffer.write(wire.encode(reply))
    sys.stdout.buffer.flush()


def _read(request: Load) -> TableInfo:
    stage, total = "reading", 100
    if "columns" in request.source:
        stage, total = "measuring", 5000
    _say(LoadProgress(id=request.id, stage=stage, done=0, total=total))
    while "endless" in request.source:
        time.sleep(60)
    return TableInfo(
        id=request.id,
        source=request.source,
        name=request.source,
        bytes=None,
        rows=ROWS[request.source],
        columns=(),
        target=request.target or "label",
    )


def _answer(request: Request, table: TableInfo | None) -> Reply:
    match request:
        case Load():
            return _read(request)
        case Sketch() if "endless" in request.source:
            time.sleep(600)
        case Look(id=id, source=source, rows=rows):
            return Preview(
                id=id,
                source=source,
                name=source,
                bytes=None,
                columns=("a",),
                rows=(("1",),) * rows,
                reader=Reader(format="text"),
            )
        case PageRequest(id=id, start=start, count=count) if table is not None:
            rows = (("1",),) * count
            return TablePage(
                id=id, start=start, total=table.rows, columns=("a",), rows=rows
            )
        case PictureRequest(id=id, column=column) if table is not None:
            counts = {"0": (1,), "1": (2,)}
            return ColumnPicture(id=id, column=column, kind="number", counts=counts)
    return Failure(id=request.id, code="data", message="no table", fix="load one")


def main() -> None:
    """Answer until the standard input closes."""
    table: TableInfo | None = None
    _say(Ready())
    for line in sys.stdin.buffer:
        answer = _answer(wire.decode_request(line), table)
        table = answer if isinstance(answer, TableInfo) else table
        _say(answer)
