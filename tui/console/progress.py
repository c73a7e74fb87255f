"""A run at work: what is read out of its state, and a line per arm for a display."""

from __future__ import annotations

from engine.core import format as figures
from engine.core.views import Look
from engine.costs import paid
from engine.events import ArmEvaluated, DatasetInfo
from engine.state import ArmState, State
from tui.console.lines import Line, Span, line, measure, paint
from tui.console.style import PLAIN, Style
from tui.safe_text import cells, clip, pad

_MOST_NAME = 16
_STAGES: dict[str, tuple[str, Look]] = {
    "waiting": ("waiting", "dim"),
    "prepare": ("preparing", "chosen"),
    "tune": ("tuning", "chosen"),
    "fit": ("fitting", "chosen"),
    "done": ("done", "good"),
    "failed": ("failed", "bad"),
    "stopped": ("stopped", "warn"),
}
_STAGE_WIDTH = max(len(word) for word, _ in _STAGES.values())
_REMARK, _SHORT_REMARK = 38, 21
"""Cells of ``missed 161 of 161, 10,000 false alarms``, and without the alarms."""
_OVER = ("done", "failed", "stopped")
_MOST_LABEL = 16
_OF_CLASSES = ("recommended", "prevalence", "f1", "cost")
"""Operating points that runs of more than two classes have too."""
WORTH_SECONDS = 5.0
"""What takes less to prepare is not worth a word."""


def lines(
    state: State,
    *,
    elapsed: float,
    jobs: int,
    width: int,
    height: int | None = None,
    style: Style = PLAIN,
) -> list[str]:
    """Return a line per arm, and one with the time gone and the time left.

    Parameters
    ----------
    state : State
        Where the run is.
    elapsed : float
        Seconds since it began.
    jobs : int
        Units of work at a time.
    width : int
        Cells that a line takes at most.
    height : int or None, default=None
        Lines at most; arms that are over give way first.
    style : Style, default=PLAIN
        Whether looks become escape sequences.

    Returns
    -------
    list of str
    """
    shown, hidden = _choose(state, height)
    head = min(_MOST_NAME, max((cells(arm.name) for arm in shown), default=0))
    rows = [_arm(state, arm, head, width) for arm in shown]
    if hidden:
        rows.append(line(Span(f" and {figures.plural(hidden, 'more arm')}", "dim")))
    rows.append(_bottom(state, elapsed, jobs))
    return paint(rows, style, width).split("\n")


def _choose(state: State, height: int | None) -> tuple[list[ArmState], int]:
    """Return the arms that there is room for, and how many are left out."""
    arms = list(state.arms)
    if height is None or len(arms) + 1 <= height:
        return arms, 0
    order = [
        *(a for a in arms if _stage(state, a) not in (*_OVER, "waiting")),
        *(a for a in arms if _stage(state, a) == "waiting"),
        *(a for a in arms if _stage(state, a) in _OVER),
    ]
    room = max(0, height - 2)
    kept = {arm.name for arm in order[:room]}
    return [arm for arm in arms if arm.name in kept], (len(arms) - room) * (height > 1)


def _stage(state: State, arm: ArmState) -> str:
    if state.status != "running" and arm.stage not in _OVER:
        return "stopped"
    return arm.stage


def _arm(state: State, arm: ArmState, head: int, width: int) -> Line:
    stage = _stage(state, arm)
    word, look = _STAGES.get(stage, (stage, ""))
    lead = [
        Span(f" {pad(arm.name, head)}  "),
        Span(pad(word, _STAGE_WIDTH), look),
        Span("  "),
    ]
    if stage == "failed" and arm.failed:
        return (*lead, Span(arm.failed.message))
    done, total = units(state, arm, stage)
    most = max(trials(state), folds(state) + 1)
    counted = len(f"{most}/{most}")
    rest = width - head - _STAGE_WIDTH - counted - 8
    remark = _REMARK if rest >= _REMARK + 8 else _SHORT_REMARK
    room = max(4, min(30, rest - remark))
    full = room * min(done, total) // total if total else 0
    lead += [
        Span("█" * full),
        Span("░" * (room - full), "dim"),
        Span(f" {f'{done}/{total}':>{counted}}  "),
    ]
    return (*lead, *_remark(state, arm, rest - room))


def _remark(state: State, arm: ArmState, width: int) -> Line:
    point = outcome(state, arm.evaluated)
    if point is not None:
        missed, alarms = point
        told = line("missed ", Span(missed, "bold"), f", {alarms}")
        return told if measure(told) <= width else told[:-1]
    best = f"best {figures.decimals(arm.best.score, 3)}  " if arm.best else ""
    seconds = state.estimates.get(arm.name, 0.0)
    if arm.stage in ("waiting", "prepare") and seconds >= WORTH_SECONDS:
        best = f"takes {figures.about(seconds)}  "
    return line(best, Span("⚠ repaired" if arm.repairs else "", "warn"))


def units(state: State, arm: ArmState, stage: str) -> tuple[int, int]:
    """Return what is done and what there is, of folds or of trials."""
    if stage != "prepare":
        return len(arm.trials), trials(state)
    if arm.progress is not None and arm.progress.stage == "prepare":
        return arm.progress.done, arm.progress.total
    return len(arm.prepared), folds(state) + 1


def _bottom(state: State, elapsed: float, jobs: int) -> Line:
    gone = Span(f" elapsed {figures.clock(elapsed)}", "bold")
    if state.experiment is None:
        return line(gone, Span("   reading the table", "dim"))
    finished = sum(len(arm.trials) for arm in state.arms)
    wanted = sum(
        len(arm.trials) if _stage(state, arm) in _OVER else trials(state)
        for arm in state.arms
    )
    now = state.status
    if now == "running":
        left = remaining(state, elapsed=elapsed, jobs=jobs)
        now = f"remaining {'?' if left is None else f'~{figures.clock(left)}'}"
    return line(gone, f"   {now}   ", Span(f"{finished:,} of {wanted:,} trials", "dim"))


def remaining(state: State, *, elapsed: float, jobs: int) -> float | None:
    """Estimate the seconds to the end from the trials so far.

    Every arm still at work costs its own mean trial for each trial to come, and a
    share of one for the last fit. An arm's trials follow one another, so the
    longest arm is the least that it takes, however many jobs there are.

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
    float or None
        None while an arm still at work has no finished trial to go by.
    """
    if state.experiment is None:
        return None
    costs: list[float] = []
    fits: list[float] = []
    for arm in state.arms:
        if arm.stage in _OVER:
            continue
        if not arm.trials:
            return None
        mean = sum(trial.seconds for trial in arm.trials) / len(arm.trials)
        fits.append(mean / folds(state))
        costs.append(mean * max(0, trials(state) - len(arm.trials)) + fits[-1])
    if not costs:
        return 0.0
    left = max(sum(costs) / max(1, jobs), *costs)
    limit = state.experiment.search.time_limit
    if limit is None:
        return left
    # No trial starts after the limit; what is left then are the last fits.
    return min(left, max(0.0, limit - elapsed) + max(sum(fits) / max(1, jobs), *fits))


def trials(state: State) -> int:
    """Return how many trials an arm gets."""
    return state.experiment.search.trials if state.experiment else 0


def folds(state: State) -> int:
    """Return how many folds a trial is scored over."""
    if state.experiment is None:
        return 1
    return state.experiment.search.folds * state.experiment.search.repeats


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
        **paid(state.costs),
        aim=decision.aim if not several or decision.aim in _OF_CLASSES else "cost",
    )


def outcome(state: State, evaluated: ArmEvaluated | None) -> tuple[str, str] | None:
    """Return missed positives and false alarms at the experiment's point, in words.

    None where the arm has no result at it. Of more than two classes the missed rows
    of the rarest, and how many others were called it.
    """
    at = state.experiment.decision.at if state.experiment else "recommended"
    rarest = called(state.dataset)[0]
    points = evaluated.class_points if evaluated else ()
    if points and at not in [one.name for one in points]:
        at = points[0].name
    for one in points:
        table = one.confusion
        if one.name == at and rarest in table.labels:
            place = table.labels.index(rarest)
            row, found = table.matrix[place], table.matrix[place][place]
            wrong = sum(line[place] for line in table.matrix) - found
            missed = f"{sum(row) - found:,} of {sum(row):,}"
            return missed, figures.plural(wrong, "false alarm")
    for point in evaluated.operating_points if evaluated else ():
        if point.name == at:
            counts = point.confusion
            missed = f"{counts.fn:,} of {counts.fn + counts.tp:,}"
            return missed, figures.plural(counts.fp, "false alarm")
    return None


def called(dataset: DatasetInfo | None) -> tuple[str, str]:
    """Return the class that matters most, and what its rows are called.

    The positive one; of more than two classes, where there is none, the rarest.

    Examples
    --------
    >>> from functools import partial
    >>> made = partial(
    ...     DatasetInfo, name="", rows=9, columns=2, target="y", roles={}
    ... )
    >>> called(made(positive="1", classes={"0": 8, "1": 1}))
    ('1', 'positives')
    >>> called(made(positive=None, classes={"a": 5, "b": 3, "c": 1}))
    ('c', 'rows of c')
    """
    if dataset is None:
        return "", "positives"
    if dataset.positive is not None or not dataset.classes:
        return dataset.positive or "", "positives"
    counts = dataset.classes
    # The last of those that are equally rare, as on the board.
    rarest = sorted(counts, key=lambda label: -counts[label])[-1]
    return rarest, f"rows of {clip(rarest, _MOST_LABEL)}"
