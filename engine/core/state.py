"""The state of a run after its events so far: one pure reducer.

The command line, the app and the tests all show this state. Replaying the stored
events restores it.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec
from msgspec.structs import asdict, replace

from engine.core.costs import Costs
from engine.core.events import (
    ArmEvaluated,
    ArmFailed,
    Compared,
    DatasetInfo,
    Event,
    Expected,
    FoldPrepared,
    Progress,
    RunFinished,
    RunStarted,
    SetupProgress,
    SplitEvent,
    SplitInfo,
    SplitsCompared,
    TrialFinished,
    Warned,
    Work,
)
from engine.core.experiment import Experiment, SearchSpec
from engine.core.repeated_splits import SplitSummary

FINAL_FOLD = -1
"""The fold number that stands for all training rows."""

LOWER_IS_BETTER = frozenset({"log_loss", "brier"})

ArmEvent: TypeAlias = FoldPrepared | TrialFinished | ArmEvaluated | ArmFailed | Progress

WORST = {"average_precision": 0.0, "roc_auc": 0.0, "log_loss": 100.0, "brier": 2.0}
"""The score of a trial that failed."""


class ArmState(msgspec.Struct, frozen=True, kw_only=True):
    """Where one arm is.

    `stage` is ``waiting``, ``prepare``, ``tune``, ``fit``, ``done`` or
    ``failed``; `trials` are in the order of their numbers.
    """

    name: str
    kind: Literal["control", "sampler", "ensemble"]
    stage: str = "waiting"
    prepared: tuple[FoldPrepared, ...] = ()
    trials: tuple[TrialFinished, ...] = ()
    best: TrialFinished | None = None
    evaluated: ArmEvaluated | None = None
    failed: ArmFailed | None = None
    progress: Progress | None = None

    @property
    def final(self) -> FoldPrepared | None:
        """The preparation of all training rows, once it is there."""
        whole = [p for p in self.prepared if p.fold == FINAL_FOLD]
        return whole[-1] if whole else None

    @property
    def chosen(self) -> tuple[FoldPrepared, ...]:
        """The preparations of the best trial's setting; of the first one before."""
        settings = [p.setting for p in self.prepared]
        params = self.best.params if self.best else {}
        fitting = [s for s in settings if s.items() <= params.items()]
        first = (fitting or settings or [{}])[0]
        prepared = [p for p in self.prepared if p.setting == first]
        # Folds may end in any order.
        return tuple(sorted(prepared, key=lambda p: (p.fold == FINAL_FOLD, p.fold)))

    @property
    def repairs(self) -> tuple[str, ...]:
        """The changes of the pre-flight, each once, in order."""
        return tuple(dict.fromkeys(r for p in self.chosen for r in p.repairs))

    @property
    def notes(self) -> tuple[str, ...]:
        """The notes about synthetic rows, each once."""
        return tuple(dict.fromkeys(n for p in self.chosen for n in p.notes))


class State(msgspec.Struct, frozen=True, kw_only=True):
    """Where a run is.

    `setup` is there while the table is read, or read again, and looked at. Of several
    splits it is the state of the first; `splits` has those of the further ones that
    have begun, and `summary` what all of them come to so far.
    """

    status: str = "running"
    experiment: Experiment | None = None
    dataset: DatasetInfo | None = None
    split: SplitInfo | None = None
    versions: dict[str, str] = {}
    estimates: dict[str, float] = {}
    expected: Expected | msgspec.UnsetType = msgspec.UNSET
    arms: tuple[ArmState, ...] = ()
    compared: Compared | None = None
    warnings: tuple[str, ...] = ()
    work: Work = Work()
    seconds: float = 0.0
    error: dict[str, str] | None = None
    setup: SetupProgress | None = None
    splits: tuple[State, ...] = ()
    summary: SplitSummary | None = None

    def is_over(self, split: int) -> bool:
        """Tell whether a split is finished; the first one is 1."""
        if split == 1:
            return self.compared is not None
        further = self.splits[split - 2 : split - 1]
        return any(one.status != "running" for one in further)

    @property
    def current(self) -> State:
        """The newest split while the run is at work, else the first one."""
        newest = self.splits[-1:] if self.status == "running" else ()
        return next(iter(newest), self)

    @property
    def split_number(self) -> int:
        """Which split `current` is; the first one is 1."""
        return 1 if self.current is self else len(self.splits) + 1

    @property
    def costs(self) -> Costs | None:
        """The costs that decide, once the table is known."""
        if self.experiment is None or self.dataset is None:
            return None
        info, own = self.dataset, self.split.miss_costs if self.split else None
        return self.experiment.decision.costs(info.classes, info.positive, own or None)

    def arm(self, name: str) -> ArmState:
        """Return the state of the arm of that name.

        Raises
        ------
        KeyError
            If the experiment has no such arm.
        """
        return {arm.name: arm for arm in self.arms}[name]


def is_better_score(objective: str, new: float, old: float) -> bool:
    """Tell whether `new` is strictly better than `old` in the objective."""
    return new < old if objective in LOWER_IS_BETTER else new > old


def is_better_trial(objective: str, new: TrialFinished, old: TrialFinished) -> bool:
    """Tell whether a trial replaces an arm's best one.

    Trials may end in any order: of equal scores the first by number is the best. A
    pruned trial never is.
    """
    if new.pruned or old.pruned:
        return old.pruned and not new.pruned
    if new.score == old.score:
        return new.number < old.number
    return is_better_score(objective, new.score, old.score)


def reduce(state: State, event: Event) -> State:
    """Return the state after the event.

    Parameters
    ----------
    state : State
        Where the run was.
    event : Event
        What happened.

    Returns
    -------
    State
        A new value; the old one is untouched.
    """
    match event:
        case RunStarted():
            arms = event.experiment.arms
            states = tuple(ArmState(name=a.name, kind=a.kind) for a in arms)
            fields = {f: getattr(event, f) for f in event.__struct_fields__}
            return replace(state, status="running", arms=states, **fields)
        case Compared():
            return replace(state, compared=event)
        case Warned():
            text = f"{event.arm}: {event.message}" if event.arm else event.message
            known = state.warnings
            return replace(state, warnings=tuple(dict.fromkeys((*known, text))))
        case SplitEvent(split=number, inner=inner):
            place = number - 2
            further = state.splits
            before = further[place] if place < len(further) else State()
            after = reduce(before, inner)
            return replace(
                state,
                splits=(*further[:place], after, *further[place + 1 :]),
                work=_add(state.work, getattr(inner, "work", Work())),
            )
        case SplitsCompared():
            compared = state.compared
            if compared is not None:
                compared = replace(compared, verdict=event.verdict)
            return replace(state, summary=event.summary, compared=compared)
        case RunFinished():
            seconds = state.seconds + event.seconds
            return replace(
                state,
                status=event.status,
                seconds=seconds,
                error=event.error,
                setup=None,
            )
        case SetupProgress():
            return replace(state, setup=event if event.stage else None)
        case _:
            search = state.experiment.search if state.experiment else SearchSpec()
            arm = _after(state.arm(event.arm), event, search.objective)
            return replace(
                state,
                arms=tuple(arm if a.name == arm.name else a for a in state.arms),
                work=_add(state.work, getattr(event, "work", Work())),
            )


def _add(work: Work, more: Work) -> Work:
    return Work(**{f: getattr(work, f) + n for f, n in asdict(more).items()})


def _after(arm: ArmState, event: ArmEvent, objective: str) -> ArmState:
    """Return the state of an arm after something happened to it."""
    match event:
        case FoldPrepared():
            stage = "prepare" if arm.stage == "waiting" else arm.stage
            return replace(arm, stage=stage, prepared=(*arm.prepared, event))
        case TrialFinished():
            best = arm.best
            if not event.failed and (
                best is None or is_better_trial(objective, event, best)
            ):
                best = event
            trials = sorted((*arm.trials, event), key=lambda trial: trial.number)
            return replace(arm, stage="tune", trials=tuple(trials), best=best)
        case ArmEvaluated():
            return replace(arm, stage="done", evaluated=event)
        case ArmFailed():
            return replace(arm, stage="failed", failed=event)
        case Progress():
            stage = arm.stage if arm.stage in ("done", "failed") else event.stage
            return replace(arm, progress=event, stage=stage)
