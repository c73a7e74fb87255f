"""A run: from an experiment to its verdict, as events.

Only this module knows the order of the steps. The run process, the tests and scripts
drain `run`.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET, UnsetType

from engine.core import models, space
from engine.core.checks import check_classes, check_review
from engine.core.errors import CancelledError, RunFailedError, SpecError, TargetError
from engine.core.events import (
    Advice,
    ArmFailed,
    DatasetInfo,
    Event,
    Expected,
    FoldPrepared,
    RunFinished,
    RunStarted,
    SetupProgress,
    SplitEvent,
    SplitEvents,
    SplitInfo,
    SplitsCompared,
    TrialFinished,
    Warned,
    innermost,
    is_result,
)
from engine.core.execution import CancelToken, Place, check
from engine.core.methods import registry
from engine.core.passes import throttled
from engine.core.seeds import split_seed, versions
from engine.core.state import State, reduce
from engine.data.load import fingerprint, load_data
from engine.data.roles import prepare, with_miss_costs
from engine.evaluate.across_splits import summarize
from engine.evaluate.verdict.verdict import with_splits
from engine.execute.local import make, make_reader
from engine.io.logs import collect_warnings
from engine.io.machine import cores, plan_memory, release_memory, resident
from engine.profile import advice, measure
from engine.splits.folds import check_folds, cut
from engine.splits.holdout import check_split, divide, equal_in_training, time_range
from engine.train.conclude import conclude
from engine.train.finish import warn_of_aim
from engine.train.models.xgboost import warn_of_bins
from engine.train.negatives import check_thinning, thinned
from engine.train.pace import expect
from engine.train.plan import MANY, Plan, unreachable
from engine.train.schedule import Limit, Schedule

if TYPE_CHECKING:
    from engine.core.experiment import Experiment
    from engine.data.load import Table
    from engine.data.profile import Report
    from engine.data.roles import Dataset
    from engine.splits.holdout import Split
    from engine.train.plan import Executor

log = logging.getLogger(__name__)


def run(
    experiment: Experiment,
    *,
    executor: str = "inline",
    jobs: int | None = None,
    scheduler: str | None = None,
    cache: Path | None = None,
    memory: int | None = None,
    reserve: Callable[[int, int | None], int | None] | None = None,
    cancel: CancelToken | None = None,
    history: Iterable[Event] = (),
    artifacts: MutableMapping[str, bytes] | None = None,
    report: Callable[[SetupProgress], object] = lambda progress: None,
    table: Table | None = None,
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
        Folder where folds are cached for later runs; no cache when None.
    memory : int or None, default=None
        Bytes that units may take together; most of what is free when None.
    reserve : callable or None, default=None
        Takes the bytes that units can use at most, and `memory`; returns those that
        they may take beside other runs. With None there are no others.
    cancel : CancelToken or None, default=None
        Ends the run soon after it is set.
    history : iterable of Event, default=()
        Results of an earlier part of this run, which are not repeated.
    artifacts : mutable mapping or None, default=None
        Receives what is too large for an event, as bytes, before the event that
        completes it: ``oof/ARM``, ``test/ARM``, ``model/ARM``. A resumed run needs
        those of the earlier part.
    report : callable, optional
        Takes where the run is before its first event, at most ten times a second, and
        whenever what it does is another thing.
    table : Table or None, default=None
        That of the experiment, if it is read already.

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
    >>> from engine.core.state import State, reduce
    >>> experiment = engine.preset("quick", source="sample:blobs", target="label")
    >>> state = State()
    >>> for event in run(experiment):  # doctest: +SKIP
    ...     state = reduce(state, event)
    """
    began = time.monotonic()
    where = Place(executor, jobs, scheduler, cache, memory)
    check(where)
    registry.check(experiment)
    space.check_model(experiment.model)
    artifacts = {} if artifacts is None else artifacts
    history = tuple(history)
    state = _replay(history)
    several = experiment.splits > 1
    shared = _Shared(where, cancel or CancelToken(), reserve, report, several)
    shared.table = table
    end = RunFinished(status="done", seconds=0.0)
    for number in range(1, experiment.splits + 1):
        if not state.is_over(number):
            events: Iterator[Event]
            if number == 1:
                events = _run_split(experiment, shared, history, artifacts)
            else:
                shared.first = state
                events = _run_again(number, experiment, shared, history, artifacts)
            for event in events:
                last = innermost(event)
                if isinstance(last, RunFinished) and (
                    number == 1 or last.status == "cancelled"
                ):
                    end = last
                    break
                if is_result(event):
                    state = reduce(state, event)
                yield event
            if end.status != "done":
                break
        if (news := _compare_splits(state, experiment.splits)) is not None:
            state = reduce(state, news)
            yield news
    yield RunFinished(
        status=end.status, seconds=time.monotonic() - began, error=end.error
    )


def start(experiment: Experiment, **options: Any) -> RunStarted:
    """Return how a run would start, with what it is expected to take; nothing is run.

    Parameters
    ----------
    experiment : Experiment
    **options
        Those of `run`.

    Raises
    ------
    UsageError
        If the table, the target or the experiment cannot be used.
    CancelledError
        If it was cancelled before.

    Examples
    --------
    >>> import engine
    >>> quick = engine.preset("quick", source="sample:blobs", target="label")
    >>> start(quick).dataset.target
    'label'
    """
    events = run(experiment, **options)
    try:
        event = next(events)
    finally:
        events.close()  # type: ignore[attr-defined]  # a generator
    if isinstance(event, RunStarted):
        return event
    raise CancelledError("cancelled", "ask again any time")


def _replay(history: Iterable[Event]) -> State:
    state = State()
    for event in history:
        if not isinstance(event, RunFinished):
            state = reduce(state, event)
    return state


@dataclass
class _Shared:
    """What all splits of a run have in common.

    `first` is the first one once it is over: the others take from it what is known of
    the table. `most` is the memory that was planned when the first needed some, and
    `table` is kept where a further split will need it, unless it is large.
    """

    where: Place
    token: CancelToken
    reserve: Callable[[int, int | None], int | None] | None
    report: Callable[[SetupProgress], object]
    several: bool
    first: State | None = None
    most: int | UnsetType | None = UNSET
    table: Table | None = None

    def plan_memory(self, plan: Plan) -> int | None:
        """Return the bytes that units may take."""
        if self.most is UNSET:
            given, reserve = self.where.memory, self.reserve
            # Of a cluster elsewhere this machine knows nothing.
            if self.where.scheduler is not None:
                self.most = given
            elif reserve is None:
                self.most = plan_memory(given)
            else:
                peak = Limit(plan, None).peak(self.where.jobs or cores())
                self.most = reserve(peak, given)
        return self.most


class _ScoresOfSplit(MutableMapping[str, bytes]):
    """What a further split keeps while it is at work, in the place of the one before.

    Its final models are not kept: nobody looks at them.
    """

    def __init__(self, all_kept: MutableMapping[str, bytes]) -> None:
        self._all = all_kept

    def __getitem__(self, name: str) -> bytes:
        return self._all[f"split/{name}"]

    def __setitem__(self, name: str, data: bytes) -> None:
        if not name.startswith("model/"):
            self._all[f"split/{name}"] = data

    def __delitem__(self, name: str) -> None:
        del self._all[f"split/{name}"]

    def __iter__(self) -> Iterator[str]:
        names = (name for name in self._all if name.startswith("split/"))
        return (name.removeprefix("split/") for name in names)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _run_again(
    number: int,
    experiment: Experiment,
    shared: _Shared,
    history: Sequence[Event],
    artifacts: MutableMapping[str, bytes],
) -> Iterator[SplitEvent]:
    """Run a further split: what the same experiment with its seed would come to."""
    seed = split_seed(experiment.seed, number)
    experiment = msgspec.structs.replace(experiment, seed=seed, splits=1)
    wrapped = (event for event in history if isinstance(event, SplitEvent))
    before = [event.inner for event in wrapped if event.split == number]
    for event in _run_split(experiment, shared, before, _ScoresOfSplit(artifacts)):
        yield SplitEvent(split=number, inner=event)


def _compare_splits(state: State, asked: int) -> SplitsCompared | None:
    """Return what the splits come to, if one is over that was not compared yet."""
    over = [one for one in state.splits if one.status != "running"]
    known = state.summary.done if state.summary else 1
    if state.compared is None or len(over) + 1 <= known:
        return None
    summary = summarize(state, over, asked=asked)
    verdict = with_splits(state.compared.verdict, summary)
    return SplitsCompared(summary=summary, verdict=verdict)


def _run_split(
    experiment: Experiment,
    shared: _Shared,
    history: Sequence[Event],
    artifacts: MutableMapping[str, bytes],
) -> Iterator[SplitEvents]:
    """Run one split, or the rest of it."""
    began = started = time.monotonic()
    where, token, known = shared.where, shared.token, shared.first
    is_read = known is None or shared.table is None
    at_most = throttled(shared.report, SetupProgress)

    def tell(stage: str, done: int, total: int | None) -> None:
        token.raise_if_cancelled()
        if is_read:
            at_most(stage, done, total)

    state = _replay(history)
    # A time limit is for all parts together.
    started -= _spent(history, where.jobs or cores())
    opened = any(arm.prepared or arm.trials or arm.evaluated for arm in state.arms)
    experiment, once = _once(experiment)
    place: Executor | None = None
    status, error = "done", None
    try:
        data, way, seed = experiment.data, experiment.split, experiment.seed
        if state.split is not None and not state.split.thinned:
            data = msgspec.structs.replace(data, thin=0)  # as it began: with all rows
        with collect_warnings() as while_reading, make_reader(where) as workers:
            table = shared.table or load_data(
                data,
                progress=tell,
                keep=where.cache is not None,
                workers=workers,
            )
        tell("profiling", 0, None)
        if len(table.frame) >= MANY:
            release_memory()  # reading took more than what is kept
        with collect_warnings() as while_preparing:
            # Twice: the target decides the split, then the training rows decide the
            # kind of each column.
            dataset = prepare(table, data, way, multiclass=True)
            decision, info = experiment.decision, dataset.info
            check_classes(decision, len(dataset.labels))
            paid = decision.costs(info.classes, info.positive)
            check_review(decision, paid, len(dataset.labels))
            split = divide(dataset, way, seed=seed, thin=data.thin)
            checks = check_split(dataset, split, way, seed=seed)
            dataset = prepare(table, data, way, train=split.train, multiclass=True)
            column = experiment.decision.cost_fn_column
            dataset = with_miss_costs(dataset, column, split.train)
            folds = cut(dataset, split.train, experiment.search, way, seed=seed)
            checks += check_folds(dataset, folds, experiment.search, way)
            if known is not None and known.dataset is not None:
                dataset = _with_advice(dataset, known.dataset.advice)
            elif state.split is None:
                looked = partial(tell, "measuring")
                dataset = _advised(table, dataset, split, experiment, looked)
            equal = equal_in_training(dataset, split)
            if shared.several and len(dataset.y) < MANY:
                shared.table = table
            del table  # the columns that are not learned from are not needed any more
            times = time_range(dataset, split, way.time)
            named = {name: dataset.whole[name] for name in data.subgroups or ()}
            whole = dataset.frame.assign(**named) if named else dataset.frame
            dataset = replace(dataset, whole=whole)
            before = _fingerprint(dataset, split)
        if len(dataset.y) >= MANY:
            release_memory()  # so did profiling
        used = versions(registry.packages(experiment.arms))
        plan = Plan(experiment, dataset, split, folds, used, equal)
        most = shared.plan_memory(plan)
        # With samplers in processes of their own none runs in this one.
        alone = where.executor in ("processes", "dask")
        memory_limit = Limit(plan, most, None if alone else token.raise_if_cancelled)
        slots = where.jobs or cores()
        first = state.split is None and known is None
        expected: Expected | UnsetType = UNSET
        estimates = memory_limit.estimates() if first else {}
        refused: tuple[ArmFailed, ...] = ()
        tell("timing", 0, None)
        if known is not None:
            # What was measured, and refused, holds for every split.
            expected, estimates = known.expected, known.estimates
            failures = (arm.failed for arm in known.arms if not arm.prepared)
            refused = tuple(failed for failed in failures if failed is not None)
        elif not opened:
            refused = (*memory_limit.objections(), *unreachable(plan))
        names = {one.arm for one in refused}
        arms = tuple(arm for arm in experiment.arms if arm.name not in names)
        if first and arms and not alone:
            wanted = msgspec.structs.replace(experiment, arms=arms)
            expected = expect(
                replace(plan, experiment=wanted),
                memory_limit,
                jobs=1 if where.executor == "inline" else slots,
                held=resident(os.getpid()),
                check=token.raise_if_cancelled,
            )
        opening = RunStarted(
            experiment=experiment,
            dataset=dataset.info,
            split=SplitInfo(
                train=plan.counts(dataset.y[split.train]),
                test=plan.counts(dataset.y[split.test]),
                test_fingerprint=before,
                thinned=thinned(plan),
                times=times,
                miss_costs=plan.miss_costs or UNSET,
            ),
            versions=used,
            estimates=estimates,
            expected=expected,
        )
        if state.split is not None:
            _same_as_before(state, opening)
        elif known is not None:
            _same_as_before(known, opening)
        deadline = experiment.search.time_limit
        if deadline is not None:
            deadline += started
        tell("", 0, None)
        place = make(where, plan, token.raise_if_cancelled, room=memory_limit.room)
        if state.split is None:
            state = reduce(state, opening)
            yield opening
        for objection in refused:  # the process may have ended while it yielded these
            if state.arm(objection.arm).failed is None:
                state = reduce(state, objection)
                yield objection
        for warning in (
            once,
            warn_of_aim(plan),
            warn_of_bins(memory_limit.features)
            if any(arm.learner == models.XGBOOST for arm in experiment.arms)
            else None,
            *split.notes,
            *checks,
            *while_reading,
            *while_preparing,
            _warn_of_plain_tcp(where),
        ):
            if warning is not None and warning not in state.warnings:
                warned = Warned(message=warning)
                state = reduce(state, warned)
                yield warned
        schedule = Schedule(plan, state, place, artifacts, limit=memory_limit)
        for event in schedule.events(token, deadline=deadline):
            if is_result(event):
                state = reduce(state, event)
            yield event
        warning = _warn_of_time_limit(experiment, state)
        if warning is not None and warning not in state.warnings:
            yield Warned(message=warning)
        if any(arm.evaluated for arm in state.arms):
            if plan.is_large:
                fits = plan.split.thinning is not None
                tell("fitting on more negatives" if fits else "comparing arms", 0, None)
            check_of = check_thinning(plan, state, artifacts, token.raise_if_cancelled)
            after = _fingerprint(dataset, split)
            yield conclude(plan, state, artifacts, after, check_of)
            if plan.is_large:
                tell("", 0, None)
        else:
            status = "failed"
            causes = (f"{a.name}: {a.failed.message}" for a in state.arms if a.failed)
            error = RunFailedError(f"every arm failed ({'; '.join(causes)})").facts
    except (SpecError, TargetError) as reason:
        if known is None:
            raise
        # Groups, or rows that are equal, may leave nothing to compare in one split.
        status, error = "failed", reason.facts
    except CancelledError as reason:
        status, error = "cancelled", reason.facts
    finally:
        if place is not None:
            place.close()
    yield RunFinished(status=status, seconds=time.monotonic() - began, error=error)


def _spent(history: Iterable[Event], jobs: int) -> float:
    """Return the seconds of earlier parts; of a killed one those of its results."""
    spent = since = 0.0
    for event in history:
        match event:
            case RunFinished():
                spent, since = spent + event.seconds, 0.0
            case FoldPrepared() | TrialFinished():
                since += event.seconds / jobs
    return spent + since


def _once(experiment: Experiment) -> tuple[Experiment, str | None]:
    """Draw folds in the order of time once: there is one such cut."""
    if experiment.split.time is None or experiment.search.repeats == 1:
        return experiment, None
    warning = (
        f"rows in the order of {experiment.split.time!r} can be cut into folds in one "
        f"way only: 1 repeat instead of {experiment.search.repeats}"
    )
    search = msgspec.structs.replace(experiment.search, repeats=1)
    return msgspec.structs.replace(experiment, search=search), warning


def _advised(
    table: Table,
    dataset: Dataset,
    split: Split,
    experiment: Experiment,
    report: Report,
) -> Dataset:
    """Add the advice on columns and rows to a dataset."""
    apart = experiment.split.duplicates == "apart"
    seed = experiment.seed
    facts = measure.find(table, dataset, split, seed=seed, apart=apart, report=report)
    # It includes the advice of reading the table and of giving roles.
    folds, splits = experiment.search.folds, experiment.splits
    every = advice.examine(facts, experiment.data, folds=folds, splits=splits)
    return _with_advice(dataset, every)


def _with_advice(dataset: Dataset, advice_of: tuple[Advice, ...]) -> Dataset:
    info = msgspec.structs.replace(dataset.info, advice=advice_of)
    return replace(dataset, info=info)


def _warn_of_plain_tcp(where: Place) -> str | None:
    """Warn if rows and code go over an unencrypted network."""
    scheduler = where.scheduler or ""
    host = scheduler.removeprefix("tcp://")
    if host == scheduler or host.startswith(("127.", "localhost", "[::1]")):
        return None
    return (
        f"{scheduler} is not encrypted: anyone on that network can read the rows and "
        "run code on the workers; tls:// is safe"
    )


def _warn_of_time_limit(experiment: Experiment, state: State) -> str | None:
    """Warn if the time limit left arms with fewer trials than requested."""
    wanted, limit = experiment.search.trials, experiment.search.time_limit
    # An arm without a search has one trial.
    trials = [
        len(state.arm(arm.name).trials)
        for arm in experiment.arms
        if state.arm(arm.name).evaluated and space.first_trial(experiment.model, arm)
    ]
    if limit is None or not trials or min(trials) >= wanted:
        return None
    return (
        f"the time limit of {limit:g} s ended the search: the arms have {min(trials)} "
        f"to {max(trials)} of {wanted} trials"
    )


def _fingerprint(dataset: Dataset, split: Split) -> str:
    """Return the SHA-256 of the test rows: what is predicted from, and the target."""
    return fingerprint(dataset.frame.iloc[split.test], dataset.y[split.test].tobytes())


def _same_as_before(state: State, now: RunStarted) -> None:
    """Refuse to resume with another table, or with other versions of libraries."""

    def rows_of(table: DatasetInfo | None, split: SplitInfo | None) -> object:
        if table is None or split is None:
            return None
        if state.experiment is None or state.experiment.seed == now.experiment.seed:
            return table.fingerprint, split.test_fingerprint
        # Of another split: its training rows may give columns other kinds.
        return table.classes

    if rows_of(state.dataset, state.split) != rows_of(now.dataset, now.split):
        raise RunFailedError(
            f"{now.dataset.name} is not the table this run began with, or its test "
            "rows are others",
            "restore the old files and their version of imbtui, or start a new run",
        )
    changed = [k for k, v in now.versions.items() if state.versions.get(k) != v]
    if changed:
        was = ", ".join(f"{k} {state.versions.get(k)}" for k in changed)
        raise RunFailedError(
            f"this run began with other versions ({was}), whose numbers may differ",
            "install them again, or start a new run",
        )
