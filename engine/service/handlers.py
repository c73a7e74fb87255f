"""Handle requests about arms, about the errors of a run, and about exports."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from engine.core import explain, lab, messages, space
from engine.core import format as written
from engine.core.errors import ArmError
from engine.core.events import SetupProgress
from engine.core.execution import silent
from engine.core.exports import ExportRequest
from engine.core.views.progress import expected_seconds
from engine.explain.errors import contributions, error_groups, error_rows
from engine.explain.model import importance, open_model, predict
from engine.explain.stored_run import open_run, reopen_run, source_of, stamps
from engine.export.case import case
from engine.export.write import plan, write
from engine.io.scratch import temporary_folder
from engine.io.source import with_absolute_paths
from engine.resample.balance import balance
from engine.resample.preview import Previewer
from engine.resample.training_rows import forecast, prepare_rows
from engine.steps import start
from engine.store.store import open_store
from engine.train.leak import demonstrate
from engine.train.pace import untold
from engine.validation.rows import validate as validate_bundle

if TYPE_CHECKING:
    from engine.core.experiment import DataSpec
    from engine.core.messages import Load
    from engine.data.load import Progress, Table
    from engine.explain.model import FinalModel
    from engine.explain.stored_run import ReopenedRun
    from engine.service.tables import LoadedTable

AtHand: TypeAlias = "Callable[[DataSpec], Table | None]"
"""Returns the table of a source if it is in memory already."""


class MoreHandlers:
    """Handlers of everything but tables: the lab, stored runs, exports.

    Parameters
    ----------
    at_hand : callable
        Returns the table of a source if it is in memory already.
    """

    def __init__(self, at_hand: AtHand) -> None:
        self.lab = LabHandler()
        self.estimate = partial(estimate, at_hand=at_hand)
        self.explain = ExplainHandler(at_hand)
        self.export = partial(export, at_hand=at_hand)
        self.validate = validate


# Methods on the loaded table ----------------------------------------------------------


LabRequest: TypeAlias = lab.Treat | lab.Preflight | lab.Balance | lab.LeakDemo
MOST_SECONDS = 600.0
"""Limit for an arm on all rows: no other request is handled meanwhile."""


class LabHandler:
    """Handles requests about the loaded table; caches its encoded and resampled rows.

    The cache holds for one table under one set of choices.
    """

    def __init__(self) -> None:
        self._choices = b""
        self._previewer: Previewer | None = None

    def answer(
        self, request: LabRequest, held: LoadedTable, tell: Progress
    ) -> messages.Answer:
        """Return the answer.

        Parameters
        ----------
        request : Treat, Preflight, Balance or LeakDemo
        held : LoadedTable
            The loaded table with its settings.
        tell : callable
            Called with the progress of a long request.

        Raises
        ------
        EngineError
            If it cannot be answered, or resampling all rows may take longer than
            `MOST_SECONDS` and so block all other requests.
        """
        assert held.request is not None
        table, choices = held.table, held.request
        previewer = self._at(table, choices)
        match request:
            case lab.Treat():
                return previewer.preview(request)
            case lab.Preflight():
                return forecast(previewer.bench, request)
        # What is muted changes no row; the arm is that which was seen.
        data = msgspec.structs.replace(choices.data, mute=())
        arm = space.fix_setting(request.arm, space.first_setting(request.arm))
        seconds = previewer.bench.seconds(arm)
        if seconds > MOST_SECONDS:
            raise ArmError(
                f"{arm.name} takes about {written.about(seconds).lstrip('~ ')} on all "
                "training rows",
                "use a quicker arm, or the command line, which waits",
                code="too-slow",
            )
        if isinstance(request, lab.LeakDemo):
            way, seed = choices.split, request.seed
            leak = demonstrate(
                data, arm, table=table, way=way, seed=seed, progress=tell
            )
            return msgspec.structs.replace(leak, id=request.id, arm=request.arm)
        found = balance(
            data,
            arm,
            Path(request.path),
            table=table,
            way=choices.split if request.split else None,
            seed=choices.seed,
            flag=request.flag,
            overwrite=request.overwrite,
            progress=tell,
        )
        return msgspec.structs.replace(found, id=request.id)

    def _at(self, table: Table, choices: Load) -> Previewer:
        """Return the previewer of a table, a new one if anything changed."""
        # What is muted changes the advice shown, and no row.
        plain = msgspec.structs.replace(choices, id=0, mute=())
        key = msgspec.json.encode(plain, order="deterministic")
        if self._previewer is None or self._choices != key:
            self._previewer = None  # its memory is free while another is made
            self._previewer = Previewer(prepare_rows(table, choices))
            self._choices = key
        return self._previewer


def estimate(
    request: lab.EstimateRun, tell: Progress = silent, at_hand: AtHand = lambda _: None
) -> lab.RunEstimate:
    """Return what a run would take with all cores, as it would tell itself.

    Parameters
    ----------
    request : EstimateRun
    tell : callable, optional
        Called with the progress.
    at_hand : callable, optional
        Returns the table if it is in memory already.

    Raises
    ------
    EngineError
        If such a run cannot begin.
    """

    def report(progress: SetupProgress) -> None:
        tell(progress.stage, progress.done, progress.total)

    wanted = request.experiment
    data = with_absolute_paths(wanted.data, str(Path.cwd()))
    wanted = msgspec.structs.replace(wanted, data=data)
    begun = start(wanted, executor="local", table=at_hand(data), report=report)
    known, id = begun.expected, request.id
    if known is msgspec.UNSET:
        return lab.RunEstimate(id=id, why=untold(begun))
    names = tuple(arm.name for arm in wanted.arms if arm.name not in known.arms)
    seconds = expected_seconds(begun, known)
    return lab.RunEstimate(
        id=id, seconds=seconds, bytes=known.bytes, jobs=known.jobs, refused=names
    )


# The errors of a stored run -----------------------------------------------------------


Key: TypeAlias = tuple[str, str, tuple[object, ...]]


def answer(request: explain.RunRequest, progress: Progress) -> explain.Shown:
    """Answer one request about a stored run; see `ExplainHandler.answer`."""
    return ExplainHandler().answer(request, progress)


class ExplainHandler:
    """Handles requests about stored runs; caches the last run and the last model.

    Parameters
    ----------
    at_hand : callable, optional
        Returns the table of a source if it is in memory already.
    """

    def __init__(self, at_hand: AtHand = lambda data: None) -> None:
        self._at_hand = at_hand
        self._bench: ReopenedRun | None = None
        self._key: Key | None = None
        self._model: FinalModel | None = None
        self._weighed: dict[tuple[object, ...], explain.ImportanceShown] = {}

    def answer(
        self, request: explain.RunRequest, tell: Progress = silent
    ) -> explain.Shown:
        """Return the answer.

        Parameters
        ----------
        request : ErrorRows, ErrorGroups, Importance or Contributions
        tell : callable, optional
            Called with the progress of a long request.

        Raises
        ------
        EngineError
            If it cannot be answered.
        """
        bench = self._at(request, tell)
        match request:
            case explain.ErrorRows():
                return error_rows(bench, request)
            case explain.ErrorGroups():
                return error_groups(bench, request)
            case explain.Importance():
                return self._importance(bench, request, tell)
            case explain.Contributions():
                model = self._model_of(bench, predict(bench, request).arm, tell)
                return contributions(bench, request, model)
        raise AssertionError(request)

    def forget(self) -> None:
        """Drop cached state to free memory for another run."""
        self._bench = self._key = self._model = None
        self._weighed = {}

    def _at(self, request: explain.RunRequest, tell: Progress) -> ReopenedRun:
        """Return the run, opened anew if anything changed."""
        path = Path(request.store) if request.store else None
        known = self._bench
        with open_store(path, create=False) as store:
            opened = known.opened if known is not None else None
            same = opened is not None and opened.run.id == request.run
            found = open_run(store, request.run, opened if same else None)
        data = source_of(found)
        key = (request.store, found.run.id, stamps(data))
        if known is not None and key == self._key:
            known.opened = found
            return known
        self.forget()  # its memory is free while another is opened
        self._bench = reopen_run(path, found, table=self._at_hand(data), progress=tell)
        self._key = key
        return self._bench

    def _model_of(self, bench: ReopenedRun, arm: str, tell: Progress) -> FinalModel:
        if self._model is None or self._model.arm != arm:
            tell("opening the model", 0, None)
            self._model = None
            self._model = open_model(bench, arm)
        return self._model

    def _importance(
        self, bench: ReopenedRun, request: explain.Importance, tell: Progress
    ) -> explain.ImportanceShown:
        """Return importances; they depend on neither operating point nor threshold."""
        pred = predict(bench, request)
        key = (pred.arm, pred.klass, request.repeats)
        if key not in self._weighed:
            model = self._model_of(bench, pred.arm, tell)
            self._weighed[key] = importance(bench, request, model, tell)
        return msgspec.structs.replace(self._weighed[key], id=request.id)


# Exports ------------------------------------------------------------------------------


def export(
    request: messages.PlanExport | messages.WriteExport,
    tell: Progress = silent,
    at_hand: AtHand = lambda data: None,
) -> messages.Answer:
    """Say what an export would write, or write it.

    Parameters
    ----------
    request : PlanExport or WriteExport
    tell : callable, optional
        Called with the progress of a long request.
    at_hand : callable, optional
        Returns the table if it is in memory already.

    Returns
    -------
    ExportPlanned or Exported

    Raises
    ------
    EngineError
        If it cannot be exported.
    """
    if isinstance(request, messages.PlanExport):
        # No exporter looks at the table before it writes.
        return messages.ExportPlanned(id=request.id, planned=plan(request.asked, tell))
    table = at_hand(case(request.asked, tell).data)
    with _clean_up_on_sigterm():
        written = write(request.asked, tell, table)
    return messages.Exported(id=request.id, written=written)


def validate(
    request: messages.AskValidation, tell: Progress = silent
) -> messages.ModelValidated:
    """Validate a bundle, or the recommended arm of a run.

    Parameters
    ----------
    request : AskValidation
    tell : callable, optional
        Called with the progress of a long request.

    Returns
    -------
    ModelValidated

    Raises
    ------
    EngineError
        If the run cannot be exported, or the rows cannot be used.
    """
    if request.run is None:
        found = validate_bundle(request.rows, tell)
        return messages.ModelValidated(id=request.id, found=found)
    with _clean_up_on_sigterm():
        folder = temporary_folder()
        try:
            bundle = str(folder / "bundle")
            asked = ExportRequest(
                store=request.store, run=request.run, kind="bundle", path=bundle
            )
            write(asked, tell)
            rows = msgspec.structs.replace(request.rows, bundle=bundle)
            found = validate_bundle(rows, tell)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return messages.ModelValidated(id=request.id, found=found)


@contextlib.contextmanager
def _clean_up_on_sigterm() -> Iterator[None]:
    """Remove temporary files from a user's folder on SIGTERM.

    Else `SIGTERM` ends even native code, as the service wants it. A process that does
    not come back from that in time is killed by whoever asked.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough
        raise SystemExit

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    except SystemExit:
        os._exit(128 + signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
