"""How far a run is, in words, and the lines of its log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec
from msgspec import UNSET

from engine.core import format as figures
from engine.core import space
from engine.core.costs import error_costs
from engine.core.events import (
    ArmCost,
    ArmEvaluated,
    ArmFailed,
    Compared,
    DatasetInfo,
    Event,
    Expected,
    FoldPrepared,
    RunFinished,
    RunStarted,
    SplitEvent,
    SplitsCompared,
    TrialFinished,
    Warned,
)
from engine.core.experiment import Experiment
from engine.core.points import OF_CLASSES
from engine.core.state import FINAL_FOLD, ArmState, State, reduce
from engine.core.views import Cell

STAGES: Final = {
    "waiting": Cell("waiting", "dim"),
    "prepare": Cell("preparing", "chosen"),
    "tune": Cell("tuning", "chosen"),
    "fit": Cell("fitting", "chosen"),
    "done": Cell("done", "good"),
    "failed": Cell("✗ failed", "bad"),
    "stopped": Cell("stopped", "warn"),
}
"""Stages of an arm as words."""
OVER: Final = ("done", "failed", "stopped")
WORTH_SECONDS: Final = 5.0
"""What takes less to prepare is not worth a word."""
_MOST_LABEL: Final = 16
_OF_CLASSES: Final = {*OF_CLASSES} - {"fixed"}
"""Operating points that are called alike for more than two classes."""


def steps(state: State, arm: ArmState, stage: str) -> tuple[int, int]:
    """Return how many steps of an arm are done, and of how many; it never goes back.

    A step is a fold that is prepared, the preparation of all training rows, a trial, or
    the last fit.
    """
    prepared, tried = folds(state) + 1, trials(state, arm)
    total = prepared + tried + 1
    if stage == "done":
        return total, total
    seen = _folds_done(state, arm)[0]
    return min(seen, prepared) + min(len(arm.trials), tried), total


def count_text(state: State, arm: ArmState, stage: str) -> str:
    """Return what of its stage an arm has done, with its unit."""
    match stage:
        case "prepare":
            done, total = _folds_done(state, arm)
            return f"{done:,}/{total:,} folds"
        case "fit":
            return "last fit"
        case "done":
            return figures.plural(len(arm.trials), "trial")
    return f"{len(arm.trials):,}/{trials(state, arm):,} trials"


def _folds_done(state: State, arm: ArmState) -> tuple[int, int]:
    if arm.progress is not None and arm.progress.stage == "prepare":
        return arm.progress.done, arm.progress.total
    return len(arm.prepared), folds(state) + 1


class TimeLeft(NamedTuple):
    """Seconds to the end of a run, and until each arm still at work is done."""

    run: float
    arms: dict[str, float]


def time_left(state: State, *, elapsed: float, jobs: int) -> TimeLeft | None:
    """Estimate the time to the end from what was expected and measured so far.

    An arm costs what is expected of its trials to come, times what those that are
    finished took of it; where nothing is expected its own mean trial for each (that of
    the others before its first). To that comes the preparation of its folds, or of the
    settings that its samplers are searched for. Then come the preparation of all
    training rows and the last fit with its evaluation: as those of other arms, or as a
    trial before any. An arm's trials follow one another, and arms advance side by side:
    those with trials to come end together. The comparison comes last. Of several splits
    those to come take what the others did on average, this one with what is left of it.

    Parameters
    ----------
    state : State
        Where the run is.
    elapsed : float
        Seconds since it began.
    jobs : int
        Units of work at a time.

    Returns
    -------
    TimeLeft or None
        None where nothing is expected and there is no finished trial to go by.
    """
    number, asked = state.split_number, splits(state)
    left = _left_of_split(state.current, elapsed if number == 1 else 0.0, jobs)
    if left is None or asked == 1:
        return left
    each = (elapsed + left.run) / number
    return TimeLeft(left.run + each * (asked - number), left.arms)


def _left_of_split(state: State, elapsed: float, jobs: int) -> TimeLeft | None:
    expected = _expected(state)
    typical = _mean([_mean_trial(arm) for arm in state.arms if arm.trials])
    unmeasured = typical is None and any(
        arm.stage not in OVER and arm.name not in expected for arm in state.arms
    )
    if state.experiment is None or unmeasured:
        return None
    pace = _pace(state)
    ends = [arm.evaluated for arm in state.arms if arm.evaluated is not None]
    measured = _mean([end.fit_seconds + end.evaluate_seconds for end in ends])
    evaluation = _mean([end.evaluate_seconds for end in ends])
    if evaluation is None and expected:
        evaluation = pace * (_mean([one.evaluate for one in expected.values()]) or 0.0)
    costs: dict[str, float] = {}
    lasts: dict[str, float] = {}
    together: list[str] = []
    for arm in state.arms:
        if arm.stage in OVER:
            continue
        mean = _mean_trial(arm) if arm.trials else typical or 0.0
        to_come = max(0, trials(state, arm) - len(arm.trials))
        fold, unprepared = _fold_cost(state, arm)
        search = mean * to_come + fold * unprepared
        last, whole = mean if measured is None else measured, fold
        if (told := expected.get(arm.name)) is not None:
            numbers = range(len(arm.trials), len(arm.trials) + to_come)
            known = _pace(state, arm) if arm.trials else pace
            search = known * sum(map(told.trial, numbers)) + fold * unprepared
            last, whole = known * told.fit + (evaluation or 0.0), known * told.whole
        lasts[arm.name] = last + (whole if arm.final is None else 0.0)
        costs[arm.name] = search + lasts[arm.name]
        together += [arm.name] if to_come else []
    if evaluation is None:
        evaluation = (_mean([*lasts.values()]) or 0.0) / folds(state)
    compare = 0.0 if state.compared else evaluation * len(state.arms)
    if compare and expected and state.split and state.split.thinned is not UNSET:
        # One of them is fitted once more, on twice the negatives, and is compared.
        compare += 2 * pace * max(one.whole + one.fit for one in expected.values())
        compare += evaluation
    seconds = _spread(costs, jobs)
    limit = state.experiment.search.time_limit
    if limit is not None:
        # No trial starts after the limit; what is left then are the last fits.
        seconds = min(seconds, max(0.0, limit - elapsed) + _spread(lasts, jobs))
    own = {
        name: min(seconds, max(cost, seconds if name in together else 0.0))
        for name, cost in costs.items()
    }
    return TimeLeft(seconds + compare, own)


def _expected(state: State) -> dict[str, ArmCost]:
    return {} if state.expected is UNSET else state.expected.arms


def _pace(state: State, *arms: ArmState) -> float:
    """Return what finished trials took of what was expected; of all arms if none."""
    expected = _expected(state)
    done = [
        (trial.seconds, expected[arm.name].trial(trial.number))
        for arm in arms or state.arms
        for trial in arm.trials
        if arm.name in expected
    ]
    took, known = sum(took for took, _ in done), sum(known for _, known in done)
    return took / known if took and known else 1.0


def _mean_trial(arm: ArmState) -> float:
    return sum(trial.seconds for trial in arm.trials) / len(arm.trials)


def _fold_cost(state: State, arm: ArmState) -> tuple[float, float]:
    """Return what preparing an arm's rows of a fold takes, and for how many more."""
    known = [p for p in arm.prepared if p.fold != FINAL_FOLD]
    every = folds(state)
    if not known:
        expected = _expected(state).get(arm.name)
        mean = state.estimates.get(arm.name, 0.0) / (every + 1)
        return mean if expected is None else expected.fold, float(every)
    to_come = float(max(0, every - len(known)))
    if arm.trials and any(p.setting for p in known):
        # A searched sampler's rows are prepared for each new setting.
        to_come = len(known) / len(arm.trials) * (trials(state, arm) - len(arm.trials))
    return sum(p.seconds for p in known) / len(known), to_come


def left_text(seconds: float | None) -> str:
    """Return an estimate of the time left; what is not over takes a second at least."""
    return "" if seconds is None else f"~{figures.clock(max(1.0, seconds))}"


def expected_seconds(event: RunStarted, expected: Expected) -> float | None:
    """Return how long a run is expected to take."""
    state = reduce(State(), event)
    # Arms that are refused come to nothing, and are not among those expected.
    arms = tuple(arm for arm in state.arms if arm.name in expected.arms)
    state = msgspec.structs.replace(state, arms=arms)
    left = time_left(state, elapsed=0.0, jobs=expected.jobs)
    return left.run if left else None


def expected_text(seconds: float | None, jobs: int, most: int | None) -> str:
    """Say what a run is expected to take: its time, and the most memory.

    Examples
    --------
    >>> expected_text(90, 2, 300_000_000)
    'takes ~1.5 min on 2 cores, up to 300 MB'
    """
    cores = figures.plural(jobs, "core")
    time = cores if seconds is None else f"takes {figures.about(seconds)} on {cores}"
    return f"{time}, up to {figures.size(most)}"


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _spread(costs: Mapping[str, float], jobs: int) -> float:
    """Return how long chains of work take side by side, at least as the longest."""
    return max(sum(costs.values()) / max(1, jobs), *costs.values(), 0.0)


def trials(state: State, arm: ArmState | None = None) -> int:
    """Return how many trials an arm gets: one where nothing is searched."""
    if state.experiment is None:
        return 0
    if arm is not None and not _is_searched(state.experiment, arm.name):
        return 1
    return state.experiment.search.trials


def _is_searched(experiment: Experiment, name: str) -> bool:
    arm = next((arm for arm in experiment.arms if arm.name == name), None)
    return arm is None or space.is_searched(experiment.model, arm)


def folds(state: State) -> int:
    """Return how many folds a trial is scored over."""
    if state.experiment is None:
        return 1
    return state.experiment.search.folds * state.experiment.search.repeats


def splits(state: State) -> int:
    """Return how many splits there are to be."""
    return state.experiment.splits if state.experiment else 1


def split_text(state: State) -> str:
    """Say which split is at work; nothing of one.

    Examples
    --------
    >>> split_text(State())
    ''
    """
    asked = splits(state)
    if asked == 1:
        return ""
    if state.status == "running":
        return f"split {state.split_number:,} of {asked:,}"
    done = state.summary.done if state.summary else int(state.compared is not None)
    return f"{done:,} of {figures.plural(asked, 'split')}"


def point_name(state: State) -> str:
    """Return the experiment's operating point as a board heads it."""
    if state.experiment is None:
        return "recommended"
    decision = state.experiment.decision
    several = state.dataset is not None and state.dataset.positive is None
    if several and decision.at not in _OF_CLASSES:
        # Further operating points are about one class against the rest.
        return "the most probable class"
    return figures.point_name(
        decision.at,
        **error_costs(state.costs),
        aim=decision.aim if not several or decision.aim in _OF_CLASSES else "cost",
    )


def outcome(state: State, evaluated: ArmEvaluated | None) -> tuple[str, str] | None:
    """Return missed positives and false alarms at the experiment's point, in words.

    None where the arm has no result at it. Of more than two classes the missed rows
    of the rarest, and how many others were called it.
    """
    at = state.experiment.decision.at if state.experiment else "recommended"
    rarest = focus_class(state.dataset)[0]
    points = evaluated.class_points if evaluated else ()
    if points and at not in [own.name for own in points]:
        at = points[0].name
    known = {own.name: own.confusion.against_rest(rarest) for own in points}
    for point in evaluated.operating_points if evaluated else ():
        known[point.name] = point.confusion
    if counts := known.get(at):
        missed = f"{counts.fn:,} of {counts.fn + counts.tp:,}"
        return missed, figures.plural(counts.fp, "false alarm")
    return None


def focus_class(dataset: DatasetInfo | None) -> tuple[str, str]:
    """Return the class that matters most, and what its rows are called.

    The positive one; of more than two classes, where there is none, the rarest.

    Examples
    --------
    >>> from functools import partial
    >>> made = partial(
    ...     DatasetInfo, name="", rows=9, columns=2, target="y", roles={}
    ... )
    >>> focus_class(made(positive="1", classes={"0": 8, "1": 1}))
    ('1', 'positives')
    >>> focus_class(made(positive=None, classes={"a": 5, "b": 3, "c": 1}))
    ('c', 'rows of class c')
    """
    if dataset is None:
        return "", "positives"
    if not dataset.several:
        return dataset.positive or "", "positives"
    rarest = dataset.several[0]
    return rarest, f"rows of class {figures.brief(rarest, _MOST_LABEL)}"


# The log ------------------------------------------------------------------------------

Tone: TypeAlias = Literal["plain", "good", "warn", "bad"]


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the log; `text` and `arm` are untrusted.

    `arm` is empty for what concerns the whole run. What is `minor` is left out where
    nobody can scroll.
    """

    text: str
    arm: str = ""
    tone: Tone = "plain"
    minor: bool = False


def lines(event: Event, before: State, after: State) -> tuple[LogLine, ...]:
    """Return the lines that an event is worth, given the states around it."""
    match event:
        case RunStarted():
            return (LogLine(text=_start_text(event)),)
        case FoldPrepared():
            return _preparation_lines(before, event)
        case TrialFinished():
            return (_trial(event, after),)
        case ArmEvaluated():
            text, point = "evaluated", outcome(before, event)
            if point is not None:
                rows = focus_class(before.dataset)[1]
                at = point_name(before)
                text = f"missed {point[0]} {rows}, {point[1]} at {at}"
            return (LogLine(arm=event.arm, text=text),)
        case ArmFailed():
            fix = f". {event.fix}" if event.fix else ""
            text = f"failed: {event.message.rstrip('.')}{fix}"
            return (LogLine(arm=event.arm, text=text, tone="bad"),)
        case Compared():
            return (LogLine(text=event.verdict.headline, tone="good", minor=True),)
        case Warned():
            return (LogLine(arm=event.arm or "", text=event.message, tone="warn"),)
        case RunFinished():
            error = event.error or {}
            cause = f": {error['message']}" if error.get("message") else ""
            time = figures.clock(before.seconds + event.seconds)
            text, good = f"{event.status} in {time}{cause}", event.status == "done"
            return (LogLine(text=text, tone="good" if good else "bad"),)
        case SplitEvent(split=number, inner=RunFinished()):
            over = after.splits[number - 2]
            name = f"split {number} of {splits(after)}"
            if over.compared is None:
                cause = (over.error or {}).get("message", "no result")
                return (LogLine(text=f"{name}: {cause}", tone="bad"),)
            verdict = over.compared.verdict
            arm = verdict.choice.arm if verdict.choice else "no arm"
            return (LogLine(text=f"{name}: {verdict.code}, {arm} is recommended"),)
        case SplitEvent(inner=inner):
            inside = lines(inner, before.current, after.current)
            return tuple(msgspec.structs.replace(one, minor=True) for one in inside)
        case SplitsCompared(summary=summary):
            text = f"{summary.same} of {summary.others} other splits recommend the same"
            return (LogLine(text=text, minor=summary.done < summary.asked),)
        case _:
            return ()


def _start_text(event: RunStarted) -> str:
    dataset = event.dataset
    what = f"{dataset.target} of {len(dataset.classes)} classes"
    if dataset.positive is not None:
        many = dataset.classes.get(dataset.positive, 0)
        what = f"{dataset.target}={dataset.positive} in {many:,}"
    arms = figures.plural(len(event.experiment.arms), "arm")
    trials = figures.plural(event.experiment.search.trials, "trial")
    text = f"{dataset.name}: {dataset.rows:,} rows, {what}; {arms}, {trials} each"
    if event.expected is not UNSET:
        told = event.expected
        seconds = expected_seconds(event, told)
        text += f"; {expected_text(seconds, told.jobs, told.bytes)}"
    slow = [
        f"{arm} {figures.about(seconds)}"
        for arm, seconds in event.estimates.items()
        if seconds >= WORTH_SECONDS
    ]
    return f"{text}; preparing takes {', '.join(slow)} on one core" if slow else text


def _preparation_lines(before: State, event: FoldPrepared) -> tuple[LogLine, ...]:
    """Say what is new of the notes, and the rows once all folds, or all rows, are."""
    arm = before.arm(event.arm)
    lines = [
        LogLine(arm=event.arm, text=text, tone="warn", minor=True)
        for text in event.notes
        if text not in arm.notes
    ]
    known = {p.fold for p in (*arm.prepared, event) if p.fold >= 0}
    fold_count = folds(before)
    if event.fold != FINAL_FOLD and len(known) < fold_count:
        return tuple(lines)
    rows = f"{sum(event.before.values()):,} → {sum(event.after.values()):,}"
    if event.fold == FINAL_FOLD:
        text = f"training rows {rows}, {event.synthetic:,} synthetic"
        text += ", found as an earlier run prepared them" if event.reused else ""
        return (*lines, LogLine(arm=event.arm, text=text, minor=True))
    name, noun = focus_class(before.dataset)
    old, new = event.before.get(name, 0), event.after.get(name, 0)
    text = f"{figures.plural(fold_count, 'fold')} prepared, {rows} rows each "
    text += f"({old:,} → {new:,} {noun})"
    repairs = figures.merge_texts(dict.fromkeys([*arm.repairs, *event.repairs]))
    text = "; adjusted: ".join([text, *repairs])
    tone: Tone = "warn" if repairs else "plain"
    return (*lines, LogLine(arm=event.arm, text=text, tone=tone))


def _trial(event: TrialFinished, after: State) -> LogLine:
    """Say how good a trial is; all but a new best and the last one are minor."""
    arm, search = after.arm(event.arm), after.experiment and after.experiment.search
    total = trials(after)
    number = len(arm.trials)
    text = f"trial {number}/{total}"
    if event.failed:
        text += f" could not be made: {event.failed}"
        minor = number < total
        return LogLine(arm=event.arm, text=text, tone="warn", minor=minor)
    objective = search.objective.replace("_", " ") if search else "score"
    text += f", {objective} {figures.decimals(event.score, 3)}"
    if arm.best is event:
        return LogLine(arm=event.arm, text=f"{text}, best so far", tone="good")
    if arm.best is not None:
        text += f", best {arm.best.score:.3f}"
    text += ", stopped: behind the earlier ones" if event.pruned else ""
    return LogLine(arm=event.arm, text=text, minor=number < total)
