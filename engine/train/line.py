"""What is left to do for one arm: rows to prepare, trials to grow, a last fit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from engine.errors import ArmError
from engine.events import TrialFinished, Work
from engine.resample import tuning
from engine.spec import Arm, ParamValue
from engine.state import WORST
from engine.train.plan import Bar, setting_key
from engine.train.tune import Tuner

Setting: TypeAlias = dict[str, ParamValue]

Rows: TypeAlias = tuple[str, int]
"""A setting of an arm's samplers, spelled, and a fold."""


OTHERS = "give other values to try, or use another method"


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
        for fold in folds:
            if (name, fold) not in self.made:
                self.todo.append((name, fold))
                self.made.add((name, fold))
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
            setting = tuning.setting(self.arm, self.waiting[number][0])
            self.want(setting, folds)
            if (
                not self.lacks(setting, folds)
                and setting_key(setting) not in self.broken
            ):
                return number
        return None

    @property
    def is_stuck(self) -> bool:
        """Whether a trial waits for rows that cannot be made."""
        asked = (
            tuning.setting(self.arm, params) for params, _ in self.waiting.values()
        )
        return not self.over and any(setting_key(s) in self.broken for s in asked)

    def is_lost(self, *, out_of_time: bool) -> bool:
        """Tell whether no trial came to anything, and none will."""
        still = self.over or self.growing or self.best is not None
        return not still and self.is_searched(out_of_time=out_of_time)

    def hopeless(self) -> list[tuple[int, Setting, ArmError]]:
        """Take out the trials whose rows cannot be made, with why.

        Of several folds that failed the first says it, whichever ended first.
        """
        found = []
        busy = {name for name, _ in self.preparing}
        for number, (params, _) in sorted(self.waiting.items()):
            name = setting_key(tuning.setting(self.arm, params))
            if name in self.broken and name not in busy:
                del self.waiting[number]
                errors = self.broken[name]
                found.append((number, params, errors[min(errors)]))
        return found

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
        self, number: int, params: Setting, error: ArmError, objective: str
    ) -> TrialFinished:
        """Count a trial whose rows cannot be made, and return it: the worst."""
        worst = WORST[objective]
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
