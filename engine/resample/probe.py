"""How long remedies take on these very rows: tried on a part of them.

A law knows how the time of a sampler grows, and nothing of how alike the rows are,
which decides as much. So each sampler treats a few hundred rows, then twice as many,
the cheapest first, for as long as the budget lasts; most have treated all rows by
then. The rest is extrapolated: by how the time grew, and more by how the law says that
it grows. Cleaners are the exception. All of their time goes into a search of
neighbours, and the search picks another way where there are many rows; so it is made
ready for all rows, and asked for the neighbours of a few hundred.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from engine.errors import ArmError
from engine.execute.quiet import collected
from engine.execute.threads import one_thread
from engine.layout import Layout
from engine.resample import cost, recipe, registry
from engine.resample.searches import ASKED, FEWEST, Searches, key_of
from engine.resample.stratified import Rows
from engine.spec import Arm, Step

__all__ = ["Probed", "probe"]

FIRST = 500
"""Rows that are treated first."""
SHORT = 0.003
"""Seconds that are mostly the same for any rows, so nothing can be said of growth."""
STEEPEST = 3.5
"""Power of the rows that no time grows with."""
TRUST = 2 / 3
"""Weight of the law's power: what was measured grows less where the rows are few."""
BRIEF = 0.03
"""Seconds below which a part is treated twice."""
ODD, AGAIN = 1.6, 0.3
"""So is one that takes so many times as long as expected, if it takes fewer seconds
than that."""
LATE = 2
"""On a busy machine it may take the budget times so much by the clock on the wall."""
DEAREST = 3
"""Each of a step's first two parts may take the budget divided by so much."""


class Probed(NamedTuple):
    """What is known of an arm from treating rows with it.

    Attributes
    ----------
    seconds : float
        Of one treatment of all rows, on one core.
    total : int
        All rows.
    rows : int
        Rows that were treated to know: of the step that treated the fewest; 0 if the
        law alone says it.
    treated : Treated or None
        What became of the largest part that was treated, for an arm of one step.
    given : numpy.ndarray or None
        The classes of the rows of that part.
    problem : ArmError or None
        Why all rows cannot be treated, if that was found out.
    """

    seconds: float
    total: int
    rows: int = 0
    treated: recipe.Treated | None = None
    given: np.ndarray | None = None
    problem: ArmError | None = None

    @property
    def whole(self) -> bool:
        """Whether all rows were treated, and not a part of them."""
        return self.given is not None and len(self.given) == self.total


def probe(
    arms: Iterable[Arm],
    X: np.ndarray,
    y: np.ndarray,
    *,
    seed: int,
    budget: float = 4.0,
    layout: Layout | None = None,
    legalise: Callable[[np.ndarray], np.ndarray] | None = None,
    labels: Sequence[str] = (),
    clock: Callable[[], float] = time.thread_time,
) -> dict[str, Probed]:
    """Find out how long arms take on these rows, without treating all of them.

    Parameters
    ----------
    arms : iterable of Arm
        Controls and ensembles are left out.
    X : numpy.ndarray of shape (n_rows, n_features), dtype float32
        All rows to be treated.
    y : numpy.ndarray of shape (n_rows,)
        Their classes.
    seed : int
        Of the draws, and of the samplers.
    budget : float, default=4.0
        Seconds of one core that it may take.
    layout, legalise, labels
        As in `recipe.apply`.
    clock : callable, default=time.thread_time
        What seconds are read of.

    Returns
    -------
    dict of str to Probed
        By the names of the arms.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(900, 3)), np.repeat([0, 1], [800, 100])
    >>> found = probe([registry.arm("smote")], X, y, seed=0)
    >>> found["smote"].rows, found["smote"].seconds < 1
    (900, True)
    """
    wanted = [arm for arm in arms if arm.steps]
    rows = Rows(X, y, seed, layout, legalise, tuple(labels), clock)
    ends = clock() + budget
    late = time.monotonic() + LATE * budget
    with one_thread(), collected():
        _warm(rows)
        singles = {key_of(step): step for arm in wanted for step in arm.steps}
        tried = {key: _Tried(step, rows) for key, step in singles.items()}
        searches = Searches(rows, ends - budget / 2)
        for one in tried.values():
            one.search(searches)
        _spend(tried.values(), rows, ends, late)
        faster = _speed(tried.values())
        found = {}
        for arm in wanted:
            found[arm.name] = _told(arm, tried, rows, faster)
    return found


def _warm(rows: Rows) -> None:
    """Let be imported what is imported but once."""
    for name in ("random-under", "smote"):
        with contextlib.suppress(ArmError):
            rows.treat(registry.arm(name), rows.part(FIRST))


class _Tried:
    """One step, and the seconds that parts of the rows took."""

    def __init__(self, step: Step, rows: Rows) -> None:
        self.step = step
        self.arm = Arm(name=step.sampler, steps=(step,))
        self.rows = rows
        self.points: list[tuple[int, float]] = []
        self.searched: float | None = None
        self.treated: recipe.Treated | None = None
        self.given: np.ndarray | None = None
        self.problem: ArmError | None = None
        self._next = min(FIRST, rows.total)

    @property
    def next(self) -> int | None:
        """Rows of the next part; None if there is nothing to be found out any more."""
        return self._next if self._next <= self.rows.total else None

    @property
    def most(self) -> int:
        """Rows of the largest part that was treated."""
        return self.points[-1][0] if self.points else 0

    def due(self, faster: float) -> float:
        """Return the seconds that the next part may take."""
        if self.next is None:
            return math.inf
        if self.searched is not None:
            return self.searched
        if not self.points:
            return faster * self.rows.law(self.step, self.next)
        return self.extrapolated(self.next)

    def go_on(self) -> None:
        """Treat the next part."""
        assert self.next is not None
        places = self.rows.part(self.next)
        whole = len(places) == self.rows.total
        expected = self.extrapolated(len(places)) if self.points else 0.0
        try:
            seconds, treated = self.rows.treat(self.arm, places)
            odd = self.points and ODD * expected < seconds < AGAIN
            if seconds < BRIEF or odd:
                # Something else may have been in the way: the lesser of two is nearer.
                seconds = min(seconds, self.rows.treat(self.arm, places)[0])
        except ArmError as error:
            self.problem = error if whole else None
        else:
            self.points.append((len(places), max(seconds, 1e-6)))
            self.treated, self.given = treated, self.rows.y[places]
        self._next = self._after(self.next)

    def _after(self, rows: int) -> int:
        total = self.rows.total
        if rows >= total:
            return total + 1
        return total if 3 * rows > total else 2 * rows

    def search(self, searches: Searches) -> None:
        """Find out what a cleaner's searches take, if it is one."""
        self.searched = searches.seconds(self.step)
        if self.searched is not None:
            self._next = FEWEST
            self.go_on()  # so as to know about how many rows it drops
            self._next = self.rows.total

    def extrapolated(self, rows: int) -> float:
        """Return the seconds that so many rows take, from those treated so far."""
        last, seconds = self.points[-1]
        if rows == last:
            return seconds
        law = self.rows.law
        reach = math.log(rows / last)
        says = math.log(law(self.step, rows) / law(self.step, last)) / reach
        # Of a sampler without a law it is only known that no row is free.
        grows = says if math.isfinite(says) and says > 0 else 1.0
        grew = self._grew()
        if grew is not None:
            grows = (1 - TRUST) * grew + TRUST * grows
        return seconds * math.exp(grows * reach)

    def _grew(self) -> float | None:
        """Return the power of the rows that the seconds grew with at last."""
        if len(self.points) < 2 or self.points[-1][1] < SHORT:
            return None
        (before, earlier), (rows, seconds) = self.points[-2:]
        power = math.log(seconds / earlier) / math.log(rows / before)
        return min(max(power, 0.0), STEEPEST)

    def seconds(self) -> float | None:
        """Return the seconds that all rows take, or None if nothing tells."""
        if self.most < self.rows.total and self.searched is not None:
            return self.searched
        return self.extrapolated(self.rows.total) if self.points else None


def _spend(tried: Collection[_Tried], rows: Rows, ends: float, late: float) -> None:
    """Treat parts until the budget is spent: two of each step, then the cheapest."""
    share = (ends - rows.clock()) / DEAREST
    while True:
        faster = _speed(tried)
        turns = []
        for number, one in enumerate(tried):
            due = one.due(faster)
            early = len(one.points) < 2 and one.searched is None and due < share
            turns.append((not early, due, number, one))
        left = ends - rows.clock() if time.monotonic() < late else 0.0
        if not turns or min(turns)[1] > left:
            return
        min(turns)[-1].go_on()


def _speed(tried: Iterable[_Tried]) -> float:
    """Return how many times longer than by their laws steps take here: the median."""
    found = []
    for one in tried:
        if one.points and one.points[-1][1] > SHORT:
            rows, seconds = one.points[-1]
            law = one.rows.law(one.step, rows)
            if law > 0:
                found.append(seconds / law)
    return float(np.median(found)) if found else 1.0


def _told(arm: Arm, tried: Mapping[str, _Tried], rows: Rows, faster: float) -> Probed:
    """Put together what is known of an arm's steps.

    A step behind another one works on more rows or fewer, as its law says.
    """
    total, least = 0.0, rows.total
    now = cost.Estimate(0.0, 0, rows.total, rows.minority)
    for step in arm.steps:
        one = tried[key_of(step)]
        sizes = {"rows": now.rows_after, "minority": now.minority_after}
        now = cost.step_estimate(step, **sizes, features=rows.X.shape[1])
        alone = rows.law(step, rows.total)
        seconds = one.seconds()
        if seconds is None:
            total += faster * now.seconds
            least = 0
        else:
            total += seconds * (now.seconds / alone if alone > 0 else 1.0)
            searched = one.searched is not None and one.most < rows.total
            least = min(least, ASKED if searched else one.most)
    if len(arm.steps) == 1:
        return Probed(total, rows.total, least, one.treated, one.given, one.problem)
    return Probed(total, rows.total, least)
