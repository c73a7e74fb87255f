"""What the arms' scores are worth for one class against the rest: pure functions.

Of two classes that is the positive one; of more, the class in focus, the rarest
unless another was chosen. Views that are about one class read a run through this.
"""

from __future__ import annotations

from typing import NamedTuple

from engine.costs import Costs
from engine.events import ArmEvaluated, Scored
from tui.session import Run, Session, costs

__all__ = [
    "ScoredArm",
    "class_of",
    "classes",
    "costs_against",
    "scored",
    "scored_arms",
    "tested",
]


class ScoredArm(NamedTuple):
    """An arm with a result: its name, and its scores of the class in focus."""

    name: str
    scored: Scored


def classes(run: Run | None) -> tuple[str, ...]:
    """Return the classes of a run of more than two, the most frequent first."""
    dataset = run.state.dataset if run else None
    if dataset is None or dataset.positive is not None or len(dataset.classes) < 3:
        return ()
    return tuple(sorted(dataset.classes, key=lambda name: -dataset.classes[name]))


def class_of(session: Session) -> str | None:
    """Return the class in focus of a run of more than two; None of two."""
    known = classes(session.run)
    if not known:
        return None
    return session.view.klass if session.view.klass in known else known[-1]


def scored(evaluated: ArmEvaluated, klass: str | None) -> Scored | None:
    """Return an arm's result for a class; None if it has none for it."""
    if klass is not None:
        return evaluated.classes.get(klass)
    return Scored(
        operating_points=evaluated.operating_points,
        test=evaluated.test,
        sweep=evaluated.sweep,
        calibration=evaluated.calibration,
        repair=evaluated.repair,
        cost_steps=evaluated.cost_steps,
        implied_cost_ratio=evaluated.implied_cost_ratio,
        unseen=evaluated.unseen,
    )


def scored_arms(session: Session) -> list[ScoredArm]:
    """Return the arms with a result for the class in focus, as the run has them."""
    run, klass = session.run, class_of(session)
    found = []
    for arm in run.state.arms if run else ():
        one = scored(arm.evaluated, klass) if arm.evaluated else None
        if one is not None:
            found.append(ScoredArm(arm.name, one))
    return found


def costs_against(session: Session) -> Costs | None:
    """Return the run's costs; assumed ones of several classes for that in focus."""
    found, klass = costs(session), class_of(session)
    if found is None or klass is None or session.run is None:
        return found
    dataset = session.run.state.dataset
    return found if dataset is None else found.against(klass, dataset.classes)


def tested(session: Session) -> tuple[int, int]:
    """Return the test rows of the class in focus, and all others."""
    run = session.run
    split, dataset = (run.state.split, run.state.dataset) if run else (None, None)
    if split is None or dataset is None:
        return 0, 0
    name = class_of(session) or dataset.positive or ""
    found = split.test.get(name, 0)
    return found, sum(split.test.values()) - found
