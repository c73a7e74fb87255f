"""A run for MLflow: a run of its own, with one nested in it for each arm.

MLflow is an extra. It is used through its client alone, and does not phone home:
`quiet` sees to that before it is imported. What is logged are plain values, made
without it.
"""

from __future__ import annotations

import importlib
import logging
import math
import os
import re
import sqlite3
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from statistics import fmean, stdev
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import urlsplit

import msgspec

from engine.core.errors import (
    EngineError,
    OutputError,
    SpecError,
    UnwrittenError,
    UsageError,
    first_line,
)
from engine.core.exports import Parts
from engine.core.format import plural
from engine.core.methods import grammar
from engine.core.models import XGBOOST
from engine.core.outcome import ClassPoint, OperatingPoint
from engine.core.state import ArmState
from engine.core.version import __version__
from engine.export.case import Case
from engine.export.experiment import absolute, experiment_toml
from engine.export.report import html, layout
from engine.export.tables import free
from engine.io.scratch import appending, make_folder

RUN = "imbtui.run"
"""The tag that names the run of imbtui."""
WHOLE = "imbtui.whole"
"""The tag that is there when all of a run is."""


def mlflow_runs(case: Case) -> Parts:
    """Tell what would be sent, and where to.

    Raises
    ------
    UsageError
        If the address is none.
    """
    where = address(case.request.path or "")
    notes = (
        f"experiment {experiment_name(case)!r}: run {case.run} with "
        f"{plural(len(case.state.arms), 'nested run')}, one for each arm",
        "with the result document, the experiment file, the report and the models",
    )
    return Parts(notes=notes, place=where.shown, send=lambda: _send(case, where))


Files: TypeAlias = dict[str, str]
"""The text of each file, by its name."""


def _send(case: Case, where: Address) -> tuple[str, ...]:
    reach(where)
    files = _files(case)  # before anything is sent
    with quiet(where) as mlflow:
        name, made = experiment_name(case), list[str]()
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

    def start(values: Values, of: dict[str, str], texts: Files) -> str:
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

    values = run_values(case)
    parent = start(values, {}, files[""])
    for n, arm in enumerate(case.state.arms):
        case.progress("sending", n, len(case.state.arms))
        one = arm_values(case, arm.name)
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
    wanted = f"tags.`{RUN}` = '{case.run}'"
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


_CAUSE = re.compile(r"\(Caused by \w+\((.*)\)\)$")
_POOL = re.compile(r"^(HTTPS?ConnectionPool\(.*?\)|<[^>]*>|\w+\(.*?\)): ")


def _line(error: Exception, where: Address) -> str:
    """Return the first line of what an error says, without a password."""
    line = first_line(error)
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
            "experiment.toml": experiment_toml(case)
            .encode("utf-8", "replace")
            .decode(),
            "report.html": html(layout(case.result, when=case.opened.run.queued)),
        }
    }
    for arm in case.done:
        if case.choose(arm).arm.learner == XGBOOST:
            import xgboost

            booster = xgboost.Booster({"nthread": 1})
            booster.load_model(bytearray(case.artifact(f"model/{arm}")))
            found[arm] = {"model.json": bytes(booster.save_raw("json")).decode()}
    return found


# MLflow itself ------------------------------------------------------------------------

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


# Addresses ----------------------------------------------------------------------------

_HOW = "give a folder, sqlite:///FILE or http://HOST:PORT"


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
        path = absolute(name)
        beside = path.with_name(f"{path.stem}-artifacts")
        return Address(f"sqlite:///{path}", str(path), path, beside)
    if "://" in given:
        host = parts.netloc.rpartition("@")[2]
        shown = parts._replace(netloc=host, query="", fragment="").geturl()
        return Address(given.rstrip("/"), shown.rstrip("/"))
    path = absolute(given)
    return Address(path.as_uri(), str(path), path)


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


# What is logged -----------------------------------------------------------------------

Tree: TypeAlias = "float | tuple[float, ...] | Mapping[str, Tree] | None"
"""Figures by name, however deep; a pair is an interval."""
Figure: TypeAlias = tuple[tuple[str, ...], float, int]
"""Where a figure is, its value, and its step."""


class LoggedMetric(NamedTuple):
    """A figure by its name, and of which step it is."""

    name: str
    value: float
    step: int


class Values(NamedTuple):
    """What is logged of a run, or of one arm; `status` as MLflow calls it."""

    name: str
    tags: dict[str, str]
    params: dict[str, str]
    metrics: tuple[LoggedMetric, ...]
    status: str


_STATUS = {"done": "FINISHED", "failed": "FAILED"}


def experiment_name(case: Case) -> str:
    """Return MLflow's experiment: one for each table and target.

    MLflow looks for it in a language of its own, where quotes and semicolons mean
    something.
    """
    info = case.state.dataset
    parts = [case.experiment.data.source] if info is None else [info.name, info.target]
    plain = (re.sub(r"[^\w ./()-]+", "_", part)[:_MOST_NAME] for part in parts)
    return f"imbtui: {': '.join(plain)}"


def run_values(case: Case) -> Values:
    """Return what is logged of the run."""
    state, run, experiment = case.state, case.opened.run, case.experiment
    info, split = state.dataset, state.split
    verdict = state.compared.verdict if state.compared else None
    choice = verdict.choice if verdict else None
    tags = {
        "run": case.run,
        "status": run.status,
        "exported_by": __version__,
        **{f"version.{name}": version for name, version in state.versions.items()},
        "note": run.note or None,
        "tags": ", ".join(run.tags) or None,
        "dataset": info.name if info else None,
        "fingerprint": info.fingerprint if info else None,
        "test_fingerprint": split.test_fingerprint if split else None,
        "verdict": verdict.headline if verdict else None,
        "recommendation": verdict.recommendation if verdict else None,
        "recommended_arm": choice.arm if choice else None,
    }
    costs = msgspec.to_builtins(state.costs) or {}
    params = {"seed": experiment.seed, "preset": experiment.preset}
    for part in ("split", "features", "model", "search", "decision"):
        given = msgspec.to_builtins(getattr(experiment, part))
        params |= {f"{part}.{name}": value for name, value in given.items()}
    params |= {f"costs.{name}": value for name, value in costs.items() if value}
    if experiment.data.weight:
        params["data.weight"] = experiment.data.weight
    if info is not None:
        for name in ("rows", "columns", "target", "positive"):
            params[f"data.{name}"] = getattr(info, name)
    measured: dict[str, Tree] = {
        "work": msgspec.to_builtins(state.work),
        "seconds": state.seconds,
        "rows": info.classes if info else {},
    }
    return _values(case.run, tags, params, _flat((), measured), run.status)


def arm_values(case: Case, name: str) -> Values:
    """Return what is logged of an arm."""
    state = case.state.arm(name)
    wanted = case.wanted(name)
    failed, best = state.failed, state.best
    tags = {
        "run": case.run,
        "arm": name,
        "kind": state.kind,
        "repairs": "; ".join(state.repairs) or None,
        "error": f"{failed.message}. {failed.fix}" if failed else None,
    }
    params: dict[str, object] = {
        "arm": name,
        "kind": state.kind,
        "weights": wanted.weights,
        "ensemble": wanted.ensemble,
    }
    with suppress(SpecError):  # of a package that is not here any more
        params["method"] = grammar.to_text(wanted)
    for number, step in enumerate(wanted.steps, 1):
        params[f"step{number}.sampler"] = step.sampler
        params |= {f"step{number}.{k}": v for k, v in step.params.items()}
    fixed = wanted.params if wanted.ensemble else case.experiment.model.params
    params |= {f"fixed.{k}": v for k, v in fixed.items()}
    if best is not None:
        params |= {f"best.{k}": v for k, v in best.params.items()}
        params |= {"best.rounds": best.rounds, "best.trial": best.number}
    status = "failed" if failed else case.opened.run.status
    status = "done" if state.evaluated else status
    return _values(name, tags, params, _figures(case, state), status)


def _values(
    name: str,
    tags: Mapping[str, object],
    params: Mapping[str, object],
    figures: Iterable[Figure],
    status: str,
) -> Values:
    return Values(
        _text(name),
        _texts({f"imbtui.{key}": value for key, value in tags.items()}),
        _texts(params),
        _metrics(figures),
        _STATUS.get(status, "KILLED"),
    )


def _figures(case: Case, state: ArmState) -> Iterator[Figure]:
    """Yield everything that was measured of an arm."""
    for trial in state.trials:
        measured: dict[str, Tree] = {"seconds": trial.seconds}
        if not trial.failed:
            measured[case.experiment.search.objective] = trial.score
            measured["rounds"] = trial.rounds
        yield from _flat(("trial",), measured, trial.number)
    for name, values in state.best.folds.items() if state.best else ():
        spread = stdev(values) if len(values) > 1 else 0.0
        yield from _flat(("cv", name), {"mean": fmean(values), "std": spread})
    if final := state.final:
        rows: Tree = {"synthetic rows": final.synthetic, "rows": final.after}
        yield from _flat(("train",), rows)
    if evaluated := state.evaluated:
        classes = {label: one.test for label, one in evaluated.classes.items()}
        yield from _flat(("test",), {**evaluated.test, **classes})
        for point in case.choose(state.name).points:
            yield from _flat(("point", point.name), _point(point))


def _point(point: OperatingPoint | ClassPoint) -> Tree:
    if isinstance(point, OperatingPoint):
        counts = msgspec.to_builtins(point.confusion)
        return {"threshold": point.threshold, **counts, **point.metrics}
    rows = dict(zip(point.confusion.labels, point.confusion.matrix, strict=True))
    missed = {label: sum(row) - row[n] for n, (label, row) in enumerate(rows.items())}
    by_class = {n: getattr(point, n) for n in ("weights", "recall", "precision")}
    return {**by_class, **point.metrics, "missed": missed}


def _flat(place: tuple[str, ...], value: Tree, step: int = 0) -> Iterator[Figure]:
    """Yield the figures of a tree that are defined."""
    if isinstance(value, tuple):
        value = dict(zip(("low", "high"), value, strict=True))
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flat((*place, name), inner, step)
    elif value is not None and math.isfinite(value):
        yield place, float(value), step


def _metrics(figures: Iterable[Figure]) -> tuple[LoggedMetric, ...]:
    """Give figures names that MLflow takes, no two alike."""
    known = [*figures]
    places = dict.fromkeys(place for place, _, _ in known)
    names = free(("/".join(map(_key, place)) for place in places), ())
    name_of = dict(zip(places, names, strict=True))
    return tuple(LoggedMetric(name_of[at], value, step) for at, value, step in known)


_MOST_KEY, _MOST_TEXT, _MOST_NAME = 60, 500, 100
_WORDS = ((">=", " at least "), ("<=", " at most "), ("%", " percent"))


def _key(text: str) -> str:
    """Return a part of a metric's name.

    Examples
    --------
    >>> _key("recall>=0.8"), _key("alerts<=5%"), _key("../x"), _key("患")
    ('recall at least 0.8', 'alerts at most 5 percent', '_x', '_')
    """
    for sign, words in _WORDS:
        text = text.replace(sign, words)
    plain = re.sub(r"[^A-Za-z0-9_ .-]+", "_", text)[:_MOST_KEY]
    return re.sub(r"^[. ]+|[. ]+$", "", plain) or "_"


def _texts(values: Mapping[str, object]) -> dict[str, str]:
    """Return the values that there are as MLflow keeps them."""
    return {
        _key(name).replace(" ", "_"): _text(value)
        for name, value in values.items()
        if value is not None
    }


def _text(value: object) -> str:
    """Return a value as a line, not too long, without what cannot be seen."""
    if isinstance(value, dict | list | tuple):
        value = msgspec.json.encode(value).decode()
    line = "".join(c if c.isprintable() else "?" for c in str(value))
    return line[:_MOST_TEXT]
