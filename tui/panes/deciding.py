"""What the arms say of more than two classes, and of one against the rest: pure.

Each row is called the class whose probability times its weight is the largest; the
policy chose the weights. What that comes to for the class in focus is counted here.
Views about one class read a run through `scored_arms`: of two classes that is the
positive one; of more the class in focus, the rarest unless another was chosen.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from engine.costs import Costs
from engine.events import ArmEvaluated, ClassConfusion, ClassPoint, Confusion, Scored
from tui.session import Run, Session, costs

WHOLE: Final = ("board", "matrices", "errors", "reasons", "verdict")
"""Views about the class that a row is called; all others are about one class."""
POLICIES: Final = ("recommended", "default", "prevalence", "f1", "cost")
"""Policies that choose weights of classes, in their order."""


def whole(session: Session) -> bool:
    """Tell whether what is shown is about which of more than two classes is called."""
    shown = session.view.shown.get("results", WHOLE[0])
    return shown in WHOLE and class_of(session) is not None


def point(evaluated: ArmEvaluated | None, policy: str) -> ClassPoint | None:
    """Return what an arm calls the rows at a policy; None without a result."""
    points = evaluated.class_points if evaluated else ()
    return next((one for one in points if one.policy == policy), None)


def policies(run: Run | None) -> list[str]:
    """Return the policies that some arm chooses classes by; else those to come."""
    arms = run.state.arms if run else ()
    points = [p.policy for a in arms if a.evaluated for p in a.evaluated.class_points]
    return list(dict.fromkeys(points)) or list(POLICIES)


def rarest_first(run: Run | None) -> tuple[str, ...]:
    """Return the classes of a run of more than two, as boards list them."""
    return classes(run)[::-1]


def neighbour(session: Session, step: int) -> str | None:
    """Return the class so many places further on, from the rarest to the others."""
    known, klass = rarest_first(session.run), class_of(session)
    if klass is None:
        return None
    return known[(known.index(klass) + step) % len(known)]


def against_rest(counts: ClassConfusion, klass: str) -> Confusion | None:
    """Return the counts of one class against all others; None if it is not there.

    Examples
    --------
    >>> matrix = ((5, 1, 0), (2, 3, 0), (1, 1, 4))
    >>> three = ClassConfusion(labels=("a", "b", "c"), matrix=matrix)
    >>> against_rest(three, "c")
    Confusion(tn=11, fp=0, fn=2, tp=4)
    >>> against_rest(three, "a")
    Confusion(tn=8, fp=3, fn=1, tp=5)
    """
    if klass not in counts.labels:
        return None
    place = counts.labels.index(klass)
    found = counts.matrix[place][place]
    truth = sum(counts.matrix[place])
    said = sum(row[place] for row in counts.matrix)
    total = sum(map(sum, counts.matrix))
    return Confusion(
        tn=total - truth - said + found, fp=said - found, fn=truth - found, tp=found
    )


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
