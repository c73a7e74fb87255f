"""Check a model, a sampler or a form of export: ours, or of another package."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from engine.core import exports, models
from engine.core.conformance import examine, require
from engine.core.events import Event
from engine.core.experiment import Experiment
from engine.core.exports import Kind
from engine.core.methods import grammar, registry
from engine.core.methods.samplers import Sampler
from engine.core.plugins import Offered
from engine.core.result import Result, build
from engine.core.state import State, reduce
from engine.resample import conformance as of_samplers
from engine.steps import run
from engine.train.models import conformance as of_models


class PartCheck(NamedTuple):
    """What was looked at, and what is wrong; nothing if all is well."""

    title: str
    problem: str


def check_part(part: Offered) -> Iterator[PartCheck]:
    """Yield each check of a part as it ends; of a model or a sampler they take minutes.

    Raises
    ------
    SpecError
        If there is no such part.
    """
    match part.kind:
        case "model":
            subject = of_models.Subject(models.get(part.name), execute)
            found = examine(of_models.CHECKS, subject)
        case "sampler":
            checks = (*of_samplers.CHECKS, check_runs)
            found = examine(checks, registry.sampler(part.name))
        case "form":
            found = examine((check_exporter,), exports.find(part.name))
    return (PartCheck(*one) for one in found)


def check_runs(sampler: Sampler) -> None:
    """Come to the same figures under every executor, and after a resume."""
    arms = (grammar.parse("untreated"), grammar.parse(sampler.name))
    of_models.compare_executors(arms, execute)


def check_exporter(kind: Kind) -> None:
    """Have an exporter that can be imported and called."""
    require(callable(kind.load()), f"{kind.exporter} is no function")


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
