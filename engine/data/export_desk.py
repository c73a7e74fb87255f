"""Answers what the app asks about exports; a part of the desk."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import TYPE_CHECKING, TypeAlias

from engine.client.messages import (
    Answer,
    Exported,
    ExportPlanned,
    PlanExport,
    WriteExport,
)
from engine.data.read.raw import silent

if TYPE_CHECKING:
    from engine.data.load import Progress, Table
    from engine.spec import DataSpec


AtHand: TypeAlias = "Callable[[DataSpec], Table | None]"
"""Returns the table of a source if it is in memory already."""


class _Ended(BaseException):
    """Whoever waits for the export has left."""


@contextlib.contextmanager
def _taken_back() -> Iterator[None]:
    """Leave no hidden files in a person's folder when this process is asked to end.

    Else `SIGTERM` ends even native code, as the service wants it. A process that does
    not come back from that in time is killed by whoever asked.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ended(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough
        raise _Ended

    before = signal.signal(signal.SIGTERM, ended)
    try:
        yield
    except _Ended:
        os._exit(128 + signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)


def answer(
    request: PlanExport | WriteExport,
    tell: Progress = silent,
    at_hand: AtHand = lambda data: None,
) -> Answer:
    """Say what an export would write, or write it.

    Parameters
    ----------
    request : PlanExport or WriteExport
    tell : callable, optional
        Told where a long one is.
    at_hand : callable, optional
        Spares the reading of a table that is in memory already.

    Returns
    -------
    ExportPlanned or Exported

    Raises
    ------
    EngineError
        If it cannot be exported.
    """
    from engine.export.case import case
    from engine.export.write import plan, write

    if isinstance(request, PlanExport):
        # No exporter looks at the table before it writes.
        return ExportPlanned(id=request.id, planned=plan(request.asked, tell))
    table = at_hand(case(request.asked, tell).data)
    with _taken_back():
        written = write(request.asked, tell, table)
    return Exported(id=request.id, written=written)
