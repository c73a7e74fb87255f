"""Ask for the next setting of an arm, report its result, queue its units.

Optuna's sampler state is not stored anywhere: each trial draws from a sampler
seeded by its number, so that a setting depends on the earlier trials that it may
learn from and on its number only. A resumed search goes on exactly as the
uninterrupted one, and all arms start from the same draws.

How many earlier trials that is, `Tuner.needs` says: those between may grow side by
side, and it makes no difference which of them ends first.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, TypeAlias

from engine.core import space
from engine.core.errors import ArmError
from engine.core.events import TrialFinished, Work
from engine.core.experiment import Experiment
from engine.core.methods.grammar import Arm
from engine.core.methods.samplers import ParamValue
from engine.core.seeds import child
from engine.core.state import LOWER_IS_BETTER, WORST
from engine.train.plan import Bar, setting_key

STARTUP_TRIALS = 5
"""Trials drawn at random before the sampler learns from them."""
FIRST_RUNG = 20
"""Rounds that every trial gets; each further rung is at twice as many."""
REDUCTION = 3
"""One trial in so many goes on from a rung."""
OTHERS = "give other values to try, or use another method"

Setting: TypeAlias = dict[str, ParamValue]

Rows: TypeAlias = tuple[str, int]
"""A setting of an arm's samplers, spelled, and a fold."""


class Tuner:
    """The search of one arm.

    Parameters
    ----------
    experiment : Experiment
        Its model, search and seed are used.
    arm : Arm or None, default=None
        Only what is searched of it counts: parameters of its samplers, or of its
        ensemble.
    finished : iterable of TrialFinished, default=()
        Trials of an earlier part of the run, in order.
    """

    def __init__(
        self,
        experiment: Experiment,
        arm: Arm | None = None,
        finished: Iterable[TrialFinished] = (),
    ) -> None:
        with warnings.catch_warnings():
            # Its progress bar, which nobody sees, asks for widgets in a notebook.
            warnings.filterwarnings("ignore", "IProgress not found")
            import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._optuna = optuna
        self.objective = experiment.search.objective
        self._experiment = experiment
        self._arm = arm
        self._space = space.distributions(experiment.model, arm)
        self._finished: dict[int, TrialFinished] = {}
        self._study = self._new_study()
        self._added = 0
        for trial in finished:
            self.tell(trial)

    @property
    def wanted(self) -> int:
        """Trials worth asking for: one if nothing is searched."""
        return self._experiment.search.trials if self._space else 1

    def needs(self, number: int) -> int:
        """Return how many of the first trials must be finished before this one starts.

        All of them where trials are stopped early. Else those that the sampler learns
        from: the first are drawn at random, and so are all in a random search.
        """
        search = self._experiment.search
        if search.prune:
            return number
        return 0 if search.method == "random" or number < STARTUP_TRIALS else number

    def ready(self, number: int) -> bool:
        """Tell whether all that a trial needs is finished."""
        return all(n in self._finished for n in range(self.needs(number)))

    def ask(self, number: int) -> tuple[dict[str, ParamValue], Bar]:
        """Return the setting of a trial that is ready, and the bar it must clear."""
        search = self._experiment.search
        earlier = [self._finished[n] for n in range(self.needs(number))]
        height = bar(self.objective, earlier) if search.prune else ()
        if number == 0 or not self._space:
            return space.first_trial(self._experiment.model, self._arm), height
        study = self._study_of(earlier)
        study.sampler = self._sampler(child(self._experiment.seed, "trial", number))
        trial = study.ask(self._space)
        params: dict[str, ParamValue] = dict(trial.params)
        # The study holds finished trials only.
        study.tell(trial, state=self._optuna.trial.TrialState.FAIL)
        return params, height

    def tell(self, trial: TrialFinished) -> None:
        """Add a finished trial."""
        self._finished[trial.number] = trial

    def _study_of(self, trials: list[TrialFinished]) -> Any:
        """Return a study of the first trials; the one at hand if it only grows."""
        if self._experiment.search.method == "random" or not trials:
            return self._new_study()
        for trial in trials[self._added :]:
            self._study.add_trial(self._frozen(trial))
            self._added += 1
        return self._study

    def _frozen(self, trial: TrialFinished) -> Any:
        states = self._optuna.trial.TrialState
        last = {trial.curve[-1][0]: trial.score} if trial.pruned else None
        return self._optuna.trial.create_trial(
            state=states.PRUNED if trial.pruned else states.COMPLETE,
            value=None if trial.pruned else trial.score,
            params={k: trial.params[k] for k in self._space},
            distributions=self._space,
            intermediate_values=last,
        )

    def _new_study(self) -> Any:
        lower = self.objective in LOWER_IS_BETTER
        return self._optuna.create_study(direction="minimize" if lower else "maximize")

    def _sampler(self, seed: int) -> Any:
        samplers = self._optuna.samplers
        if self._experiment.search.method == "random":
            return samplers.RandomSampler(seed=seed)
        return samplers.TPESampler(seed=seed, n_startup_trials=STARTUP_TRIALS)


def bar(objective: str, trials: Iterable[TrialFinished]) -> Bar:
    """Return what the next trial must have reached at each rung.

    Asynchronous successive halving, as a rule to stop: a rung is the first look after
    20, 40, 80, … rounds, and the bar there is passed by the best third of all trials
    that came to it, or the best of fewer than six. So rounds are spent on the settings
    that win. The rule needs no talk with a running trial, and depends on earlier
    trials only: the same trials are stopped under every executor and after every
    resume. `engine.train.growth.is_behind` says which.

    Parameters
    ----------
    objective : str
        What trials are compared by.
    trials : iterable of TrialFinished
        The earlier trials. One that was stopped counts at the rungs that it came to;
        one that ended by itself counts at later ones too, with what it had.

    Returns
    -------
    Bar
        Empty for the first trial.

    References
    ----------
    Li et al. 2020, A system for massively parallel hyperparameter tuning,
    arXiv:1810.05934.

    Examples
    --------
    >>> trials = [
    ...     TrialFinished(arm="enn", number=n, params={}, rounds=40, score=s, folds={},
    ...                   curve=((20, s / 2), (40, s)))
    ...     for n, s in enumerate((0.1, 0.2, 0.3, 0.4, 0.5))
    ... ]
    >>> bar("average_precision", trials)
    ((20, 0.2), (40, 0.4))
    >>> bar("average_precision", trials[:1])
    ((20, 0.05), (40, 0.1))
    """
    lower = objective in LOWER_IS_BETTER
    best = min if lower else max
    reached = [
        (dict(zip(rounds, accumulate(values, best), strict=True)), trial.pruned)
        for trial in trials
        if trial.curve
        for rounds, values in (zip(*trial.curve, strict=True),)
    ]
    looks = sorted({r for known, _ in reached for r in known})
    heights: dict[int, float] = {}
    target = FIRST_RUNG
    while looks and target <= looks[-1]:
        rung = next(r for r in looks if r >= target)
        came = sorted(
            (
                known[max(r for r in known if r <= rung)]
                for known, stopped in reached
                if not stopped or max(known) >= rung
            ),
            reverse=not lower,
        )
        heights[rung] = came[max(1, (len(came) + 1) // REDUCTION) - 1]
        target *= 2
    return tuple(heights.items())


@dataclass
class ArmQueue:
    """What is left to do for one arm.

    Where the search chooses something of the samplers, rows are prepared for each
    setting that a trial asks for, once, and the final ones for the best.
    """

    arm: Arm
    tuner: Tuner
    slow: bool
    finished: set[int] = field(default_factory=set)
    best: TrialFinished | None = None
    known: set[Rows] = field(default_factory=set)
    todo: list[Rows] = field(default_factory=list)
    preparing: set[Rows] = field(default_factory=set)
    made: set[Rows] = field(default_factory=set)
    settings: dict[str, Setting] = field(default_factory=dict)
    waiting: dict[int, tuple[Setting, Bar]] = field(default_factory=dict)
    broken: dict[str, dict[int, ArmError]] = field(default_factory=dict)
    failed_trials: dict[int, str] = field(default_factory=dict)
    growing: set[int] = field(default_factory=set)
    finishing: bool = False
    over: bool = False

    def is_searched(self, *, out_of_time: bool) -> bool:
        """Tell whether no further trial is wanted."""
        return len(self.finished) >= self.tuner.wanted or (
            out_of_time and bool(self.finished)
        )

    def want(self, setting: Setting, folds: Iterable[int]) -> None:
        """See to it that the rows of a setting are prepared, once."""
        name = setting_key(setting)
        rows = [(name, fold) for fold in folds if (name, fold) not in self.made]
        self.todo += rows
        self.made.update(rows)
        self.settings[name] = setting

    def lacks(self, setting: Setting, folds: Iterable[int]) -> bool:
        """Tell whether rows of a setting are still to be prepared."""
        name = setting_key(setting)
        left = {*self.todo} | self.preparing
        return any((name, fold) in left for fold in folds)

    def next_trial(self, folds: range) -> int | None:
        """Return the first trial that can start, if there is one.

        One whose rows are not there has them prepared.
        """
        for number in range(self.tuner.wanted):
            if not self.tuner.ready(number):
                return None
            if number in self.finished or number in self.growing:
                continue
            if number not in self.waiting:
                self.waiting[number] = self.tuner.ask(number)
            setting = space.setting(self.arm, self.waiting[number][0])
            self.want(setting, folds)
            broken = setting_key(setting) in self.broken
            if not broken and not self.lacks(setting, folds):
                return number
        return None

    @property
    def is_stuck(self) -> bool:
        """Whether a trial waits for rows that cannot be made."""
        asked = (space.setting(self.arm, params) for params, _ in self.waiting.values())
        return not self.over and any(setting_key(one) in self.broken for one in asked)

    def is_lost(self, *, out_of_time: bool) -> bool:
        """Tell whether no trial came to anything, and none will."""
        still = self.over or self.growing or self.best is not None
        return not still and self.is_searched(out_of_time=out_of_time)

    def fail_hopeless(self) -> list[TrialFinished]:
        """Fail the trials whose rows cannot be made, and return them.

        Of several folds that failed the first says why, whichever ended first.
        """
        failed = []
        busy = {name for name, _ in self.preparing}
        for number, (params, _) in sorted(self.waiting.items()):
            name = setting_key(space.setting(self.arm, params))
            if name in self.broken and name not in busy:
                del self.waiting[number]
                errors = self.broken[name]
                failed.append(self.fail_trial(number, params, errors[min(errors)]))
        return failed

    def give_up(self, setting: Setting, fold: int, error: ArmError) -> None:
        """Remember that a setting's rows cannot be made."""
        name = setting_key(setting)
        self.broken.setdefault(name, {})[fold] = error
        self.todo = [rows for rows in self.todo if rows[0] != name]

    @property
    def failure(self) -> ArmError:
        """Why no trial came to anything: what the first by number says.

        It is made of what is stored of trials, so that it is the same after a resume.
        """
        if not self.failed_trials:
            return ArmError("no trial came to a result", OTHERS)
        first = self.failed_trials[min(self.failed_trials)]
        return ArmError(first, OTHERS, code="sampler")

    def fail_trial(
        self, number: int, params: Setting, error: ArmError
    ) -> TrialFinished:
        """Count a trial whose rows cannot be made, and return it: the worst."""
        worst = WORST[self.tuner.objective]
        event = TrialFinished(
            arm=self.arm.name,
            number=number,
            params=params,
            rounds=0,
            score=worst,
            folds={},
            curve=((0, worst),),
            pruned=True,
            failed=error.message,
            work=Work(trials=1),
        )
        self.failed_trials[number] = error.message
        self.finished.add(number)
        self.tuner.tell(event)
        return event
