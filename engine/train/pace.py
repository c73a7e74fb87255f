"""How long a run takes and what it holds, told before it begins.

What units of work do is done on a few training rows, and on four times as many: encode
and bin rows, grow, look at validated rows, evaluate. Two times tell how each grows with
the rows. How far trials grow is seen in a search in miniature that has many rows of the
rarest class, since these bound what can be learned. No test row is looked at.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple, TypeVar

import msgspec
import numpy as np

from engine.core import models
from engine.core.errors import EngineError
from engine.core.events import ArmCost, Expected, RunStarted, TrialFinished
from engine.core.methods import cost
from engine.core.methods.grammar import Arm
from engine.core.methods.samplers import CONTROL
from engine.core.seeds import child
from engine.core.state import FINAL_FOLD
from engine.evaluate.metrics import score
from engine.io.logs import collect_warnings
from engine.io.machine import one_thread
from engine.splits.folds import Fold
from engine.splits.holdout import Split
from engine.train import finish
from engine.train.models.port import Growing, Setting, Tick, find
from engine.train.plan import Plan, Unit
from engine.train.prepare import Preparer, matrices, row_weights
from engine.train.schedule import FEWEST, Limit, are_few
from engine.train.tune import Tuner
from engine.train.worker import Worker

T = TypeVar("T")

MOST = 30_000
SHARE = 4
"""Rows that a part has at most, and one of so many training rows."""
SMALLER = 4
"""The smaller part has a row of so many."""
OF_CLASS = 60
"""Rows of a class that a part has at least, if there are: intervals need some."""
RAREST, OTHERS = 1_500, 4
"""Rows of the rarest class that the search in miniature has at most, and how many times
as many of another one."""
LONGER = 0.15
"""Power of the rarest class's rows that rounds grow with. First trials on 5,300,
14,600, 53,000, 53,000 and 533,000 of them took 1.2, 1.2, 1.6, 1.8 and 2.2 times what
was told by the rounds of the part."""
TRIALS = 5
"""Its trials at most; those to come are like them on average."""
STEEPEST = 3.0
"""Power of the rows that no time grows with."""
UNTOLD = ("hist-gradient-boosting",)
"""Models whose first rounds do not tell the later ones: in each part of a trial all its
trees score all rows again (6 s were told of 25)."""
METRICS = 4
"""Looks that the metrics of a finished trial take as long as."""


class Law(NamedTuple):
    """Seconds by rows: ``constant + rate * rows ** power``."""

    constant: float
    rate: float
    power: float = 1.0

    @classmethod
    def through(
        cls, few: tuple[int, float], many: tuple[int, float], *, steep: bool = False
    ) -> Law:
        """Return the law of two measurements: rows and their seconds.

        Parameters
        ----------
        few, many : tuple of (int, float)
        steep : bool, default=False
            Whether the seconds may grow faster than the rows; else that is noise.

        Examples
        --------
        >>> Law.through((100, 2.0), (200, 3.0))(1000)
        11.0
        >>> steep = (100, 1.0), (200, 4.0)
        >>> Law.through(*steep)(400), Law.through(*steep, steep=True)(400)
        (8.0, 16.0)
        """
        (n, least), (m, most) = few, many
        if n < m and 0 < least * m < n * most and steep:
            power = min(STEEPEST, math.log(most / least) / math.log(m / n))
            return cls(0.0, most / m**power, power)
        if n < m and n * most <= least * m and least <= most:
            rate = (most - least) / (m - n)
            return cls(most - rate * m, rate)
        return cls(0.0, most / m)

    def __call__(self, rows: float) -> float:
        """Return the seconds that so many rows take."""
        return self.constant + self.rate * float(rows**self.power)


class Laws(NamedTuple):
    """What the units of a model take on one core, by rows.

    Attributes
    ----------
    encode, bins, grow, look, evaluate : Law
        Seconds of rows that are encoded, made a matrix, fitted on for a round,
        validated once, and evaluated on.
    trials : tuple of (float, float)
        Of each trial in miniature the rounds, as rounds of the first setting, and the
        looks at validated rows.
    """

    encode: Law
    bins: Law
    grow: Law
    look: Law
    evaluate: Law
    trials: tuple[tuple[float, float], ...]


def expect(
    plan: Plan,
    limit: Limit,
    *,
    jobs: int,
    held: int,
    clock: Callable[[], float] = time.thread_time,
    check: Tick = lambda: None,
) -> Expected | msgspec.UnsetType:
    """Find out what a run will take, from parts of its training rows.

    Parameters
    ----------
    plan : Plan
    limit : Limit
        Of its memory; it knows what samplers take.
    jobs : int
        Units at a time.
    held : int
        Bytes that the process holds already.
    clock : callable, default=time.thread_time
        What seconds are read of.
    check : callable, optional
        Called often; it may raise, to end this.

    Returns
    -------
    Expected or unset
        Unset with few training rows, or where a model is one of `UNTOLD` or cannot
        learn from a part of the rows.
    """
    learners = {arm.learner: arm for arm in reversed(plan.experiment.arms)}
    few = are_few(len(plan.split.fit), len(plan.dataset.columns))
    if few or any(name in UNTOLD for name in learners):
        return msgspec.UNSET
    try:
        with one_thread(), collect_warnings():
            laws = {
                name: _measure(plan, _plain(arm), clock, check)
                for name, arm in learners.items()
            }
    except EngineError:
        check()  # a run that was cancelled ends here
        return msgspec.UNSET
    costs = arm_costs(plan, laws, limit.seconds, jobs=jobs)
    return Expected(costs, jobs=jobs, bytes=held + limit.peak(jobs))


def untold(started: RunStarted) -> str:
    """Say why nothing is told of what a run takes."""
    rows, learners = (
        sum(started.split.train.values()),
        {arm.learner for arm in started.experiment.arms},
    )
    if found := learners & {*UNTOLD}:
        return f"not told with {', '.join(sorted(found))}"
    if are_few(rows, [*started.dataset.roles.values()].count("feature")):
        return f"not told below {FEWEST:,} training rows"
    return "not told: no model learns from a part of the rows"


def arm_costs(
    plan: Plan, laws: Mapping[str, Laws], seconds: Mapping[str, float], *, jobs: int
) -> dict[str, ArmCost]:
    """Return the seconds of each arm's units.

    Parameters
    ----------
    plan : Plan
    laws : mapping of str to Laws
        By model.
    seconds : mapping of str to float
        What treating all training rows takes, by arm; nothing where it is not known.
    jobs : int
        Units at a time: idle cores help with the folds of a trial.
    """
    experiment, folds = plan.experiment, range(len(plan.folds))
    sizes = [[len(rows) for rows in plan.indices(fold)] for fold in folds]
    fit, held = np.mean(sizes, axis=0).tolist()
    whole, test = (len(rows) for rows in plan.indices(FINAL_FOLD))
    validated = len(plan.validation_rows) * plan.repeats
    counts = plan.counts(plan.dataset.y[plan.split.fit])
    side_by_side = max(1, min(len(folds), jobs // len(experiment.arms)))
    costs = {}
    for arm in experiment.arms:
        law = laws[arm.learner]
        left = cost.estimate_memory(arm, counts, 1)[0] / whole
        first = plan.matrix_maker(arm) == arm.name
        own = seconds.get(arm.name, 0.0)
        trials = tuple(
            len(folds)
            * (rounds * law.grow(left * fit) + (looks + METRICS) * law.look(held))
            / side_by_side
            for rounds, looks in law.trials
        )
        rows = law.encode(whole) + own + law.bins(left * whole)
        fold = law.encode(fit + held) + own * fit / whole + law.bins(left * fit + held)
        costs[arm.name] = ArmCost(
            fold=fold if first else 0.0,
            trials=trials,
            whole=rows if first else 0.0,
            fit=law.trials[0][0] * law.grow(left * whole)
            + law.encode(test)
            + law.look(test),
            evaluate=law.evaluate(validated + test),
        )
    return costs


def _plain(arm: Arm) -> Arm:
    """Return an arm's model with the rows as they are."""
    if arm.ensemble is not None:
        return arm
    return Arm(name=CONTROL, model=arm.model, params=arm.params)


def _measure(plan: Plan, arm: Arm, clock: Callable[[], float], check: Tick) -> Laws:
    """Search in miniature, and time a model's units on two parts of the rows."""
    y = plan.dataset.y[plan.split.fit]
    counts = np.bincount(y, minlength=len(plan.dataset.labels))
    rare = min(RAREST, counts.min() // 2)
    few = np.where(counts == counts.min(), rare, np.minimum(OTHERS * rare, counts // 2))
    trials = _search(_part(plan, arm, few), arm, check)
    settings = [trial.params for trial in trials]
    most = min(MOST, len(y) // SHARE)
    less, more = (
        _time_units(
            _part(plan, arm, np.maximum(counts * rows // len(y), least)),
            arm,
            settings,
            clock,
            check,
        )
        for least in [np.minimum(OF_CLASS, counts // 2)]
        for rows in (most // SMALLER, most)
    )
    longer = float(counts.min() / max(1, rare)) ** LONGER
    lengths = [_rounds(plan, arm, trial, longer) for trial in trials]
    # How a forest or a kernel machine grows with the rows only two sizes tell.
    steep = models.get(arm.learner).rounds != models.BOOSTING
    first = more.grow[0][1]
    return Laws(
        Law.through(less.encode, more.encode),
        Law.through(less.bins, more.bins),
        Law.through(less.grow[0], more.grow[0], steep=steep),
        Law.through(less.look, more.look),
        Law.through(less.evaluate, more.evaluate),
        tuple(
            (rounds * took / first if first else 0.0, looks)
            for (rounds, looks), (_, took) in zip(lengths, more.grow, strict=True)
        ),
    )


def _rounds(
    plan: Plan, arm: Arm, trial: TrialFinished, longer: float
) -> tuple[float, float]:
    """Return the rounds and the looks of a trial on all rows, from one on a part."""
    rounds, looks = trial.curve[-1][0], len(trial.curve)
    if trial.pruned:
        return rounds, looks
    spec = plan.experiment.model
    fixed = models.fixed_params(spec, arm)
    most = find(arm.learner).schedule(spec, {**fixed, **trial.params}).rounds
    longer = min(longer, max(1.0, most / rounds))
    return rounds * longer, looks * longer


def _part(plan: Plan, arm: Arm, wanted: np.ndarray) -> Plan:
    """Return a plan of two folds of so many training rows of each class.

    What it calls test rows are some that the first fold validates.
    """
    fit, seed = plan.split.fit, child(plan.experiment.seed, "pace")
    rng = np.random.default_rng(seed)
    halves: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    for label, many in enumerate(wanted.tolist()):
        those = rng.permutation(fit[plan.dataset.y[fit] == label])
        halves[0].append(those[:many])
        halves[1].append(those[many : 2 * many])
    one, other = (np.sort(np.concatenate(half)) for half in halves)
    search = msgspec.structs.replace(plan.experiment.search, folds=2, repeats=1)
    return replace(
        plan,
        experiment=msgspec.structs.replace(plan.experiment, arms=(arm,), search=search),
        split=Split(train=np.sort(np.concatenate([one, other])), test=other[::2]),
        folds=(Fold(one, other), Fold(other, one)),
        equal_in_training=None,
    )


def _search(part: Plan, arm: Arm, check: Tick) -> list[TrialFinished]:
    """Run an arm's first trials."""
    worker = Worker(part, tick=check)
    tuner = Tuner(part.experiment, arm)
    trials = []
    for number in range(min(TRIALS, tuner.wanted)):
        params, bar = tuner.ask(number)
        done = worker.do(Unit("trial", arm.name, number, params, bar)).event
        assert isinstance(done, TrialFinished)
        tuner.tell(done)
        trials.append(done)
    return trials


class _Times(NamedTuple):
    """Rows and seconds of what units do; `grow` for each setting of a model."""

    encode: tuple[int, float]
    bins: tuple[int, float]
    grow: list[tuple[int, float]]
    look: tuple[int, float]
    evaluate: tuple[int, float]


def _time_units(
    part: Plan,
    arm: Arm,
    settings: Sequence[Setting],
    clock: Callable[[], float],
    check: Tick,
) -> _Times:
    """Do once what units do with the first fold, and read the clock."""

    def timed(do: Callable[[], T]) -> tuple[float, T]:
        check()
        began = clock()
        done = do()
        return clock() - began, done

    model, spec = find(arm.learner), part.experiment.model
    fit, held = part.indices(0)
    both, fixed = len(fit) + len(held), models.fixed_params(spec, arm)
    encode, rows = timed(lambda: Preparer(part, None).rows(arm, 0))
    bins, made = timed(lambda: matrices(model, rows, row_weights(part, arm, rows)))
    grow, grown = list[tuple[int, float]](), list[Growing]()
    for setting in settings:
        growing = model.start(
            made.fit,
            {**fixed, **setting},
            seed=part.experiment.seed,
            tick=check,
            classes=len(part.dataset.labels),
        )
        schedule = model.schedule(spec, {**fixed, **setting})
        rounds = min(schedule.every, schedule.rounds)
        times = [timed(partial(growing.advance, rounds))[0]]
        if schedule.rounds > rounds:  # the lesser is nearer: it had less in its way
            times.append(timed(partial(growing.advance, rounds))[0])
        grow.append((len(fit), min(times) / rounds))
        grown.append(growing)
    y, objective = part.dataset.y[held], part.experiment.search.objective

    def validate() -> np.ndarray:
        scores = grown[0].scores(made.validation)
        score(objective, y, scores)
        return scores

    look, scores = timed(validate)
    oof = finish.out_of_fold(part, [scores, scores[: len(fit)]])

    def evaluate() -> None:
        frozen = finish.freeze(part, arm, made.mass, oof.tobytes())
        finish.evaluate(part, arm, frozen, scores[::2])

    evaluation, _ = timed(evaluate)
    seen = len(part.validation_rows) + len(part.split.test)
    return _Times(
        (both, encode), (both, bins), grow, (len(held), look), (seen, evaluation)
    )
