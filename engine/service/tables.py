"""Handle requests about tables: the one at hand, previews, generated ones, suites."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import msgspec
from msgspec.structs import replace

from engine.core import lab, messages
from engine.core.errors import DataError
from engine.core.explain import RunRequest
from engine.data import profile, view
from engine.data.duplicates import duplicate_rows
from engine.data.load import load_data
from engine.data.view import page
from engine.io.make_spec import parse
from engine.io.source import stamp, with_absolute_paths
from engine.service.describe import describe, measure
from engine.service.preview import preview_file
from engine.store import open_store
from engine.suite.stored import aggregate_group, group_runs

if TYPE_CHECKING:
    from engine.core.experiment import DataSpec
    from engine.data.load import Progress, Table
    from engine.data.profile import ColumnProfile
    from engine.data.view import RowClasses
    from engine.service.describe import Measured
    from engine.service.handlers import MoreHandlers


REMEMBERED = 16
"""Number of settings whose measurements are cached."""

Key: TypeAlias = tuple[bytes, tuple[int, int], tuple[int, int] | None]
"""Request and file stamps, which change with the files."""


class LoadedTable(msgspec.Struct, frozen=True):
    """The table at hand, and what was measured of it under some settings."""

    key: Key
    table: Table
    columns: tuple[ColumnProfile, ...]
    duplicate_rows: int
    measured: dict[bytes, Measured] = {}
    classes: RowClasses | None = None
    request: messages.Load | None = None


class TableHandler:
    """Answers requests; keeps the last table that could be read."""

    def __init__(self) -> None:
        self._held: LoadedTable | None = None

    @cached_property
    def _more(self) -> MoreHandlers:
        """Handlers of what needs models and samplers, which no table waits for."""
        from engine.service.handlers import MoreHandlers

        return MoreHandlers(self._at_hand)

    def answer(self, request: messages.Request, tell: Progress) -> messages.Answer:
        """Return the answer.

        Raises
        ------
        EngineError
            If it cannot be answered.
        """
        match request:
            case messages.Load():
                return self._load(request, tell)
            case messages.Look():
                return preview_file(request)
            case messages.PageRequest(id=id, start=start, count=count):
                held = self._loaded()
                rows, columns = held.table.frame, held.columns
                return page(rows, columns, id=id, start=start, count=count)
            case messages.PictureRequest():
                return self._picture(request)
            case messages.Sketch():
                from engine.data import synthetic  # scikit-learn

                return synthetic.sketch(request)
            case messages.WriteMade():
                made = parse(request.source)
                from engine.data import synthetic

                path = synthetic.write(made, Path(request.path), request.overwrite)
                return messages.TableWritten(
                    id=request.id, path=str(path), rows=made.rows
                )
            case messages.AskSuite():
                return answer_suite(request)
            case messages.PlanExport() | messages.WriteExport():
                return self._more.export(request, tell)
            case lab.Treat() | lab.Preflight() | lab.Balance() | lab.LeakDemo():
                return self._more.lab.answer(request, self._loaded(), tell)
            case RunRequest():
                return self._more.explain.answer(request, tell)
        raise AssertionError(request)

    def _load(self, request: messages.Load, tell: Progress) -> messages.TableInfo:
        held = self._read(request, tell)
        measured = self._measure(held, request, tell)
        info = describe(held.table, request, measured)
        # Only now: until a load is answered, the app shows the table before it.
        self._held = replace(held, classes=measured.classes, request=request)
        return info

    def _read(self, request: messages.Load, tell: Progress) -> LoadedTable:
        """Read a table and profile it, unless it is the one at hand, unchanged."""
        key = _key(request)
        if self._held is not None and self._held.key == key:
            return self._held
        self.__dict__.pop("_more", None)  # their memory is free for this one
        table = load_data(request.data, progress=tell)
        tell("profiling", 0, None)
        columns = profile.columns(table.frame)
        return LoadedTable(key, table, columns, duplicate_rows(table.frame))

    def _measure(
        self, held: LoadedTable, request: messages.Load, tell: Progress
    ) -> Measured:
        """Return the measurements of a table under some settings, maybe cached."""
        # What is muted changes the advice shown, and nothing that is measured.
        plain = replace(request, id=0, mute=())
        choices = msgspec.json.encode(plain, order="deterministic")
        if choices not in held.measured:
            if len(held.measured) == REMEMBERED:
                held.measured.clear()
            tell("measuring", 0, None)
            held.measured[choices] = measure(held, request)
        return held.measured[choices]

    def _picture(self, request: messages.PictureRequest) -> messages.ColumnPicture:
        held = self._loaded()
        assert held.classes is not None
        column = next((c for c in held.columns if c.name == request.column), None)
        if column is None:
            raise DataError(
                f"{held.table.name} has no column {request.column!r}",
                "choose one of the table shown",
            )
        series, bins = held.table.frame[column.name], request.bins
        return view.picture(series, column, held.classes, id=request.id, bins=bins)

    def _at_hand(self, data: DataSpec) -> Table | None:
        """Return the table of a run if it is the one that is loaded."""
        held = self._held
        if held is None or held.request is None:
            return None
        key = _key(data)
        same = _key(with_absolute_paths(held.request.data, str(Path.cwd()))) == key
        return held.table if same and held.key[1:] == key[1:] else None

    def _loaded(self) -> LoadedTable:
        if self._held is None:
            raise DataError("no table is loaded", "open one first")
        return self._held


def answer_suite(request: messages.AskSuite) -> messages.SuiteShown:
    """Return what the store's finished runs come to over their tables.

    Parameters
    ----------
    request : AskSuite
        A group that is not there any more gives way to that of the newest run.

    Returns
    -------
    SuiteShown

    Raises
    ------
    EngineError
        If the store cannot be read, or there is no such metric.
    """
    path = Path(request.store) if request.store else None
    with open_store(path, create=False) as store:
        found = group_runs(store.runs())
        groups = tuple(one.group for one in found)
        if not found:
            return messages.SuiteShown(id=request.id, groups=())
        chosen = next((one for one in found if one.group.key == request.group), None)
        chosen = chosen or found[0]
        shown = aggregate_group(store, chosen, request.metric, request.rope)
    return messages.SuiteShown(
        id=request.id, groups=groups, group=chosen.group.key, suite=shown
    )


def _key(request: messages.Load | DataSpec) -> Key:
    read = request.read
    # A sample keeps the shares of the target's classes: another target, another sample.
    target = request.target if read.rows is not None else None
    second = request.test_source
    # These first: they refuse names that are no text.
    stamps = stamp(request.source), None if second is None else stamp(second)
    parts = (request.source, read, second, target)
    return (msgspec.json.encode(parts), *stamps)
