"""Where each arm of a run is, as lines: for the training pane and its picture."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from textual.content import Content

from engine.core import format as figures
from engine.core import models
from engine.core.passes import described, percent
from engine.core.state import ArmState, is_better_score
from engine.core.views.calibration import select_arms
from engine.core.views.progress import (
    OVER,
    STAGES,
    count_text,
    left_text,
    split_text,
    steps,
)
from tui.charts.base import MARKERS
from tui.features import wording
from tui.features.session import CurrentRun, Session
from tui.terminal.safe_text import clean, clip, content
from tui.widgets.rows import Cell, Item, ListColumn

WIDE_BAR, SHORT_BAR = 10, 5
"""Cells of the bar of an arm, in the picture and in the pane."""
BEST: Final = "★"
STOPPED: Final = "↓"
"""Marks a trial that was stopped behind the earlier ones."""


def columns(bar: int) -> tuple[ListColumn, ...]:
    """Return the columns of the list of arms, with a bar of so many cells."""
    return (
        ListColumn("arm", 12, grow=16, middle=True),
        ListColumn("state", 9, drop=2),
        ListColumn("progress", bar),
        ListColumn("done", 11, "right", grow=14),
        ListColumn("best", 7, "right", drop=3),
        ListColumn("time", 7, "right", drop=4),
        ListColumn("left", 7, "right", drop=5),
        ListColumn("", 17, grow=60, drop=6),
    )


def stage(run: CurrentRun, arm: ArmState) -> str:
    """Return an arm's stage; ``stopped`` if the run ended before the arm did."""
    if not run.live and arm.stage not in OVER:
        return "stopped"
    return arm.stage


def items(session: Session, bar: int) -> list[Item]:
    """Return a line per arm; the arms to come before a run has reported anything.

    `bar` is the cells of its bar.
    """
    if (run := session.run) is None:
        return []
    if not run.part.arms:
        blank = (figures.bar(0, 1, bar), "dim")
        word = STAGES["waiting" if run.live else "stopped"]
        cells: tuple[Cell, ...] = (word, blank, *("",) * 5)
        return [Item(arm.name, (arm.name, *cells)) for arm in run.experiment.arms]
    return [_item(run, arm, bar) for arm in run.part.arms]


def _item(run: CurrentRun, arm: ArmState, bar: int) -> Item:
    now = stage(run, arm)
    done, total = steps(run.part, arm, now)
    shown = "dim" if now in ("waiting", "stopped") else ""
    spent = sum(p.seconds for p in arm.prepared) + sum(t.seconds for t in arm.trials)
    cells: tuple[Cell, ...] = (
        arm.name,
        STAGES.get(now, (now, "")),
        (figures.bar(done, total, bar), shown),
        count_text(run.part, arm, now),
        figures.decimals(arm.best.score if arm.best else None, 4),
        figures.clock(spent or None),
        left_text(run.left.arms.get(arm.name)) if run.left else "",
        _remark(run, arm, now),
    )
    return Item(arm.name, cells)


def _remark(run: CurrentRun, arm: ArmState, now: str) -> Cell:
    """Say what is special about an arm."""
    if arm.failed is not None:
        return (arm.failed.message, "$text-error")
    if now == "tune" and arm.progress is not None and arm.progress.trial is not None:
        trial, curve = arm.progress.trial, arm.progress.curve
        at = f", {curve[-1][0]:,} {rounds_of(run, arm)}" if curve else ""
        return (f"#{trial + 1:,}{at}", "dim")
    return ("⚠ adjusted", "$text-warning") if arm.repairs else ""


def no_trial(run: CurrentRun, arm: ArmState) -> str:
    """Say why an arm has no finished trial."""
    match stage(run, arm):
        case "prepare":
            why = "the folds are being prepared"
        case "waiting":
            why = "the arm waits for its turn"
        case "failed":
            why = "the arm failed before"
        case "stopped":
            why = f"the run was {run.status} before"
        case _:
            why = "the first one is under way"
    return f"No trial yet: {why}." if run.live else f"No trial: {why}."


def current_arm(session: Session) -> ArmState | None:
    """Return the arm to look at: the highlighted one, else one at work, else any."""
    run, wanted = session.run, session.view.selected.get("training")
    if run is None:
        return None
    arms = run.part.arms
    wished = [arm for arm in arms if arm.name == wanted]
    working = [arm for arm in arms if stage(run, arm) in ("prepare", "tune", "fit")]
    tried = [arm for arm in arms if arm.trials]
    return next(iter(wished or working or tried or arms), None)


def rounds_of(run: CurrentRun, arm: ArmState) -> str:
    """Return what the model of an arm grows by; "rounds" if it says nothing."""
    return models.get(run.learners[arm.name]).rounds or "rounds"


def curve_of(session: Session) -> tuple[str, tuple[tuple[int, float], ...]]:
    """Return the curve of the arm looked at over its rounds, and what it is.

    The trial that grows now, else the best one.
    """
    if (arm := current_arm(session)) is None:
        return "", ()
    name, now = clip(arm.name, 12), arm.progress
    live = session.running and arm.stage == "tune"
    if live and now is not None and now.curve and now.trial is not None:
        return f"{name} #{now.trial + 1}", now.curve
    if arm.best is not None:
        return f"{name} #{arm.best.number + 1} {BEST}", arm.best.curve
    return arm.name, ()


class Spot(NamedTuple):
    """A point of a chart: where it is, and what it says."""

    at: tuple[float, float]
    head: str
    items: tuple[str, ...]


def scores(run: CurrentRun, *wanted: str) -> dict[str, list[tuple[int, float]]]:
    """Return the trials of each arm, from 1, and their scores: those drawn together."""
    known: dict[str, list[tuple[int, float]]] = {}
    for arm in run.part.arms:
        trials = [(t.number + 1, t.score) for t in arm.trials if not t.failed]
        if found := sorted(one for one in trials if math.isfinite(one[1])):
            known[arm.name] = found
    return {name: known[name] for name in select_arms(known, *wanted)}


def beside(run: CurrentRun, looked: str) -> str:
    """Return the arm to compare one with: that of no method, or the best one."""
    better = 1 if greater_is_better(run) else -1
    best = {arm.name: better * arm.best.score for arm in run.part.arms if arm.best}
    reference = run.references.get(looked)
    others = sorted(best, key=lambda name: (name != reference, -best[name]))
    return next((name for name in others if name != looked), "")


def read_trials(session: Session, at: float) -> list[Spot]:
    """Read the arm looked at, and the one beside it, at the trials nearest to one."""
    run, arm = session.run, current_arm(session)
    if run is None or arm is None:
        return []
    choose = max if greater_is_better(run) else min
    drawn, spots = scores(run, arm.name), list[Spot]()
    for name in (arm.name, beside(run, arm.name)):
        if not (trials := drawn.get(name)):
            continue
        number, score = min(trials, key=lambda one: (abs(one[0] - at), -one[0]))
        best = choose(
            (one for one in trials if one[0] <= number), key=lambda one: one[1]
        )
        items = (
            f"score {figures.decimals(score, 4)}",
            f"best so far {figures.decimals(best[1], 4)} (trial {best[0]:,})",
        )
        head = f"{MARKERS[[*drawn].index(name)]} {clip(name, 20)} trial {number:,}"
        spots.append(Spot((number, best[1]), head, items))
    return spots


def read_curve(session: Session, at: float) -> list[Spot]:
    """Read the curve of a trial at the looks nearest to a round."""
    run, arm, (label, points) = session.run, current_arm(session), curve_of(session)
    known = [one for one in points if math.isfinite(one[1])]
    if run is None or arm is None or not known:
        return []
    choose = max if greater_is_better(session.run) else min
    near = min(known, key=lambda one: abs(one[0] - at))
    best, rounds = choose(known, key=lambda one: one[1]), rounds_of(run, arm)
    items = (
        f"score {figures.decimals(near[1], 4)}",
        f"best {figures.decimals(best[1], 4)} (at {best[0]:,})",
    )
    head = f"{MARKERS[0]} {clean(label)} at {near[0]:,} {rounds}"
    return [Spot(near, head, items)]


def greater_is_better(run: CurrentRun | None) -> bool:
    """Tell which way the objective is good."""
    return run is None or is_better_score(run.experiment.search.objective, 1.0, 0.0)


def status(session: Session) -> Content:
    """Return where the run is, or how to start one."""
    if (run := session.run) is None:
        if session.load.busy:
            wanted = ", then runs; esc: no run" if session.load.run_waits else ""
            return Content.styled(f"· waits for the dataset{wanted}", "dim")
        if (problem := session.runnable) is not None:
            return wording.refusal(problem.message, problem.fix)
        many = figures.plural(len(session.draft.arms), "arm")
        text = f"{many} × {session.draft.base.search.trials} trials"
        return Content.assemble(("Ready: ", "bold $text-success"), f"r runs {text}")
    name = f"run {run.number}"
    if run.lost is not None:
        why = f"{name} is not followed any more: {run.lost.message}"
        return wording.refusal(why, "R tries again")
    if run.live:
        return _working(run, name)
    time = figures.clock(run.elapsed or run.state.seconds)
    match run.status:
        case "done":
            return Content.styled(f"✓ {name} done in {time}", "$text-success")
        case "failed":
            error = run.state.error or {}
            why = error.get("message") or "no cause was given"
            return wording.refusal(f"{name} failed: {why}", error.get("fix", ""))
        case "interrupted":
            text = f"■ {name} interrupted: its process is gone"
        case _:
            text = f"■ {name} {run.status} after {time}"
    done, total = run.trials
    far = f"{done:,} of {total:,} trials are kept; R resumes"
    return wording.lines([content(text, "$text-warning"), content(far)])


def _working(run: CurrentRun, name: str) -> Content:
    if run.cancelling:
        return Content.styled(f"■ {name} cancelling …", "bold $text-warning")
    if run.silent is not None:
        heard = f"‖ {name} no heartbeat for {figures.clock(run.silent)}"
        why = Content("Its process is stopped, or waits for the disk. x ends it.")
        return wording.lines([Content.styled(heard, "bold $text-warning"), why])
    head = Content.styled(f"▶ {name}", "bold $text-accent")
    if (setup := run.state.setup) is not None:
        parts = [figures.clock(run.elapsed)]
        if (part := percent(setup)) is not None:
            parts.append(f"{figures.bar(part, 100, WIDE_BAR)} {part} %")
        first = Content("  ").join([head, *map(Content, parts)])
        return wording.lines([first, content(described(setup))])
    if not run.part.arms:
        since = figures.clock(run.elapsed)
        return Content.styled(f"▶ {name} starting …  {since}", "$text-accent")
    done, total = run.trials
    parts = [f"{done:,}/{total:,}", figures.clock(run.elapsed)]
    if split := split_text(run.state):
        parts.insert(0, split)
    if run.left is not None:
        parts.append(f"{left_text(run.left.run)} left")
    return Content("  ").join([head, *map(Content, parts)])
