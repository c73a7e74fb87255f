"""What MLflow is told of a run: parameters, metrics, tags. Plain values, no MLflow."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Iterable, Iterator
from statistics import fmean, stdev
from typing import Any, NamedTuple

import msgspec

from engine._version import __version__
from engine.errors import SpecError
from engine.export.case import Case
from engine.outcome import ClassPoint, OperatingPoint
from engine.resample import grammar
from engine.state import ArmState

__all__ = ["RUN", "WHOLE", "Metric", "Told", "arm", "experiment_name", "parent"]

RUN = "imbtui.run"
"""The tag that names the run of imbtui."""
WHOLE = "imbtui.whole"
"""The tag that is there when all of it is."""
MOST_KEY = 60
MOST_TEXT = 500
MOST_NAME = 100
_WORDS = ((">=", " at least "), ("<=", " at most "), ("%", " percent"))


class Metric(NamedTuple):
    """A figure, and of which step it is."""

    name: str
    value: float
    step: int = 0


class Told(NamedTuple):
    """What is told of a run, or of one arm.

    Attributes
    ----------
    name : str
    tags, params : dict of str to str
    metrics : tuple of Metric
    status : str
        As MLflow calls it.
    """

    name: str
    tags: dict[str, str]
    params: dict[str, str]
    metrics: tuple[Metric, ...]
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


def parent(case: Case) -> Told:
    """Return what is told of the run."""
    state, run, experiment = case.state, case.opened.run, case.experiment
    info = state.dataset
    tags = {
        RUN: case.run,
        "imbtui.status": run.status,
        "imbtui.exported_by": __version__,
        **{f"imbtui.version.{k}": v for k, v in state.versions.items()},
    }
    if run.note:
        tags["imbtui.note"] = run.note
    if run.tags:
        tags["imbtui.tags"] = ", ".join(run.tags)
    if info is not None:
        tags |= {"imbtui.dataset": info.name, "imbtui.fingerprint": info.fingerprint}
    if state.split is not None:
        tags["imbtui.test_fingerprint"] = state.split.test_fingerprint
    verdict = state.compared.verdict if state.compared else None
    if verdict is not None:
        tags["imbtui.verdict"] = verdict.headline
        tags["imbtui.recommendation"] = verdict.recommendation
        if verdict.choice is not None:
            tags["imbtui.recommended_arm"] = verdict.choice.arm
    params: dict[str, Any] = {"seed": experiment.seed, "preset": experiment.preset}
    for part in ("split", "features", "model", "search", "decision"):
        values = msgspec.to_builtins(getattr(experiment, part))
        params |= {f"{part}.{name}": value for name, value in values.items()}
    if state.costs is not None:
        known = msgspec.to_builtins(state.costs)
        params |= {f"costs.{name}": value for name, value in known.items() if value}
    if info is not None:
        params |= {"data.rows": info.rows, "data.columns": info.columns}
        params |= {"data.target": info.target, "data.positive": info.positive}
    figures: list[tuple[tuple[str, ...], Any]] = [
        (("work", name), value)
        for name, value in msgspec.to_builtins(state.work).items()
    ]
    figures.append((("seconds",), state.seconds))
    if info is not None:
        figures += [(("rows", label), n) for label, n in info.classes.items()]
    return Told(
        name=case.run,
        tags=_texts(tags),
        params=_texts(params),
        metrics=tuple(_named((*one, 0) for one in figures)),
        status=_status(run.status),
    )


def arm(case: Case, name: str) -> Told:
    """Return what is told of an arm."""
    state = case.state.arm(name)
    wanted = next(one for one in case.experiment.arms if one.name == name)
    tags = {RUN: case.run, "imbtui.arm": name, "imbtui.kind": state.kind}
    if state.repairs:
        tags["imbtui.repairs"] = "; ".join(state.repairs)
    if state.failed is not None:
        tags["imbtui.error"] = f"{state.failed.message}. {state.failed.remedy}"
    params: dict[str, Any] = {
        "arm": name,
        "kind": state.kind,
        "weights": wanted.weights,
    }
    with contextlib.suppress(SpecError):  # of a package that is not here any more
        params["recipe"] = grammar.written(wanted)
    for number, step in enumerate(wanted.steps, 1):
        params[f"step{number}.sampler"] = step.sampler
        params |= {f"step{number}.{k}": v for k, v in step.params.items()}
    if wanted.ensemble is not None:
        params["ensemble"] = wanted.ensemble
    fixed = wanted.params if wanted.ensemble else case.experiment.model.params
    params |= {f"fixed.{k}": v for k, v in fixed.items()}
    if state.best is not None:
        params |= {f"best.{k}": v for k, v in state.best.params.items()}
        params |= {"best.rounds": state.best.rounds, "best.trial": state.best.number}
    status = "FINISHED" if state.evaluated else "FAILED"
    if not state.evaluated and not state.failed:
        status = _status(case.opened.run.status)
    return Told(
        name=_text(name)[:MOST_TEXT],
        tags=_texts(tags),
        params=_texts(params),
        metrics=tuple(_named(_figures(case, state))),
        status=status,
    )


def _figures(case: Case, state: ArmState) -> Iterator[tuple[tuple[str, ...], Any, int]]:
    """Yield everything that was measured of an arm: its place, its value, its step."""
    objective = case.experiment.search.objective
    for trial in state.trials:
        if not trial.failed:
            yield ("trial", objective), trial.score, trial.number
            yield ("trial", "rounds"), trial.rounds, trial.number
        yield ("trial", "seconds"), trial.seconds, trial.number
    if state.best is not None:
        for name, values in state.best.folds.items():
            yield ("cv", name, "mean"), fmean(values), 0
            spread = stdev(values) if len(values) > 1 else 0.0
            yield ("cv", name, "std"), spread, 0
    if final := state.final:
        yield ("train", "synthetic rows"), final.synthetic, 0
        for label, rows in final.after.items():
            yield ("train", "rows", label), rows, 0
    evaluated = state.evaluated
    if evaluated is None:
        return
    for name, value in evaluated.test.items():
        yield ("test", name), value, 0
    for label, scored in evaluated.classes.items():
        for name, value in scored.test.items():
            yield ("test", label, name), value, 0
    for point in evaluated.operating_points:
        yield from _point(point)
    for klass in evaluated.class_points:
        yield from _class_point(klass)


def _point(
    point: OperatingPoint,
) -> Iterator[tuple[tuple[str, ...], Any, int]]:
    yield ("point", point.policy, "threshold"), point.threshold, 0
    for name, count in msgspec.to_builtins(point.confusion).items():
        yield ("point", point.policy, name), count, 0
    for name, value in point.metrics.items():
        if isinstance(value, tuple):
            for end, one in zip(("low", "high"), value, strict=True):
                yield ("point", point.policy, name, end), one, 0
        else:
            yield ("point", point.policy, name), value, 0


def _class_point(
    point: ClassPoint,
) -> Iterator[tuple[tuple[str, ...], Any, int]]:
    for what in ("weights", "recall", "precision"):
        for label, value in getattr(point, what).items():
            yield ("point", point.policy, what, label), value, 0
    for name, value in point.metrics.items():
        yield ("point", point.policy, name), value, 0
    matrix = point.confusion.matrix
    for n, label in enumerate(point.confusion.labels):
        missed = sum(matrix[n]) - matrix[n][n]
        yield ("point", point.policy, "missed", label), missed, 0


def _named(
    figures: Iterable[tuple[tuple[str, ...], Any, int]],
) -> Iterator[Metric]:
    """Give figures names that MLflow takes, no two alike; leave out the undefined."""
    called: dict[tuple[str, ...], str] = {}
    taken: set[str] = set()
    for place, value, step in figures:
        if value is None or not math.isfinite(value):
            continue
        if place not in called:
            plain = first = "/".join(map(_key, place))
            number = 1
            while plain.lower() in taken:
                number += 1
                plain = f"{first} {number}"
            called[place] = plain
            taken.add(plain.lower())
        yield Metric(called[place], float(value), step)


def _key(text: str) -> str:
    """Return a part of a metric's name.

    Examples
    --------
    >>> _key("recall>=0.8"), _key("alerts<=5%"), _key("../x"), _key("患")
    ('recall at least 0.8', 'alerts at most 5 percent', '_x', '_')
    """
    for sign, words in _WORDS:
        text = text.replace(sign, words)
    plain = re.sub(r"[^A-Za-z0-9_ .-]+", "_", text)
    plain = re.sub(r"^[. ]+|[. ]+$", "", plain[:MOST_KEY])
    return plain or "_"


def _texts(values: dict[str, Any]) -> dict[str, str]:
    """Return values as MLflow keeps them: text of one line, not too long."""
    return {
        _key(name).replace(" ", "_"): _text(value)[:MOST_TEXT]
        for name, value in values.items()
        if value is not None
    }


def _text(value: Any) -> str:
    """Return a value as a line without what cannot be seen."""
    if isinstance(value, dict | list | tuple):
        value = msgspec.json.encode(value).decode()
    return "".join(c if c.isprintable() else "?" for c in str(value))


def _status(status: str) -> str:
    return {"done": "FINISHED", "failed": "FAILED"}.get(status, "KILLED")
