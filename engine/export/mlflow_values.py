"""A run for MLflow: parameters, metrics, tags. Plain values; MLflow is not imported."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from statistics import fmean, stdev
from typing import NamedTuple, TypeAlias

import msgspec

from engine.core.errors import SpecError
from engine.core.methods import grammar
from engine.core.outcome import ClassPoint, OperatingPoint
from engine.core.state import ArmState
from engine.core.version import __version__
from engine.export.case import Case
from engine.export.tables import free

RUN = "imbtui.run"
"""The tag that names the run of imbtui."""
MOST_KEY = 60
MOST_TEXT = 500
MOST_NAME = 100
_WORDS = ((">=", " at least "), ("<=", " at most "), ("%", " percent"))
_STATUS = {"done": "FINISHED", "failed": "FAILED"}

Tree: TypeAlias = "float | tuple[float, ...] | Mapping[str, Tree] | None"
"""Figures by name, however deep; a pair is an interval."""
Figure: TypeAlias = tuple[tuple[str, ...], float, int]
"""Where a figure is, its value, and its step."""


class LoggedMetric(NamedTuple):
    """A figure by its name, and of which step it is."""

    name: str
    value: float
    step: int = 0


class Values(NamedTuple):
    """What is logged of a run, or of one arm; `status` as MLflow calls it."""

    name: str
    tags: dict[str, str]
    params: dict[str, str]
    metrics: tuple[LoggedMetric, ...]
    status: str


def experiment_name(case: Case) -> str:
    """Return MLflow's experiment: one for each table and target.

    MLflow looks for it in a language of its own, where quotes and semicolons mean
    something.
    """
    info = case.state.dataset
    parts = [case.experiment.data.source] if info is None else [info.name, info.target]
    plain = (re.sub(r"[^\w ./()-]+", "_", part)[:MOST_NAME] for part in parts)
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
    with contextlib.suppress(SpecError):  # of a package that is not here any more
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


def _key(text: str) -> str:
    """Return a part of a metric's name.

    Examples
    --------
    >>> _key("recall>=0.8"), _key("alerts<=5%"), _key("../x"), _key("患")
    ('recall at least 0.8', 'alerts at most 5 percent', '_x', '_')
    """
    for sign, words in _WORDS:
        text = text.replace(sign, words)
    plain = re.sub(r"[^A-Za-z0-9_ .-]+", "_", text)[:MOST_KEY]
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
    return line[:MOST_TEXT]
