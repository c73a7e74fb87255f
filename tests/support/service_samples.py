"""A service to ask, as a child or in this process, and tables for it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from engine.core.messages import (
    ColumnPicture,
    Failure,
    Load,
    Order,
    PageRequest,
    PictureRequest,
    Reply,
    TableInfo,
    TablePage,
)
from engine.service import Child, RequestHandler, Service
from engine.service import protocol as wire

HEAVY = ("pandas", "numpy", "sklearn", "imblearn", "xgboost", "optuna", "scipy")


# --- helpers -------------------------------------------------------------------------


class Asker:
    """A desk in this process, for what does not need a child."""

    def __init__(self) -> None:
        self.said: list[Reply] = []
        self.desk = RequestHandler(self.said.append, log_path="x.log")
        self._id = 0

    def load(self, source: str, **choices: object) -> TableInfo | Failure:
        self._id += 1
        request = Load(id=self._id, source=source, **choices)  # type: ignore[arg-type]
        answer = self.desk.answer(wire.encode(request))
        assert isinstance(answer, TableInfo | Failure)
        assert answer.id == self._id
        return answer

    def info(self, source: str, **choices: object) -> TableInfo:
        answer = self.load(source, **choices)
        assert isinstance(answer, TableInfo), answer
        return answer

    def picture(self, column: str, bins: int = 30) -> ColumnPicture:
        answer = self.desk.answer(
            wire.encode(PictureRequest(id=9, column=column, bins=bins))
        )
        assert isinstance(answer, ColumnPicture), answer
        return answer

    def page(self, start: int, count: int, sort: Order | None = None) -> TablePage:
        answer = self.desk.answer(
            wire.encode(PageRequest(id=9, start=start, count=count, sort=sort))
        )
        assert isinstance(answer, TablePage), answer
        return answer


def _load(service: Service, source: str, **choices: object) -> TableInfo:
    answer = service.request(
        Load(id=service.next_id(), source=source, **choices)  # type: ignore[arg-type]
    )
    assert isinstance(answer, TableInfo), answer
    return answer


def _table(folder: Path, text: str, name: str = "t.csv") -> str:
    path = folder / name
    path.write_text(text)
    return str(path)


def _child(service: Service) -> Child:
    assert service._child is not None
    return service._child


def _gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def _until(true: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)
