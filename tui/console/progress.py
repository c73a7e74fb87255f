"""A run at work: a line per arm for a display."""

from __future__ import annotations

from engine.core import format as figures
from engine.core.views import progress as view
from engine.core.views.progress import OVER, STAGES
from engine.state import ArmState, State
from tui.console.lines import Line, Span, line, measure, paint
from tui.console.style import PLAIN, Style
from tui.safe_text import cells, pad

_MOST_NAME = 16
_STAGE_WIDTH = max(len(word) for word, _ in STAGES.values())
_REMARK, _SHORT_REMARK = 38, 21
"""Cells of ``missed 161 of 161, 10,000 false alarms``, and without the alarms."""


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
    late = {"waiting": 1, **dict.fromkeys(OVER, 2)}
    order = sorted(arms, key=lambda arm: late.get(_stage(state, arm), 0))
    room = max(0, height - 2)
    chosen = {arm.name for arm in order[:room]}
    return [arm for arm in arms if arm.name in chosen], (len(arms) - room) * (
        height > 1
    )


def _stage(state: State, arm: ArmState) -> str:
    if state.status != "running" and arm.stage not in OVER:
        return "stopped"
    return arm.stage


def _arm(state: State, arm: ArmState, head: int, width: int) -> Line:
    stage = _stage(state, arm)
    word, look = STAGES.get(stage, Span(stage))
    lead = [
        Span(f" {pad(arm.name, head)}  "),
        Span(pad(word, _STAGE_WIDTH), look),
        Span("  "),
    ]
    if stage == "failed" and arm.failed:
        return (*lead, Span(arm.failed.message))
    done, total = view.units(state, arm, stage)
    most = max(view.trials(state), view.folds(state) + 1)
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
    point = view.outcome(state, arm.evaluated)
    if point is not None:
        missed, alarms = point
        remark = line("missed ", Span(missed, "bold"), f", {alarms}")
        return remark if measure(remark) <= width else remark[:-1]
    best = f"best {figures.decimals(arm.best.score, 3)}  " if arm.best else ""
    seconds = state.estimates.get(arm.name, 0.0)
    if arm.stage in ("waiting", "prepare") and seconds >= view.WORTH_SECONDS:
        best = f"takes {figures.about(seconds)}  "
    return line(best, Span("⚠ repaired" if arm.repairs else "", "warn"))


def _bottom(state: State, elapsed: float, jobs: int) -> Line:
    spent = Span(f" elapsed {figures.clock(elapsed)}", "bold")
    if state.experiment is None:
        return line(spent, Span("   reading the table", "dim"))
    finished = sum(len(arm.trials) for arm in state.arms)
    total = sum(
        len(arm.trials) if _stage(state, arm) in OVER else view.trials(state)
        for arm in state.arms
    )
    now = state.status
    if now == "running":
        remaining = view.remaining(state, elapsed=elapsed, jobs=jobs)
        now = (
            f"remaining {'?' if remaining is None else f'~{figures.clock(remaining)}'}"
        )
    return line(spent, f"   {now}   ", Span(f"{finished:,} of {total:,} trials", "dim"))
