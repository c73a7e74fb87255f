"""A run in MLflow: a run of its own, with one nested in it for each arm.

MLflow is an extra. It is told nothing but through its client, and it does not phone
home: `quiet` sees to that before it is imported.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import msgspec

from engine.errors import EngineError, OutputError, UnwrittenError
from engine.export.case import Case
from engine.export.kinds import Parts
from engine.export.mlflow_address import Address, address, reach
from engine.export.mlflow_values import (
    RUN,
    Values,
    arm_values,
    experiment_name,
    run_values,
)
from engine.scratch import make_folder

WHOLE = "imbtui.whole"
"""The tag that is there when all of a run is."""
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
_AT_THE_END = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",
}
"""To mark what is there as failed: nobody is to wait for that."""
_CAUSE = re.compile(r"\(Caused by \w+\((.*)\)\)$")


def mlflow_runs(case: Case) -> Parts:
    """Tell what would be sent, and where to.

    Parameters
    ----------
    case : Case

    Returns
    -------
    Parts
        Sending it raises OutputError if the run is there already and is not to be
        replaced, or if the address is something else's; UnwrittenError if nobody
        answers, or only a part could be sent: those runs are marked as failed, and
        replaced the next time.
    """
    where, arms = address(case.asked.path or ""), len(case.state.arms)
    notes = (
        f"experiment {experiment_name(case)!r}: run {case.run} with "
        f"{arms} nested {'run' if arms == 1 else 'runs'}, one for each arm",
        "with the result document, the experiment file, the report and the models",
    )
    return Parts(notes=notes, place=where.shown, send=lambda: _send(case, where))


@contextlib.contextmanager
def _settings(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            os.environ.update({} if value is None else {name: value})


@contextlib.contextmanager
def quiet(where: Address) -> Iterator[Any]:
    """Import MLflow so that it tells nobody, says nothing, and makes no folder here.

    Yields
    ------
    module
    """
    os.environ.update(_PATIENCE | dict(os.environ) | _SETTINGS)
    # Else a new database has its files in the folder that we happen to be in.
    root = where.artifacts
    beside = {"_MLFLOW_SERVER_ARTIFACT_ROOT": root.as_uri()} if root else {}
    loud = [logging.getLogger(name) for name in ("mlflow", "alembic")]
    with warnings.catch_warnings(), _settings(beside):
        warnings.simplefilter("ignore")
        mlflow = importlib.import_module("mlflow")
        before = [one.level for one in loud]
        for one in loud:
            one.setLevel(logging.CRITICAL)
        try:
            yield mlflow
        finally:
            for one, level in zip(loud, before, strict=True):
                one.setLevel(level)


def _send(case: Case, where: Address) -> tuple[str, ...]:
    reach(where)
    files, notes = _files(case)  # before anything is sent
    with quiet(where) as mlflow:
        client = mlflow.MlflowClient(tracking_uri=where.uri)
        name, made = experiment_name(case), list[str]()
        try:
            home = _experiment(client, name, where)
            old = _old(case, client, home)
            _send_all(case, client, home, files, made)
            for run in old:
                client.delete_run(run)
        except EngineError:
            raise
        except BaseException as error:
            marked = _give_up(client, made)
            if not isinstance(error, Exception):
                raise
            raise _refused(case, where, error, made, marked) from None
    return (f"experiment {name!r}: {len(made)} runs at {where.shown}", *notes)


def _send_all(
    case: Case,
    client: Any,
    home: str,
    files: dict[str, dict[str, str]],
    made: list[str],
) -> None:
    """Send the run and its arms; the tag that says it is whole comes last."""
    values = run_values(case)
    parent = _start(case, client, home, values, made)
    for n, arm in enumerate(case.state.arms):
        case.progress("sending", n, len(case.state.arms))
        one = arm_values(case, arm.name)
        child = _start(case, client, home, one, made, parent)
        _log(client, child, files.get(arm.name, {}))
        client.set_terminated(child, one.status, _ended(case))
    _log(client, parent, files[""])
    client.set_tag(parent, WHOLE, "yes")
    client.set_terminated(parent, values.status, _ended(case))


def _log(client: Any, run: str, files: dict[str, str]) -> None:
    for name, text in files.items():
        client.log_text(run, text, name)


def _refused(
    case: Case, where: Address, error: Exception, made: list[str], marked: bool
) -> UnwrittenError:
    if not made:
        return UnwrittenError(
            f"MLflow at {where.shown} refuses: {_line(error, where)}",
            "see that it is there and well, then export again",
        )
    left = "is marked as failed" if marked else "stays open"
    return UnwrittenError(
        f"MLflow at {where.shown} took only a part of run {case.run}: "
        f"{_line(error, where)}",
        f"what is there {left}; export again, which replaces it",
    )


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


def _ended(case: Case) -> int:
    run = case.opened.run
    return int((run.finished or run.created) * 1000)


def _start(
    case: Case,
    client: Any,
    home: str,
    values: Values,
    made: list[str],
    parent: str | None = None,
) -> str:
    """Make a run and tell what is known of it; it is open still."""
    mlflow = importlib.import_module("mlflow.entities")
    tags = values.tags | ({"mlflow.parentRunId": parent} if parent else {})
    begun = int(case.opened.run.created * 1000)
    run = client.create_run(home, begun, tags, values.name)
    name: str = run.info.run_id
    made.append(name)
    at = _ended(case)
    client.log_batch(
        name,
        [mlflow.Metric(key, value, at, step) for key, value, step in values.metrics],
        [mlflow.Param(key, value) for key, value in values.params.items()],
    )
    return name


def _give_up(client: Any, made: list[str]) -> bool:
    """Mark runs as failed, as far as somebody answers; tell whether all of them are."""
    with _settings(_AT_THE_END):
        try:
            for run in made:
                client.set_terminated(run, status="FAILED")
        except Exception:  # the next one would be waited for as long, and for nothing
            return False
    return True


def _line(error: Exception, where: Address) -> str:
    """Return the first line of what an error says, without a password.

    Of what could not be sent, only why: the rest is a request that nobody wrote.
    """
    line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    if cause := _CAUSE.search(line):
        line = re.sub(
            r"^(HTTPS?ConnectionPool\(.*?\)|<[^>]*>|\w+\(.*?\)): ",
            "",
            cause[1].strip("\"'"),
        )
    secret = urlsplit(where.uri).netloc.rpartition("@")[0]
    return line.replace(f"{secret}@" if secret else "\0", "")[:300]


# The files ----------------------------------------------------------------------------


def _files(case: Case) -> tuple[dict[str, dict[str, str]], list[str]]:
    """Return the files of the run (under no name) and of each arm, and what lacks."""
    from engine.export.experiment import text
    from engine.export.page.html import html
    from engine.export.page.layout import layout

    when, notes = case.opened.run.queued, list[str]()
    found: dict[str, dict[str, str]] = {"": {}}
    makers: dict[str, Callable[[], str]] = {
        "result.json": lambda: msgspec.json.encode(case.document).decode(),
        "experiment.toml": lambda: text(case).encode("utf-8", "replace").decode(),
        "report.html": lambda: html(layout(case.document, when=when)),
    }
    for name, make in makers.items():
        case.progress(f"making {name}", 0, None)
        try:
            found[""][name] = make()
        except EngineError as error:
            notes.append(f"without {name}: {error.message}")
    for arm in case.done:
        if case.choose(arm).arm.ensemble is None:  # else there is but a pickle
            found[arm] = {"model.json": _model(case, arm)}
    return found, notes


def _model(case: Case, arm: str) -> str:
    """Return an arm's model as XGBoost's JSON."""
    import xgboost

    booster = xgboost.Booster({"nthread": 1})
    booster.load_model(bytearray(case.artifact(f"model/{arm}")))
    return bytes(booster.save_raw("json")).decode()
