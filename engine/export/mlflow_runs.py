"""A run in MLflow: a run of its own, with one nested in it for each arm.

MLflow is an extra. It is used through its client alone, and does not phone home:
`quiet` sees to that before it is imported.
"""

from __future__ import annotations

import importlib
import logging
import os
import re
import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import urlsplit

import msgspec

from engine.core import errors
from engine.core.errors import EngineError, OutputError, UnwrittenError, UsageError
from engine.core.export_forms import Parts
from engine.export import experiment as toml
from engine.export import mlflow_values as values_of
from engine.export.case import Case
from engine.export.page.html import html
from engine.export.page.layout import layout
from engine.io.scratch import appending, make_folder

WHOLE = "imbtui.whole"
"""The tag that is there when all of a run is."""

_HOW = "give a folder, sqlite:///FILE or http://HOST:PORT"
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
"""What the user may have set otherwise."""
_ROOT = "_MLFLOW_SERVER_ARTIFACT_ROOT"
"""Else a new database has its files in the folder that we happen to be in."""
Files: TypeAlias = dict[str, str]
"""The text of each file, by its name."""
_CAUSE = re.compile(r"\(Caused by \w+\((.*)\)\)$")
_POOL = re.compile(r"^(HTTPS?ConnectionPool\(.*?\)|<[^>]*>|\w+\(.*?\)): ")


class Address(NamedTuple):
    """An address that was understood.

    Attributes
    ----------
    uri : str
        As MLflow takes it.
    shown : str
        As it may be said: without a password.
    path : Path or None
        The folder, or the file of SQLite; None of a server.
    artifacts : Path or None
        The folder for files beside a file of SQLite.
    """

    uri: str
    shown: str
    path: Path | None = None
    artifacts: Path | None = None


def address(given: str) -> Address:
    """Understand an address; relative paths are of this process's folder.

    Raises
    ------
    UsageError
        If it is none.

    Examples
    --------
    >>> address("https://ann:secret@mlflow.example:5000").shown
    'https://mlflow.example:5000'
    >>> address("sqlite:////data/runs.db").artifacts.as_posix()
    '/data/runs-artifacts'
    """
    try:
        parts = urlsplit(given)
    except ValueError:  # brackets that hold no address
        raise UsageError(f"{given!r} names no server", _HOW) from None
    if parts.scheme == "sqlite":
        name = given.partition(":///")[2]
        if not name:
            raise UsageError(f"{given!r} names no file", "give sqlite:///FILE")
        path = _absolute(name)
        beside = path.with_name(f"{path.stem}-artifacts")
        return Address(f"sqlite:///{path}", str(path), path, beside)
    if "://" in given:
        host = parts.netloc.rpartition("@")[2]
        shown = parts._replace(netloc=host, query="", fragment="").geturl()
        return Address(given.rstrip("/"), shown.rstrip("/"))
    path = _absolute(given)
    return Address(path.as_uri(), str(path), path)


def _absolute(path: str) -> Path:
    return Path(os.path.abspath(os.path.expanduser(path)))  # noqa: PTH100, PTH111


def reach(where: Address) -> None:
    """Refuse what cannot be written to, before anything is made.

    A folder and a database that are not there yet are made, for their owner alone.

    Raises
    ------
    OutputError
        If it is something else's, or cannot be made.
    """
    path, database = where.path, where.artifacts is not None
    if path is None:
        return
    if not path.parent.is_dir():
        how = f"create it first: mkdir -p {path.parent}"
        raise OutputError(f"there is no folder {path.parent}", how)
    try:
        what, is_its = ("database", _is_database) if database else ("folder", _is_store)
        if path.exists() and not is_its(path):
            raise OutputError(
                f"{path} is there already, and no {what} of MLflow's",
                "choose another name; a database is given as sqlite:///FILE",
            )
        if database:
            os.close(appending(path))
        else:
            make_folder(path)
    except OSError as error:
        what = f"cannot write to {path}: {error.strerror or error}"
        raise OutputError(what, "choose another address") from None


def _is_store(path: Path) -> bool:
    inside = list(path.iterdir()) if path.is_dir() else [path]
    return not inside or any((one / "meta.yaml").exists() for one in inside)


def _is_database(path: Path) -> bool:
    if not path.stat().st_size:
        return True
    query = "SELECT name FROM sqlite_master WHERE name = 'experiments'"
    connect = partial(sqlite3.connect, f"{path.as_uri()}?mode=ro", uri=True)
    with suppress(sqlite3.Error), closing(connect()) as db:
        return db.execute(query).fetchone() is not None
    return False


def mlflow_runs(case: Case) -> Parts:
    """Tell what would be sent, and where to.

    Raises
    ------
    UsageError
        If the address is none.
    """
    where, arms = address(case.request.path or ""), len(case.state.arms)
    notes = (
        f"experiment {values_of.experiment_name(case)!r}: run {case.run} with "
        f"{arms} nested {'run' if arms == 1 else 'runs'}, one for each arm",
        "with the result document, the experiment file, the report and the models",
    )
    return Parts(notes=notes, place=where.shown, send=lambda: _send(case, where))


@contextmanager
def quiet(where: Address) -> Iterator[Any]:
    """Import MLflow so that it tells nobody, says nothing, and makes no folder here."""
    os.environ.update(_PATIENCE | dict(os.environ) | _SETTINGS)
    os.environ.pop(_ROOT, None)
    if where.artifacts:
        os.environ[_ROOT] = where.artifacts.as_uri()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mlflow = importlib.import_module("mlflow")
        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        yield mlflow


def _send(case: Case, where: Address) -> tuple[str, ...]:
    reach(where)
    files = _files(case)  # before anything is sent
    with quiet(where) as mlflow:
        name, made = values_of.experiment_name(case), list[str]()
        try:
            client = mlflow.MlflowClient(tracking_uri=where.uri)
            home = _experiment(client, name, where)
            old = _old(case, client, home)
            _send_all(case, client, home, files, made)
            for run in old:
                client.delete_run(run)
        except EngineError:
            raise
        except BaseException as error:
            what, how = "refuses", "check that it runs, then export again"
            if made:
                left = "is marked as failed" if _give_up(client, made) else "stays open"
                what = f"took only a part of run {case.run}"
                how = f"what is there {left}; export again, which replaces it"
            if not isinstance(error, Exception):
                raise
            what = f"MLflow at {where.shown} {what}: {_line(error, where)}"
            raise UnwrittenError(what, how) from None
    return (f"experiment {name!r}: {len(made)} runs at {where.shown}",)


def _send_all(
    case: Case, client: Any, home: str, files: dict[str, Files], made: list[str]
) -> None:
    """Send the run and its arms; the tag that says it is whole comes last."""
    entities = importlib.import_module("mlflow.entities")
    stored = case.opened.run
    begun = int(stored.created * 1000)
    ended = int((stored.finished or stored.created) * 1000)

    def start(values: values_of.Values, of: dict[str, str], texts: Files) -> str:
        """Make a run and tell what is known of it; it is open still."""
        run = client.create_run(home, begun, values.tags | of, values.name)
        name: str = run.info.run_id
        made.append(name)
        figures = [
            entities.Metric(key, one, ended, n) for key, one, n in values.metrics
        ]
        params = [entities.Param(key, one) for key, one in values.params.items()]
        client.log_batch(name, figures, params)
        for file, text in texts.items():
            client.log_text(name, text, file)
        return name

    values = values_of.run_values(case)
    parent = start(values, {}, files[""])
    for n, arm in enumerate(case.state.arms):
        case.progress("sending", n, len(case.state.arms))
        one = values_of.arm_values(case, arm.name)
        child = start(one, {"mlflow.parentRunId": parent}, files.get(arm.name, {}))
        client.set_terminated(child, one.status, ended)
    client.set_tag(parent, WHOLE, "yes")
    client.set_terminated(parent, values.status, ended)


def _experiment(client: Any, name: str, where: Address) -> str:
    """Return the id of the experiment, which is made if it is not there."""
    experiment = client.get_experiment_by_name(name)
    if experiment is None:
        root = where.artifacts
        place = None if root is None else make_folder(root).as_uri()
        return str(client.create_experiment(name, artifact_location=place))
    if experiment.lifecycle_stage == "deleted":
        raise OutputError(
            f"the experiment {name!r} at {where.shown} was deleted",
            f"restore it: mlflow experiments restore -x {experiment.experiment_id}",
        )
    return str(experiment.experiment_id)


def _old(case: Case, client: Any, home: str) -> list[str]:
    """Return the runs that were sent before; refuse to send it twice.

    Raises
    ------
    OutputError
        If it is there as a whole, and may not be replaced.
    """
    wanted = f"tags.`{values_of.RUN}` = '{case.run}'"
    found = client.search_runs([home], filter_string=wanted, max_results=1000)
    whole = [one for one in found if WHOLE in one.data.tags]
    if whole and not case.request.overwrite:
        what = f"run {case.run} is there already, as {whole[0].info.run_id}"
        raise OutputError(what, "overwrite it", field="overwrite")
    return [one.info.run_id for one in found]


def _give_up(client: Any, made: list[str]) -> bool:
    """Mark runs as failed, as far as the server answers; tell whether all are."""
    try:
        for run in made:
            client.set_terminated(run, status="FAILED")
    except Exception:  # the next one would be waited for as long, and for nothing
        return False
    return True


def _line(error: Exception, where: Address) -> str:
    """Return the first line of what an error says, without a password."""
    line = errors.first_line(error)
    if cause := _CAUSE.search(line):
        line = _POOL.sub("", cause[1].strip("\"'"))
    secret = urlsplit(where.uri).netloc.rpartition("@")[0]
    return line.replace(f"{secret}@" if secret else "\0", "")[:300]


def _files(case: Case) -> dict[str, Files]:
    """Make the files of the run, under no name, and of each arm."""
    case.progress("making the report", 0, None)
    found = {
        "": {
            "result.json": msgspec.json.encode(case.result).decode(),
            "experiment.toml": toml.text(case).encode("utf-8", "replace").decode(),
            "report.html": html(layout(case.result, when=case.opened.run.queued)),
        }
    }
    for arm in case.done:
        if case.choose(arm).arm.ensemble is None:  # else there is but a pickle
            import xgboost

            booster = xgboost.Booster({"nthread": 1})
            booster.load_model(bytearray(case.artifact(f"model/{arm}")))
            found[arm] = {"model.json": bytes(booster.save_raw("json")).decode()}
    return found
