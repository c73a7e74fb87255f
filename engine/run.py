"""The line itself: from an experiment to its verdict, as events.

Only this module knows the order of the steps. Everything that runs an experiment
(the run process, the tests, a script) drains `run`.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterable, Iterator, MutableMapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from engine.cancel import CancelToken
from engine.errors import CancelledError, EngineError, RunFailedError
from engine.events import (
    ArmEvaluated,
    Compared,
    Event,
    OperatingPoint,
    Progress,
    Proof,
    RunFinished,
    RunStarted,
    SplitInfo,
    Warned,
)
from engine.state import State, reduce

if TYPE_CHECKING:
    from engine.data.roles import Dataset
    from engine.execute.port import Place
    from engine.spec import Experiment
    from engine.split import Split
    from engine.train.plan import Plan

__all__ = ["run"]

log = logging.getLogger(__name__)


def run(
    experiment: Experiment,
    *,
    executor: str = "inline",
    jobs: int | None = None,
    scheduler: str | None = None,
    cache: Path | None = None,
    memory: int | None = None,
    cancel: CancelToken | None = None,
    history: Iterable[Event] = (),
    kept: MutableMapping[str, bytes] | None = None,
) -> Iterator[Event]:
    """Run an experiment, or the rest of one.

    Parameters
    ----------
    experiment : Experiment
        What to do.
    executor : {"inline", "local", "processes", "dask"}, default="inline"
        Where units of work run; the numbers are the same.
    jobs : int or None, default=None
        Units at a time; all cores when None.
    scheduler : str or None, default=None
        Address of a Dask scheduler; with None, dask makes a cluster on this machine.
    cache : Path or None, default=None
        Folder where prepared folds are kept for later runs; none is kept when None.
    memory : int or None, default=None
        Bytes that units may take together; most of what is free when None.
    cancel : CancelToken or None, default=None
        Ends the run soon after it is set.
    history : iterable of Event, default=()
        Results of an earlier part of this run, which are not repeated.
    kept : mutable mapping or None, default=None
        Receives what is too large for an event, as bytes, before the event that
        completes it: ``oof/ARM``, ``test/ARM``, ``model/ARM``. A resumed run
        needs what the earlier part kept.

    Yields
    ------
    Event
        In the end exactly one `RunFinished`.

    Raises
    ------
    UsageError
        If the table, the target or the experiment cannot be used; nothing has
        been yielded then.

    Examples
    --------
    >>> import engine
    >>> from engine.state import State, reduce
    >>> experiment = engine.preset("quick", source="sample:blobs", target="label")
    >>> state = State()
    >>> for event in run(experiment):  # doctest: +SKIP
    ...     state = reduce(state, event)
    """
    from engine.data.load import load
    from engine.data.roles import prepare
    from engine.execute.machine import SHARE, available
    from engine.execute.port import Place, check, make
    from engine.resample import registry
    from engine.split import folds, hold_out
    from engine.train import space
    from engine.train.memory import Limit
    from engine.train.plan import Plan
    from engine.train.schedule import Schedule
    from engine.versions import versions

    began = started = time.monotonic()
    token = cancel or CancelToken()
    where = Place(executor, jobs, scheduler, cache, memory)
    check(where)
    kept = {} if kept is None else kept
    state = State()
    for event in history:
        if isinstance(event, RunFinished):
            started -= event.seconds  # a time limit is for all parts together
        elif not isinstance(event, Compared):
            state = reduce(state, event)
    registry.check(experiment)
    space.check(experiment.model)
    table = load(experiment.data.source)
    group = experiment.split.group
    # Twice: the target decides the split, and then the training rows decide what
    # each column is.
    dataset = prepare(table, experiment.data, group=group)
    split = hold_out(
        dataset.y,
        experiment.split,
        seed=experiment.seed,
        groups=dataset.groups,
        strata=dataset.strata,
    )
    dataset = prepare(table, experiment.data, group=group, train=split.train)
    cut = folds(
        dataset.y,
        split.train,
        experiment.search,
        seed=experiment.seed,
        groups=dataset.groups,
    )
    del table  # the columns that are not learned from are not needed any more
    dataset = replace(dataset, whole=dataset.frame)
    before = _fingerprint(dataset, split)
    plan = Plan(experiment, dataset, split, cut, versions())
    # Of a cluster elsewhere this machine knows nothing.
    free = None if scheduler else available()
    most = memory or (None if free is None else int(SHARE * free))
    memory_limit = Limit(plan, most)
    opening = _opening(plan, before, memory_limit.estimates())
    if state.split is not None:
        _same_as_before(state, opening)
    status, error = "done", None
    place = make(where, plan, token.raise_if_cancelled, room=memory_limit.room)
    try:
        if state.split is None:
            state = reduce(state, opening)
            yield opening
            for objection in memory_limit.objections():
                state = reduce(state, objection)
                yield objection
        for warned in (_far_from_asked(experiment, split), _in_the_open(where)):
            if warned is not None:
                yield warned
        schedule = Schedule(plan, state, place, kept, limit=memory_limit)
        for event in schedule.events(token, deadline=_deadline(experiment, started)):
            if not isinstance(event, Progress):
                state = reduce(state, event)
            yield event
        if (limit := _limited(experiment, state)) is not None:
            yield limit
        if any(arm.evaluated for arm in state.arms):
            after = _fingerprint(dataset, split)
            yield _compared(experiment, state, dataset, split, kept, after)
        else:
            status = "failed"
            error = _all_failed(state)
    except CancelledError as reason:
        status, error = "cancelled", _as_dict(reason)
    finally:
        place.close()
    yield RunFinished(status=status, seconds=time.monotonic() - began, error=error)


def _far_from_asked(experiment: Experiment, split: Split) -> Warned | None:
    """Say so if whole groups allow no test share near the one asked for."""
    share = len(split.test) / (len(split.test) + len(split.train))
    asked = experiment.split.test_size
    if experiment.split.group is None or abs(share - asked) <= 0.05:
        return None
    return Warned(
        message=f"the groups of {experiment.split.group!r} make a test share of "
        f"{share:.0%}, where {asked:.0%} was asked for"
    )


def _in_the_open(where: Place) -> Warned | None:
    """Say so if rows and code go over a network that others may listen to."""
    scheduler = where.scheduler or ""
    host = scheduler.removeprefix("tcp://")
    if host == scheduler or host.startswith(("127.", "localhost", "[::1]")):
        return None
    return Warned(
        message=f"{scheduler} is not encrypted: anyone on that network can read the "
        "rows and run code on the workers; tls:// is safe"
    )


def _limited(experiment: Experiment, state: State) -> Warned | None:
    """Say so if the time limit left arms with fewer trials than asked."""
    trials = [len(arm.trials) for arm in state.arms if arm.evaluated]
    from engine.train import space

    wanted = experiment.search.trials if space.ranges(experiment.model) else 1
    limit = experiment.search.time_limit
    if limit is None or not trials or min(trials) >= wanted:
        return None
    return Warned(
        message=f"the time limit of {limit:g} s ended the search: the arms have "
        f"{min(trials)} to {max(trials)} of {wanted} trials"
    )


def _fingerprint(dataset: Dataset, split: Split) -> str:
    """Return the SHA-256 of the test rows: what is predicted from, and the target."""
    from engine.data.load import fingerprint

    return fingerprint(dataset.frame.iloc[split.test], dataset.y[split.test].tobytes())


def _same_as_before(state: State, now: RunStarted) -> None:
    """Refuse to go on with another table, or with libraries that count otherwise."""
    before = state.dataset
    if before is None or before.fingerprint != now.dataset.fingerprint:
        raise RunFailedError(
            f"{now.dataset.name} is not the table this run began with",
            "bring the old file back, or start a new run",
        )
    changed = [k for k, v in now.versions.items() if state.versions.get(k) != v]
    if changed:
        was = ", ".join(f"{k} {state.versions.get(k)}" for k in changed)
        raise RunFailedError(
            f"this run began with other versions ({was}), whose numbers may differ",
            "install them again, or start a new run",
        )


def _opening(
    plan: Plan, test_fingerprint: str, estimates: dict[str, float]
) -> RunStarted:
    y, split = plan.dataset.y, plan.split
    return RunStarted(
        experiment=plan.experiment,
        dataset=plan.dataset.info,
        split=SplitInfo(
            train=plan.counts(y[split.train]),
            test=plan.counts(y[split.test]),
            test_fingerprint=test_fingerprint,
        ),
        versions=plan.versions,
        estimates=estimates,
    )


def _compared(
    experiment: Experiment,
    state: State,
    dataset: Dataset,
    split: Split,
    kept: MutableMapping[str, bytes],
    after: str,
) -> Compared:
    import numpy as np

    from engine.evaluate.compare import ArmScores, compare
    from engine.evaluate.verdict import verdict
    from engine.seeds import child

    decision = experiment.decision
    y_test = dataset.y[split.test]
    done = [arm for arm in state.arms if arm.evaluated]
    evaluations = [arm.evaluated for arm in done if arm.evaluated]
    comparison = compare(
        [
            ArmScores(
                name=arm.name,
                kind=arm.kind,
                y_test=y_test,
                scores=np.frombuffer(kept[f"test/{arm.name}"], dtype=np.float32),
                thresholds=_thresholds(arm.evaluated),
            )
            for arm in done
        ],
        cost_fn=decision.cost_fn,
        cost_fp=decision.cost_fp,
        seed=child(experiment.seed, "bootstrap"),
    )
    trials = {len(arm.trials) for arm in done}
    matched = _matched(experiment, state, dataset, split, kept)
    return Compared(
        comparison=comparison,
        matched=matched,
        verdict=verdict(
            evaluations,
            comparison,
            kinds={arm.name: arm.kind for arm in state.arms},
            policy=decision.policy,
            positives_test=int(y_test.sum()),
            cost_fn=decision.cost_fn,
            cost_fp=decision.cost_fp,
            failed=[arm.failed for arm in state.arms if arm.failed],
            unequal_trials=len(trials) > 1,
            matched=matched,
        ),
        proof=_proof(state, dataset, split, after),
    )


def _matched(
    experiment: Experiment,
    state: State,
    dataset: Dataset,
    split: Split,
    kept: MutableMapping[str, bytes],
) -> dict[str, OperatingPoint]:
    """Put the control at the out-of-fold recall that each arm has at 0.5."""
    import numpy as np

    from engine.evaluate.matched import match
    from engine.evaluate.rules import CONTROL

    def scores(what: str, arm: str) -> np.ndarray:
        return np.frombuffer(kept[f"{what}/{arm}"], dtype=np.float32)

    done = [arm.name for arm in state.arms if arm.evaluated]
    if CONTROL not in done:
        return {}
    return match(
        {arm: scores("oof", arm) for arm in done if arm != CONTROL},
        control=scores("oof", CONTROL),
        y=np.tile(dataset.y[split.train], experiment.search.repeats),
        control_test=scores("test", CONTROL),
        y_test=dataset.y[split.test],
        cost_fn=experiment.decision.cost_fn,
        cost_fp=experiment.decision.cost_fp,
    )


def _proof(state: State, dataset: Dataset, split: Split, after: str) -> Proof:
    """Check from what was prepared that nothing judged was learned from."""
    prepared = [p for arm in state.arms for p in arm.prepared if p.fold >= 0]
    seen: dict[tuple[int, bool], set[str]] = {}
    recipes = {arm.name for arm in state.arms if arm.kind == "recipe"}
    experiment = state.experiment
    native = experiment is not None and experiment.features.missing == "native"
    for p in prepared:
        # With missing values kept for the controls, two encodings are meant.
        key = (p.fold, native and p.arm in recipes)
        seen.setdefault(key, set()).add(p.validation_fingerprint)
    opening = state.split
    return Proof(
        test_fingerprint_before=opening.test_fingerprint if opening else "",
        test_fingerprint_after=after,
        test_counts_unchanged=opening is not None
        and opening.test == _counts(dataset, split.test),
        synthetic_rows_in_validation=sum(p.synthetic_in_validation for p in prepared),
        validation_rows_equal_across_arms=all(len(s) == 1 for s in seen.values()),
        judged_rows_learned_from=sum(
            p.judged_rows_learned_from for arm in state.arms for p in arm.prepared
        ),
    )


def _thresholds(evaluated: ArmEvaluated | None) -> dict[str, float]:
    points = evaluated.operating_points if evaluated else ()
    return {point.policy: point.threshold for point in points}


def _counts(dataset: Dataset, rows: Any) -> dict[str, int]:
    negative, positive = dataset.labels
    ones = int(dataset.y[rows].sum())
    return {negative: len(rows) - ones, positive: ones}


def _all_failed(state: State) -> dict[str, str]:
    causes = "; ".join(f"{a.name}: {a.failed.message}" for a in state.arms if a.failed)
    return _as_dict(RunFailedError(f"every arm failed ({causes})"))


def _as_dict(error: EngineError) -> dict[str, str]:
    return {"code": error.code, "message": error.message, "remedy": error.remedy}


def _deadline(experiment: Experiment, started: float) -> float | None:
    limit = experiment.search.time_limit
    return None if limit is None else started + limit


class _Callable(ModuleType):
    """Lets ``engine.run(…)`` be called whichever was imported first.

    Importing this module puts it in the place of the package's function of the
    same name.
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Iterator[Event]:
        return run(*args, **kwargs)


sys.modules[__name__].__class__ = _Callable
