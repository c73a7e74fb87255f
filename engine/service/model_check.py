"""Check a model: one of ours, or of another package."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from engine.core import models
from engine.core.events import Event
from engine.core.experiment import Experiment
from engine.core.result import Result, build
from engine.core.state import State, reduce
from engine.steps import run
from engine.train.models.conformance import Subject, examine


class ModelCheck(NamedTuple):
    """What was looked at, and what is wrong; nothing if all is well."""

    title: str
    problem: str


def check_model(name: str) -> Iterator[ModelCheck]:
    """Yield each check of a model as it ends: a minute or so for all of them.

    Raises
    ------
    SpecError
        If there is no such model.
    """
    for title, problem in examine(Subject(models.get(name), execute)):
        yield ModelCheck(title, problem)


def execute(experiment: Experiment, executor: str) -> Result:
    """Run an experiment to its result; where that is ``resumed``, in two parts."""
    if executor != "resumed":
        return _result(run(experiment, executor=executor, jobs=2))
    kept: dict[str, bytes] = {}
    events = [*run(experiment, artifacts=kept)]
    half = events[: len(events) // 2]
    return _result([*half, *run(experiment, history=half, artifacts=kept)])


def _result(events: Iterable[Event]) -> Result:
    state = State()
    for event in events:
        state = reduce(state, event)
    return build(state, run="")
