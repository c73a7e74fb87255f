"""Arms that choose a class out of more than two: pure functions.

Each row is called the class whose probability times its weight is the largest; the
policy chose the weights. What that comes to for the class in focus is counted here.
"""

from __future__ import annotations

from typing import Final

from engine.events import ArmEvaluated, ClassConfusion, ClassPoint, Confusion
from tui.panes.scored import class_of, classes
from tui.session import Run, Session

__all__ = [
    "against_rest",
    "neighbour",
    "point",
    "policies",
    "rarest_first",
    "whole",
]

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
