"""How long arms take on these very rows: measured on parts of them.

How alike the rows are decides as much as their number, so each sampler treats a few
hundred rows, then twice as many, the cheapest first, for as long as the budget lasts;
most have treated all rows by then. For the rest the time goes on growing: that of
cleaners as the search of neighbours that is nearly all of it, that of others as it grew
at last and as is known of them.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from engine.core.errors import ArmError
from engine.core.methods import cost, grammar, registry
from engine.core.methods.grammar import Arm, Step
from engine.core.seeds import child
from engine.features.encoding import Layout
from engine.io.logs import collect_warnings
from engine.io.machine import one_thread
from engine.resample import method
from engine.resample.neighbours import ExactNeighbors
from engine.resample.support import may_be_rough

OF_CLASS = 6
"""Rows of a class in a part at least: fewer, and samplers repair what needs none."""
ASKED = 512
"""Rows whose neighbours are looked for among all."""
CELLS = 2_000_000
"""Cells that a search is made ready for at most: more rows are compared each with each
in part."""
SEARCH = (
    *("all-knn", "enn", "neighbourhood-cleaning", "repeated-enn", "tomek-links"),
    *("smote-enn", "smote-tomek"),
)
"""Samplers that look for the neighbours of all rows, and do little else."""
_OF_SMOTE = ("ratio", "counts", "k_neighbors")
FIRST = 500
"""Rows that are treated first."""
SHORT = 0.003
"""Seconds that are mostly the same for any rows, so growth is unknown."""
STEEPEST = 3.5
"""Power of the rows that no time grows with."""
PAIRED = 2.0
"""Power of the rows that comparing each with each grows with."""
THEORY = {
    "cluster-centroids": 2.5,
    "condensed": 3.0,
    "instance-hardness": 1.2,
    "smotenc": 1.0,
    "svm-smote": 3.0,
}
"""That of slow samplers that do something else: as many clusters as rare rows until all
rest, rows compared again with more and more, trees (n log n), levels counted, a kernel
machine (between 2 and 3 by scikit-learn's documentation)."""
BRIEF = 0.03
"""Seconds below which a part is treated twice."""
ODD, AGAIN = 1.6, 0.3
"""So is one that takes so many times as long as expected, if it takes fewer seconds
than that."""
LATE = 2
"""On a busy machine it may take the budget times so much by the clock on the wall."""
DEAREST = 2
"""Each of a step's first two parts may take the budget divided by so much."""


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
    check: Callable[[], object] = object,
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
        As in `method.apply`.
    clock : callable, default=time.thread_time
        What seconds are read of.
    check : callable, optional
        Called before each part; it may raise, to end this.

    Returns
    -------
    dict of str to Probed
        By the names of the arms.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(900, 3)), np.repeat([0, 1], [800, 100])
    >>> found = probe([grammar.parse("smote")], X, y, seed=0)
    >>> found["smote"].rows, found["smote"].seconds < 1
    (900, True)
    """
    wanted = [arm for arm in arms if arm.steps]
    rows = LabelledRows(X, y, seed, layout, legalise, tuple(labels), clock)
    ends = clock() + budget
    late = time.monotonic() + LATE * budget
    with one_thread(), collect_warnings():
        _warm(rows)
        singles = {key_of(step): step for arm in wanted for step in arm.steps}
        searches = Searches(rows)
        tried = {key: _Tried(step, rows, searches) for key, step in singles.items()}
        _spend(tried.values(), rows, ends, late, check)
    return {arm.name: _combine(arm, tried, rows) for arm in wanted}


class Probed(NamedTuple):
    """What is known of an arm from treating rows with it.

    Attributes
    ----------
    seconds : float or None
        Of one treatment of all rows, on one core; None if nothing was measured.
    grows : float
        Power of the rows that the seconds grow with.
    total : int
        All rows.
    rows : int
        Rows that were treated to know: of the step that treated the fewest.
    treated : MethodRows or None
        What became of the largest part that was treated, for an arm of one step.
    given : numpy.ndarray or None
        The classes of the rows of that part.
    problem : ArmError or None
        Why all rows cannot be treated, if that was found out.
    """

    seconds: float | None
    grows: float
    total: int
    rows: int = 0
    treated: method.MethodRows | None = None
    given: np.ndarray | None = None
    problem: ArmError | None = None

    @property
    def whole(self) -> bool:
        """Whether all rows were treated, and not a part of them."""
        return self.given is not None and len(self.given) == self.total


def key_of(step: Step) -> str:
    """Return what tells a step from others: its sampler and what is set of it."""
    return f"{step.sampler} {sorted(step.params.items())}"


def _warm(rows: LabelledRows) -> None:
    """Let be imported what is imported but once."""
    for name in ("random-under", "smote"):
        with contextlib.suppress(ArmError, MemoryError):
            rows.treat(grammar.parse(name), rows.part(FIRST))


def _spend(
    tried: Collection[_Tried],
    rows: LabelledRows,
    ends: float,
    late: float,
    check: Callable[[], object],
) -> None:
    """Treat parts until the budget is spent: two of each step, then the cheapest."""
    share = (ends - rows.clock()) / DEAREST
    while tried:
        turns = []
        for number, one in enumerate(tried):
            due = one.due()
            early = len(one.spent) < 2 and due < share
            turns.append((not early, due, number, one))
        left = ends - rows.clock() if time.monotonic() < late else 0.0
        if min(turns)[1] > left or left <= 0:
            return
        check()
        min(turns)[-1].go_on()


def _combine(arm: Arm, tried: Mapping[str, _Tried], rows: LabelledRows) -> Probed:
    """Put together what is known of an arm's steps, each on the rows it is given."""
    steps = [tried[key_of(step)] for step in arm.steps]
    now, took, least = rows.counts, list[float | None](), rows.total
    for one in steps:
        seconds, given = one.seconds(), sum(now.values())
        if seconds is not None:
            seconds *= float((given / rows.total) ** one.grows)
        took.append(seconds)
        least = min(least, one.most)
        now = cost.rows_left(one.step, now)
    known = [seconds for seconds in took if seconds is not None]
    total = sum(known) if len(known) == len(took) else None
    probed = Probed(total, max(one.grows for one in steps), rows.total, least)
    if len(steps) > 1:
        return probed
    return probed._replace(treated=one.treated, given=one.given, problem=one.problem)


@dataclass
class LabelledRows:
    """Rows of several classes, and what treating them needs.

    Attributes
    ----------
    X : numpy.ndarray of shape (n_rows, n_features), dtype float32
    y : numpy.ndarray of shape (n_rows,)
    seed : int
        Of the draws, and of the samplers.
    layout, legalise, labels
        As in `method.apply`.
    clock : callable
        What seconds are read of.
    """

    X: np.ndarray
    y: np.ndarray
    seed: int
    layout: Layout | None
    legalise: Callable[[np.ndarray], np.ndarray] | None
    labels: tuple[str, ...]
    clock: Callable[[], float]
    _order: list[np.ndarray] = field(default_factory=list)

    def __post_init__(self) -> None:
        rng = np.random.default_rng(child(self.seed, "probe"))
        places = (np.flatnonzero(self.y == label) for label in np.unique(self.y))
        self._order = [rng.permutation(those) for those in places]
        self.total = len(self.y)

    @property
    def counts(self) -> dict[str, int]:
        """Rows of each class that there is, by label."""
        codes, counts = np.unique(self.y, return_counts=True)
        names = [self.labels[c] if self.labels else str(c) for c in codes.tolist()]
        return dict(zip(names, counts.tolist(), strict=True))

    def part(self, rows: int) -> np.ndarray:
        """Return the places of so many rows; a larger part holds the smaller ones."""
        if rows >= self.total:
            return np.arange(self.total)
        share = rows / self.total
        parts = [
            those[: max(OF_CLASS, round(share * len(those)))] for those in self._order
        ]
        return np.sort(np.concatenate(parts))

    def treat(self, arm: Arm, places: np.ndarray) -> tuple[float, method.MethodRows]:
        """Treat some rows; return the seconds it takes, and what becomes of them."""
        X, y = self.X[places], self.y[places]
        began = self.clock()
        treated = method.apply(
            arm,
            X,
            y,
            seed=self.seed,
            layout=self.layout,
            legalise=self.legalise,
            labels=self.labels,
            whole=self.total,
        )
        return self.clock() - began, treated


class Searches:
    """How the time of looking for neighbours grows with the rows.

    The search picks another way where there are many rows, so that treating few says
    little. It is made ready for all of them, and asked for the neighbours of a few
    hundred.
    """

    def __init__(self, rows: LabelledRows) -> None:
        self._rows = rows
        self._took: dict[tuple[int, int, str], float] = {}

    def grows(self, step: Step, last: int) -> float:
        """Return the power of the rows that it grows with, from a part to all rows."""
        total = self._rows.total
        most = min(total, max(ASKED, CELLS // self._rows.X.shape[1]))
        if last >= most:
            return 2.0
        shown = self._power(step, last, most)
        if most == total:
            return shown
        beyond = (self._power(step, most // 2, most) + 2.0) / 2
        near, far = math.log(most / last), math.log(total / most)
        return (shown * near + beyond * far) / (near + far)

    def _power(self, step: Step, less: int, more: int) -> float:
        longer = self._seconds(step, more) / self._seconds(step, less)
        return max(0.0, math.log(longer) / math.log(more / less))

    def _seconds(self, step: Step, count: int) -> float:
        """Return the seconds of a search among so many rows, and those made of them."""
        rows, made = self._rows, step.sampler.startswith("smote-")
        nearest = 1 + int(registry.check_step(step).get("n_neighbors", 1))
        key = count, nearest, repr(step) if made else ""
        if key not in self._took:
            places = rows.part(count)
            X = rows.X[places]
            if made:
                of = {k: v for k, v in step.params.items() if k in _OF_SMOTE}
                smote = Arm(name="smote", steps=(Step("smote", of),))
                with contextlib.suppress(ArmError):
                    X = rows.treat(smote, places)[1].X
            began = rows.clock()
            search = ExactNeighbors(nearest).fit(X)
            ready = rows.clock()
            some = np.linspace(0, len(X) - 1, min(ASKED, len(X))).astype(np.int64)
            search.kneighbors(X[some], return_distance=False)
            each = (rows.clock() - ready) / len(some)
            self._took[key] = max(1e-6, ready - began + each * len(X))
        return self._took[key]


class _Tried:
    """One step, and the seconds that parts of the rows took."""

    def __init__(self, step: Step, rows: LabelledRows, searches: Searches) -> None:
        self.step = step
        self.arm = Arm(name=step.sampler, steps=(step,))
        self.rows = rows
        self.searches = searches
        self.spent: list[tuple[int, float]] = []
        self.most = 0
        self.treated: method.MethodRows | None = None
        self.given: np.ndarray | None = None
        self.problem: ArmError | None = None
        # Rows of the next part; None if there is nothing to be found out any more.
        self.next: int | None = min(FIRST, rows.total)

    def due(self) -> float:
        """Return the seconds that the next part may take; none of one never tried."""
        if self.next is None:
            return math.inf
        return self.extrapolated(self.next) if self.spent else 0.0

    def go_on(self) -> None:
        """Treat the next part."""
        assert self.next is not None
        places = self.rows.part(self.next)
        whole = len(places) == self.rows.total
        expected = self.extrapolated(len(places)) if self.spent else 0.0
        began = self.rows.clock()
        try:
            seconds, treated = self.rows.treat(self.arm, places)
            odd = self.spent and ODD * expected < seconds < AGAIN
            if seconds < BRIEF or odd:
                # Something else may have been in the way: the lesser of two is nearer.
                seconds = min(seconds, self.rows.treat(self.arm, places)[0])
        except ArmError as error:
            seconds = self.rows.clock() - began
            self.problem = error if whole else None
        except MemoryError:
            # Nothing is known of it then; the arm itself will say so.
            self.next = None
            return
        else:
            self.most, self.treated = len(places), treated
            self.given = self.rows.y[places]
        self.spent.append((len(places), max(seconds, 1e-6)))
        rows, total = self.next, self.rows.total
        self.next = None if rows >= total else total if 3 * rows > total else 2 * rows

    def extrapolated(self, rows: int) -> float:
        """Return the seconds that so many rows take, from those treated so far."""
        last, seconds = self.spent[-1]
        return seconds * float((rows / last) ** self.grows)

    @property
    def grows(self) -> float:
        """The power of the rows that the seconds grow with from here on.

        What it was at last is small where the rows are few. So of one that is known to
        grow faster it is believed by half.
        """
        if self.step.sampler in SEARCH:
            return self.searches.grows(self.step, self.most or self.rows.total)
        shown = 1.0
        if len(self.spent) > 1 and self.spent[-1][1] >= SHORT:
            (before, earlier), (rows, seconds) = self.spent[-2:]
            if rows > before:
                shown = math.log(seconds / earlier) / math.log(rows / before)
        known = registry.sampler(self.step.sampler)
        if known.slow:
            theory = THEORY.get(known.name, PAIRED)
            if known.name == "svm-smote" and may_be_rough([*self.rows.counts.values()]):
                # Few rows may be solved for, and all compared with them.
                theory = min(max(shown, PAIRED), theory)
            return (min(max(shown, 0.0), STEEPEST) + theory) / 2
        return min(max(shown, 1.0), STEEPEST)

    def seconds(self) -> float | None:
        """Return the seconds that all rows take, or None if nothing tells."""
        return self.extrapolated(self.rows.total) if self.most else None
