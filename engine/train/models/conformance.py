"""What every model must do, its own or another package's: one list of checks.

The command line runs them for a model of any package, the tests for ours. A check
passes, or says in a sentence what went wrong.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, get_args

import numpy as np

from engine.core.conformance import NonconformingError, require
from engine.core.errors import DataError
from engine.core.experiment import DataSpec, Experiment, ModelSpec, SearchSpec, Space
from engine.core.methods import grammar
from engine.core.methods.grammar import Arm
from engine.core.models import ModelEntry, names
from engine.core.result import Result
from engine.core.space import distributions, first_trial
from engine.io.machine import one_thread
from engine.train.models.port import Growing, Model, WithOdds, find, multiply_odds

Execute = Callable[[Experiment, str], Result]
"""Runs an experiment under an executor, or in two parts where that is ``resumed``."""

EXECUTORS: Final = ("inline", "local", "processes", "resumed")
_ROUNDS = 12
_FLIPS = 120
_HARMLESS = (KeyboardInterrupt,)


@dataclass(frozen=True)
class Subject:
    """A model under test, with a small table.

    Parameters
    ----------
    entry : ModelEntry
    execute : callable or None, default=None
        What runs whole experiments; checks that need it are left out when None.
    """

    entry: ModelEntry
    execute: Execute | None = None

    @property
    def model(self) -> Model:
        """What learns."""
        return find(self.entry.name)

    def table(self, classes: int = 2, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Return rows of few distinct values, encoded and scaled, and their classes."""
        rng = np.random.default_rng(seed)
        X = rng.integers(-3, 4, (240, 5)).astype(np.float32) / 2
        X[:, 4] = rng.integers(0, 2, 240)
        margin = X[:, 0] + 0.5 * X[:, 1] * X[:, 4] + rng.normal(0, 0.7, 240)
        cuts = np.quantile(margin, np.linspace(0.6, 0.85, classes - 1))
        return X, np.digitize(margin, cuts).astype(np.int8)

    def setting(self) -> dict[str, Any]:
        """Return the first setting that a search tries."""
        return dict(first_trial(ModelSpec(), self.arm))

    @property
    def is_ensemble(self) -> bool:
        """Whether it is a method too, which balances by itself."""
        return self.entry.name not in names()

    @property
    def arm(self) -> Arm:
        """The arm that does nothing else about imbalance."""
        if self.is_ensemble:
            return grammar.parse(self.entry.name)
        return Arm(name="untreated", model=self.entry.name)

    def grow(
        self,
        X: np.ndarray,
        y: np.ndarray,
        *,
        weights: np.ndarray | None = None,
        steps: int = 1,
        tick: Callable[[], None] = lambda: None,
        **given: Any,
    ) -> Growing:
        """Return the model grown, in one go or in steps."""
        setting = self.setting()
        most = self.model.schedule(ModelSpec(), setting).rounds
        rounds = min(_ROUNDS, most)
        matrix = self.model.matrix(X, y, weights=weights)
        growing = self.model.start(matrix, setting, seed=7, tick=tick, **given)
        steps = min(steps, rounds)
        for step in range(steps):
            growing.advance(rounds // steps + (step < rounds % steps))
        return growing

    def scores(self, growing: Growing, X: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return what a growing model says of rows, by way of their matrix."""
        like = self.model.matrix(X, y)
        return growing.scores(self.model.matrix(X, like=like))


def check_scores(subject: Subject) -> None:
    """Give each row a probability, in 32 bits."""
    X, y = subject.table()
    found = subject.scores(subject.grow(X, y), X, y)
    require(found.shape == (len(X),), f"scores have the shape {found.shape}")
    require(found.dtype == np.float32, f"scores are {found.dtype}, not float32")
    inside = np.isfinite(found).all() and found.min() >= 0 and found.max() <= 1
    require(bool(inside), "a score is no probability")
    higher = found[y == 1].mean() > found[y == 0].mean()
    require(bool(higher), "positive rows do not score higher than others")


def check_classes(subject: Subject) -> None:
    """Give each of three classes a score, all of which add up to 1."""
    if not subject.entry.needs.classes:
        return
    X, y = subject.table(classes=3)
    found = subject.scores(subject.grow(X, y, classes=3), X, y)
    require(found.shape == (len(X), 3), f"scores have the shape {found.shape}")
    ones = np.allclose(found.sum(axis=1), 1, atol=1e-5)
    require(ones, "the scores of a row do not add up to 1")


def check_repeats(subject: Subject) -> None:
    """Repeat the same bits from the same seed: in one go, in steps, side by side."""
    X, y = subject.table()
    first = subject.grow(X, y)
    scores, raw = subject.scores(first, X, y), first.scorer().dump()
    again = subject.grow(X, y)
    same = np.array_equal(scores, subject.scores(again, X, y))
    require(same, "the same seed gave other scores")
    require(raw == again.scorer().dump(), "the same seed gave another dump")
    stepped = subject.scores(subject.grow(X, y, steps=_ROUNDS), X, y)
    require(np.array_equal(scores, stepped), "growth in steps gave other scores")
    found: dict[int, np.ndarray] = {}

    def work(place: int) -> None:
        rows = subject.table(seed=place % 2)
        found[place] = subject.scores(subject.grow(*rows, steps=3), *rows)

    with one_thread():
        threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    require(len(found) == 4, "it cannot grow in several threads at a time")
    require(np.array_equal(scores, found[0]), "other folds beside it changed a score")
    require(np.array_equal(found[1], found[3]), "folds side by side are not repeated")


def check_fitted(subject: Subject) -> None:
    """Load what was dumped, which is no pickle, to the very same scores."""
    for classes in (2, 3) if subject.entry.needs.classes else (2,):
        X, y = subject.table(classes=classes)
        growing = subject.grow(X, y, classes=classes)
        raw = growing.scorer().dump()
        require(not raw.startswith(b"\x80"), "a dump is a pickle")
        loaded = subject.model.load(raw, width=X.shape[1], classes=classes)
        live = growing.scorer().scores(X)
        require(np.array_equal(live, subject.scores(growing, X, y)), _OTHER)
        require(np.array_equal(live, loaded.scores(X)), _OTHER)
        alone = np.concatenate([loaded.scores(X[k : k + 1]) for k in range(9)])
        require(np.array_equal(alone, live[:9]), "a row alone scores differently")


_OTHER = "after dump and load a score differs"


def check_odds(subject: Subject) -> None:
    """Multiply the odds of two classes, in what is dumped and while it grows."""
    X, y = subject.table()
    growing = subject.grow(X, y)
    wanted = multiply_odds(growing.scorer().scores(X), 0.1)
    made = WithOdds(growing, 0.1)
    require(bool((subject.scores(made, X, y) == wanted).all()), _ODDS)
    scorer = made.scorer()
    require(np.allclose(scorer.scores(X), wanted, rtol=1e-4, atol=1e-7), _ODDS)
    loaded = subject.model.load(scorer.dump(), width=5, classes=2)
    require(np.array_equal(scorer.scores(X), loaded.scores(X)), _OTHER)


_ODDS = "with odds multiplied a score is not what its odds say"


def check_hostile(subject: Subject) -> None:
    """Refuse files that hold no such model; never fail in another way."""
    X, y = subject.table()
    raw = subject.grow(X, y).scorer().dump()
    for wrong in (b"", b"{}", b"null", raw[: len(raw) // 2], raw + b"x", b"\x80" + raw):
        require(_is_refused(subject, wrong), "a file that is no model was loaded")
    for width, classes in ((4, 2), (6, 2), (5, 3)):
        refused = _is_refused(subject, raw, width=width, classes=classes)
        require(refused, "a model of other columns or classes was loaded")
    rng = np.random.default_rng(0)
    for place in rng.integers(0, len(raw), _FLIPS):
        flipped = bytearray(raw)
        flipped[place] ^= 1 << int(rng.integers(0, 8))
        try:
            loaded = subject.model.load(bytes(flipped), width=5, classes=2)
        except DataError:
            continue
        found = loaded.scores(X)
        fine = (
            found.shape == (len(X),) and not (found < 0).any() and not (found > 1).any()
        )
        require(
            bool(fine), f"a changed byte at {place} gave something else than scores"
        )


def _is_refused(
    subject: Subject, raw: bytes, *, width: int = 5, classes: int = 2
) -> bool:
    try:
        subject.model.load(raw, width=width, classes=classes)
    except DataError:
        return True
    return False


def check_weights(subject: Subject) -> None:
    """Count weights; where it is claimed, as so many equal rows."""
    if not subject.entry.needs.weights:
        return
    X, y = subject.table()
    plain = subject.scores(subject.grow(X, y), X, y)
    if not subject.is_ensemble:
        heavy = subject.scores(subject.grow(X, y, positive_weight=9.0), X, y)
        require(heavy.mean() > plain.mean(), "a class that weighs more does not count")
    heavy = subject.scores(subject.grow(X, y, weights=np.where(y == 1, 9.0, 1.0)), X, y)
    require(heavy.mean() > plain.mean(), "rows that weigh more do not count")
    if subject.model.weights_are_rows:
        times = np.random.default_rng(1).integers(1, 4, len(y))
        weighed = subject.grow(X, y, weights=times.astype(np.float64))
        repeated = subject.grow(X.repeat(times, axis=0), y.repeat(times))
        left, right = (subject.scores(one, X, y) for one in (weighed, repeated))
        same = np.allclose(left, right, atol=1e-3)
        require(same, "a row of weight k is not k equal rows")


def check_missing(subject: Subject) -> None:
    """Learn from missing numbers, where it takes them, and score them."""
    if not subject.entry.needs.missing:
        return
    X, y = subject.table()
    X = np.where(np.random.default_rng(2).random(X.shape) < 0.2, np.nan, X)
    X = X.astype(np.float32)
    growing = subject.grow(X, y)
    live = subject.scores(growing, X, y)
    require(bool(np.isfinite(live).all()), "a row with a missing number has no score")
    loaded = subject.model.load(growing.scorer().dump(), width=5, classes=2)
    require(np.array_equal(live, loaded.scores(X)), _OTHER)


def check_tick(subject: Subject) -> None:
    """Tell that it is at work, and end where it is told to."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    X, y = subject.table()
    try:
        subject.grow(X, y, tick=interrupt)
    except _HARMLESS:
        return
    raise NonconformingError("it cannot be ended while it grows")


def check_threads(subject: Subject) -> None:
    """Work in one thread, and start no other."""
    X, y = subject.table()
    with one_thread():
        subject.grow(X, y)
        before = _tasks()
        subject.scores(subject.grow(X, y, steps=2), X, y)
        after = _tasks()
    require(after <= before, f"it started {after - before} threads")


def _tasks() -> int:
    """Return the threads of this process; those of libraries too, if known."""
    tasks = Path("/proc/self/task")
    return len([*tasks.iterdir()]) if tasks.exists() else threading.active_count()


def check_space(subject: Subject) -> None:
    """Begin each search within its space, at parameters that may be fixed."""
    arm = subject.arm
    for name in get_args(Space):
        spec = ModelSpec(space=name)
        start = first_trial(spec, arm)
        for key, one in distributions(spec, arm).items():
            inside = one.to_internal_repr(start[key])
            require(one._contains(inside), f"{key} begins outside its range")
        subject.entry.check(subject.entry.name, start)


def check_executors(subject: Subject) -> None:
    """Come to the same figures under every executor, and after a resume."""
    if subject.execute is None:
        return
    control = Arm(name="untreated")
    other = Arm(name="random-under", model=subject.arm.model)
    arms = (control, subject.arm) if subject.is_ensemble else (subject.arm, other)
    compare_executors(arms, subject.execute)


def compare_executors(arms: tuple[Arm, ...], execute: Execute) -> None:
    """Run arms under every executor, and in two parts.

    Raises
    ------
    NonconformingError
        If an arm fails, or its figures differ.
    """
    experiment = Experiment(
        data=DataSpec(source="make:moons?rows=300&seed=3", target="label"),
        arms=arms,
        model=ModelSpec(rounds=20),
        search=SearchSpec(trials=2, folds=2),
    )
    places = (*EXECUTORS, "dask") if find_spec("distributed") else EXECUTORS
    documents = {name: execute(experiment, name) for name in places}
    for name, one in documents.items():
        failed = next((arm.error for arm in one.arms if arm.error), None)
        require(failed is None, f"{name}: {failed.message if failed else ''}")
        same = _figures(one) == _figures(documents["inline"])
        require(same, f"executor {name} comes to other figures than inline")


def _figures(result: Result) -> list[tuple[Any, ...]]:
    """Return what an executor must not change."""
    return [
        (arm.name, arm.search, arm.cv, arm.operating_points, arm.test)
        for arm in result.arms
    ]


CHECKS: Final[tuple[Callable[[Subject], None], ...]] = (
    check_space,
    check_scores,
    check_classes,
    check_repeats,
    check_fitted,
    check_odds,
    check_hostile,
    check_weights,
    check_missing,
    check_tick,
    check_threads,
    check_executors,
)
"""Every check, the quickest first; each raises `NonconformingError`."""
