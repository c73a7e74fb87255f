"""Handle the requests of the app, one at a time."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import msgspec
from msgspec.structs import replace

from engine.client import lab, messages, wire
from engine.client.explain import RunRequest
from engine.data.handlers import ExplainHandler, LabHandler, export
from engine.data.make_spec import parse
from engine.errors import DataError, EngineError, first_line, out_of_memory, shortage
from engine.io.source import stamp

if TYPE_CHECKING:
    from engine.data.describe import Measured
    from engine.data.load import Progress, Table
    from engine.data.profile import ColumnProfile
    from engine.data.view import RowClasses
    from engine.spec import DataSpec


log = logging.getLogger(__name__)

PROGRESS_SECONDS = 0.1
REMEMBERED = 16
"""Number of settings whose measurements are cached."""
SMALLER = "give a smaller one, or use a machine with more memory"
REPORT = "this is a bug in imbtui: please report it"

Say: TypeAlias = Callable[[messages.Reply], None]
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


class RequestHandler:
    """Handles requests one at a time; keeps the last table that could be read.

    Parameters
    ----------
    say : callable
        Sends a reply before the final one, such as progress.
    log_path : str, default=""
        Where this process's log is, to name it in a failure.
    """

    def __init__(self, say: Say, *, log_path: str = "") -> None:
        self._say = say
        self._log_path = log_path
        self._held: LoadedTable | None = None
        self._lab = LabHandler()
        self._explain = ExplainHandler(self._at_hand)

    def answer(self, line: bytes) -> messages.Reply:
        """Return the final reply to a request; never raises.

        Parameters
        ----------
        line : bytes
            The request as it came.

        Returns
        -------
        Reply
            A `Failure` for anything that cannot be answered.
        """
        try:
            request = wire.decode_request(line)
        except Exception as error:
            log.warning("not a request: %s", error)
            what = f"not a request: {first_line(error)}"
            return messages.Failure(
                id=_id_of(line), code="protocol", message=what, fix=REPORT
            )
        try:
            return self._answer(request)
        except Exception as error:
            known = self._as_known(error, request)
            return messages.Failure(
                id=request.id,
                code=known.code,
                message=" ".join(known.message.split()),
                fix=" ".join(known.fix.split()),
                field=known.field,
                sample_rows=getattr(known, "sample_rows", 0),
            )

    def _as_known(self, error: Exception, request: messages.Request) -> EngineError:
        """Return an error of the engine that says what happened."""
        if isinstance(error, EngineError):
            return error
        if out_of_memory(error):
            log.warning("out of memory", exc_info=True)
            return shortage("this table", SMALLER)
        # The traceback, not the locals: those are cells of the user's table.
        log.exception("%s failed", type(request).__name__)
        where = f": {self._log_path}" if self._log_path else ""
        return EngineError(
            f"{type(error).__name__}: {first_line(error)}",
            f"the log of the service has the details{where}",
            code="internal",
        )

    def _answer(self, request: messages.Request) -> messages.Answer:
        tell = _throttled(self._say, request.id)
        match request:
            case messages.Load():
                return self._load(request, tell)
            case messages.Look():
                from engine.data.preview import preview_file

                return preview_file(request)
            case messages.PageRequest(id=id, start=start, count=count):
                from engine.data.view import page

                held = self._loaded()
                rows, columns = held.table.frame, held.columns
                return page(rows, columns, id=id, start=start, count=count)
            case messages.PictureRequest():
                return self._picture(request)
            case messages.Sketch():
                from engine.data.synthetic import sketch

                return sketch(request)
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
                return export(request, tell, self._at_hand)
            case lab.Treat() | lab.Preflight() | lab.Balance() | lab.LeakDemo():
                return self._lab.answer(request, self._loaded(), tell)
            case RunRequest():
                return self._explain.answer(request, tell)
        raise AssertionError(request)

    def _load(self, request: messages.Load, tell: Progress) -> messages.TableInfo:
        from engine.data.describe import describe

        held = self._read(request, tell)
        measured = self._measure(held, request, tell)
        info = describe(held.table, request, measured)
        # Only now: until a load is answered, the app shows the table before it.
        self._held = replace(held, classes=measured.classes, request=request)
        return info

    def _read(self, request: messages.Load, tell: Progress) -> LoadedTable:
        """Read a table and profile it, unless it is the one at hand, unchanged."""
        from engine.data import profile
        from engine.data.duplicates import duplicate_rows
        from engine.data.load import load_data

        key = _key(request)
        if self._held is not None and self._held.key == key:
            return self._held
        self._lab.forget()
        self._explain.forget()
        table = load_data(request.data, progress=tell)
        tell("profiling", 0, None)
        columns = profile.columns(table.frame)
        return LoadedTable(key, table, columns, duplicate_rows(table.frame))

    def _measure(
        self, held: LoadedTable, request: messages.Load, tell: Progress
    ) -> Measured:
        """Return the measurements of a table under some settings, maybe cached."""
        from engine.data.describe import measure

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
        from engine.data import view

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
        from engine.explain.stored_run import with_absolute_paths

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
    from engine.store import open_store
    from engine.suite.stored import aggregate_group, group_runs

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


def _throttled(say: Say, id: int) -> Progress:
    """Report each new stage, and progress at most ten times a second."""
    last, spoken = "", 0.0

    def tell(stage: str, done: int, total: int | None) -> None:
        nonlocal last, spoken
        now = time.monotonic()
        if stage != last or now - spoken >= PROGRESS_SECONDS:
            last, spoken = stage, now
            say(messages.LoadProgress(id=id, stage=stage, done=done, total=total))

    return tell


def _id_of(line: bytes) -> int:
    with contextlib.suppress(msgspec.MsgspecError, RecursionError):
        found = msgspec.json.decode(line, type=dict[str, object]).get("id")
        return found if type(found) is int else 0
    return 0
