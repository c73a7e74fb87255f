"""A run in MLflow: a run of its own, with one nested in it for each arm.

MLflow is an extra. It is told nothing but through its client, and it does not phone
home: `quiet` sees to that before it is imported.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import io
import logging
import os
import re
import shutil
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from engine.errors import EngineError, OutputError, UnwrittenError
from engine.export import mlflow_told
from engine.export.case import Case
from engine.export.mlflow_address import Address, address, reach
from engine.export.mlflow_told import RUN, WHOLE, Metric, Told
from engine.export.pieces import Parts
from engine.files import put
from engine.scratch import make_folder, temporary_folder

__all__ = ["mlflow_runs", "quiet", "send"]

BATCH = 90
"""Parameters and tags of one request; MLflow takes 100."""
METRICS = 800
_SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ALLOW_FILE_STORE": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    # Else each run is printed, with the password of the address.
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "GIT_PYTHON_REFRESH": "quiet",
}
_PATIENCE = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
}
"""What a person may have set otherwise."""
_AT_THE_END = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",
}
"""To mark what is there as failed: nobody is to wait for that."""
_CAUSE = re.compile(r"\(Caused by \w+\((.*)\)\)$")


def mlflow_runs(case: Case) -> Parts:
    """Tell what would be sent; no file is written here.

    Parameters
    ----------
    case : Case

    Returns
    -------
    Parts
    """
    arms = len(case.state.arms)
    notes = [
        f"experiment {mlflow_told.experiment_name(case)!r}: run {case.run} with "
        f"{arms} nested {'run' if arms == 1 else 'runs'}, one for each arm",
        "with the result document, the experiment file, the report and the models",
    ]
    return Parts((), tuple(notes))


def send(case: Case, given: str) -> tuple[str, ...]:
    """Send a run to MLflow.

    Parameters
    ----------
    case : Case
    given : str
        The address: a folder, ``sqlite:///FILE`` or ``http://HOST:PORT``.

    Returns
    -------
    tuple of str
        What was sent, and what was noticed.

    Raises
    ------
    OutputError
        If the run is there already, and is not to be replaced; if the address is
        something else's.
    UnwrittenError
        If nobody answers, or only a part could be sent: those runs are marked as
        failed, and replaced the next time.
    """
    where = address(given)
    reach(where)
    with quiet(where) as mlflow, _files(case) as (files, notes):
        client = mlflow.MlflowClient(tracking_uri=where.uri)
        try:
            name, sent = _send(case, client, where, files)
        except EngineError:
            raise
        except Exception as error:
            raise UnwrittenError(
                f"MLflow at {where.shown} refuses: {_line(error, where)}",
                "see that it is well, then export again",
            ) from None
    return (f"experiment {name!r}: {sent} runs at {where.shown}", *notes)


@contextlib.contextmanager
def quiet(where: Address) -> Iterator[Any]:
    """Import MLflow so that it tells nobody, says nothing, and makes no folder here.

    Yields
    ------
    module
    """
    os.environ.update(_SETTINGS)
    for name, value in _PATIENCE.items():
        os.environ.setdefault(name, value)
    root = where.artifacts
    if root is not None:
        # Else a new database has its files in the folder that we happen to be in.
        os.environ["_MLFLOW_SERVER_ARTIFACT_ROOT"] = root.as_uri()
    loud = [logging.getLogger(name) for name in ("mlflow", "alembic")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mlflow = importlib.import_module("mlflow")
        before = [(one, one.level) for one in loud]
        for one in loud:
            one.setLevel(logging.CRITICAL)
        try:
            yield mlflow
        finally:
            for one, level in before:
                one.setLevel(level)
            if root is not None:
                os.environ.pop("_MLFLOW_SERVER_ARTIFACT_ROOT", None)


def _send(
    case: Case, client: Any, where: Address, files: dict[str, Path]
) -> tuple[str, int]:
    name = mlflow_told.experiment_name(case)
    home = _experiment(client, name, where)
    old = _old(case, client, home)
    made: list[str] = []
    try:
        told = mlflow_told.parent(case)
        parent = _start(case, client, home, told, made)
        for n, arm in enumerate(case.state.arms):
            case.progress("sending", n, len(case.state.arms))
            one = mlflow_told.arm(case, arm.name)
            tags = {"mlflow.parentRunId": parent}
            child = _start(case, client, home, one, made, tags)
            if arm.name in files:
                client.log_artifacts(child, str(files[arm.name]))
            _end(case, client, child, one.status)
        client.log_artifacts(parent, str(files[""]))
        client.set_tag(parent, WHOLE, "yes")
        _end(case, client, parent, told.status)
        for run in old:
            client.delete_run(run)
    except BaseException as error:
        marked = _give_up(client, made)
        if isinstance(error, EngineError) or not isinstance(error, Exception):
            raise
        raise UnwrittenError(
            f"MLflow at {where.shown} took only a part of run {case.run}: "
            f"{_line(error, where)}",
            f"what is there {'is marked as failed' if marked else 'stays open'}; "
            "export again, which replaces it",
        ) from None
    return name, len(made)


def _experiment(client: Any, name: str, where: Address) -> str:
    """Return the id of the experiment, which is made if it is not there."""
    there = client.get_experiment_by_name(name)
    if there is None:
        root = where.artifacts
        place = None if root is None else make_folder(root).as_uri()
        return str(client.create_experiment(name, artifact_location=place))
    if there.lifecycle_stage == "deleted":
        raise OutputError(
            f"the experiment {name!r} at {where.shown} was deleted",
            f"restore it: mlflow experiments restore -x {there.experiment_id}",
        )
    return str(there.experiment_id)


def _old(case: Case, client: Any, home: str) -> list[str]:
    """Return the runs that were sent before; refuse to send it twice.

    Raises
    ------
    OutputError
        If it is there, and is not to be replaced.
    """
    found = client.search_runs(
        [home], filter_string=f"tags.`{RUN}` = '{case.run}'", max_results=1000
    )
    whole = [one for one in found if WHOLE in one.data.tags]
    if whole and not case.asked.overwrite:
        raise OutputError(
            f"run {case.run} is there already, as {whole[0].info.run_id}",
            "replace it with --force",
        )
    return [one.info.run_id for one in found]


def _start(
    case: Case,
    client: Any,
    home: str,
    told: Told,
    made: list[str],
    tags: dict[str, str] | None = None,
) -> str:
    """Make a run and tell what is known of it; it is open still."""
    mlflow = importlib.import_module("mlflow.entities")
    begun = int(case.opened.run.created * 1000)
    run = client.create_run(
        home, start_time=begun, tags={RUN: case.run, **(tags or {})}, run_name=told.name
    )
    name: str = run.info.run_id
    made.append(name)
    for batch in _batches(told.params, BATCH):
        params = [mlflow.Param(key, value) for key, value in batch]
        client.log_batch(name, params=params)
    for batch in _batches(told.tags, BATCH):
        client.log_batch(name, tags=[mlflow.RunTag(k, v) for k, v in batch])
    at = int((case.opened.run.finished or case.opened.run.created) * 1000)
    for start in range(0, len(told.metrics), METRICS):
        some = told.metrics[start : start + METRICS]
        client.log_batch(name, metrics=[_metric(mlflow, one, at) for one in some])
    return name


def _metric(mlflow: Any, one: Metric, at: int) -> Any:
    return mlflow.Metric(one.name, one.value, at, one.step)


def _batches(values: dict[str, str], most: int) -> Iterator[list[tuple[str, str]]]:
    every = list(values.items())
    for start in range(0, len(every), most):
        yield every[start : start + most]


def _end(case: Case, client: Any, run: str, status: str) -> None:
    run_of = case.opened.run
    ended = int((run_of.finished or run_of.created) * 1000)
    client.set_terminated(run, status=status, end_time=ended)


def _give_up(client: Any, made: list[str]) -> bool:
    """Mark runs as failed, as far as somebody answers; tell whether all of them are."""
    before = {name: os.environ.get(name) for name in _AT_THE_END}
    os.environ.update(_AT_THE_END)
    try:
        for run in made:
            client.set_terminated(run, status="FAILED")
    except Exception:  # the next one would be waited for as long, and for nothing
        return False
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
    return True


def _line(error: Exception, where: Address) -> str:
    """Return the first line of what an error says, without a password.

    Of what could not be sent, only why: the rest is a request that nobody wrote.
    """
    lines = str(error).strip().splitlines() or [type(error).__name__]
    secret = urlsplit(where.uri).netloc.rpartition("@")[0]
    if cause := _CAUSE.search(lines[0]):
        said = cause[1].strip("\"'")
        lines[0] = re.sub(
            r"^(HTTPS?ConnectionPool\(.*?\)|<[^>]*>|\w+\(.*?\)): ", "", said
        )
    return lines[0].replace(f"{secret}@" if secret else "\0", "")[:300]


# The files ----------------------------------------------------------------------------


@contextlib.contextmanager
def _files(case: Case) -> Iterator[tuple[dict[str, Path], list[str]]]:
    """Yield a folder of files for the run (under no name) and for each arm.

    They are made before anything is sent.
    """
    home = temporary_folder()
    notes: list[str] = []
    try:
        found: dict[str, Path] = {"": home / "run"}
        found[""].mkdir(mode=0o700)
        for name, make in _of_run(case).items():
            case.progress(f"making {name}", 0, None)
            try:
                put(found[""] / name, make())
            except EngineError as error:
                notes.append(f"without {name}: {error.message}")
        for n, arm in enumerate(case.done):
            raw = _model(case, arm)
            if raw is not None:
                found[arm] = home / f"arm{n}"
                found[arm].mkdir(mode=0o700)
                put(found[arm] / "model.json", raw)
        yield found, notes
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _of_run(case: Case) -> dict[str, Callable[[], bytes]]:
    def document() -> bytes:
        return msgspec.json.format(msgspec.json.encode(case.document), indent=2)

    def settings() -> bytes:
        from engine.export.experiment import text

        return text(case).encode("utf-8", "replace")

    def report() -> bytes:
        made = importlib.import_module("engine.export.report").report
        asked = msgspec.structs.replace(case.asked, kind="report", path="report.html")
        (piece,) = made(dataclasses.replace(case, asked=asked)).pieces
        file = io.BytesIO()
        piece.write(file)
        return file.getvalue()

    return {
        "result.json": document,
        "experiment.toml": settings,
        "report.html": report,
    }


def _model(case: Case, arm: str) -> bytes | None:
    """Return an arm's model as XGBoost's JSON; an ensemble has no such form."""
    wanted = next(one for one in case.experiment.arms if one.name == arm)
    if wanted.ensemble is not None:
        return None
    import xgboost

    booster = xgboost.Booster({"nthread": 1})
    booster.load_model(bytearray(case.artifact(f"model/{arm}")))
    return bytes(booster.save_raw("json"))
