"""How tests run an experiment, and what they compare of it."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import pandas as pd

from engine.core.events import Event
from engine.core.experiment import Experiment
from engine.core.methods.grammar import Arm, Step
from engine.core.state import State, reduce
from engine.steps import run
from engine.store import open_store
from tests.support.documents import build
from tests.support.experiments import make_table
from tests.support.finished import Finished, finished

ARMS = ("untreated", "weights", "smote", "smote-enn")
HOPELESS = Arm(
    name="hopeless",
    steps=(Step(sampler="kmeans-smote", params={"cluster_balance_threshold": 1.0}),),
)
"""An arm that fails on any table: the sampler finds no cluster."""


def drain(experiment, **given):
    """Run an experiment to its end and return its state."""
    return state_of(run(experiment, **given))


def state_of(events: Iterable[Event], state: State | None = None) -> State:
    """What events come to, after those of a state."""
    return functools.reduce(reduce, events, state or State())


def timeless(document):
    """A document without what may differ between two runs: times and ids."""
    plain = {k: v for k, v in document.items() if k not in ("seconds", "run")}
    plain["arms"] = [
        {k: v for k, v in arm.items() if k != "seconds"} for arm in plain["arms"]
    ]
    return plain


def changed(experiment: Experiment, **changes: object) -> Experiment:
    """An experiment with something else: ``seed=7``, ``search__trials=3``."""
    replace = msgspec.structs.replace
    for name, value in changes.items():
        section, _, attribute = name.partition("__")
        if attribute:
            value = replace(getattr(experiment, section), **{attribute: value})
        experiment = replace(experiment, **{section: value})
    return experiment


# Runs to compare with ----------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """A run that went straight to its end: what it was, and all that it told."""

    experiment: Experiment
    events: list[Event]
    kept: Mapping[str, bytes]
    document: dict[str, Any]

    def resumed(self, results: int) -> dict[str, Any]:
        """The document of the run that goes on after so many of its results."""
        history = self.events[:results]
        given = {"history": history, "artifacts": dict(self.kept)}
        state = state_of(run(self.experiment, **given), state_of(history))
        return timeless(build(state, run=""))


def told(done: Finished) -> Told:
    """Read all of a stored run."""
    events = done.events()
    with open_store(done.store) as store:
        experiment, kept = store.run(done.run).experiment, store.artifacts(done.run)
    document = timeless(build(state_of(events), run=""))
    return Told(experiment, events, kept, document)


def four_arms() -> Told:
    """More trials than are drawn at random, so that the search's memory matters."""
    changes = {"search__trials": 7, "search__folds": 3, "model__rounds": 20}
    return told(finished(make_table(), *ARMS, data__target="sick", **changes))


def two_arms() -> Told:
    """The same, as small as it can be."""
    changes = {"search__trials": 6, "model__rounds": 20}
    arms = ("untreated", "smote-enn")
    return told(finished(make_table(), *arms, data__target="sick", **changes))


def class_table(rows: int = 420, seed: int = 1) -> pd.DataFrame:
    """Three classes, one of many rows and two of few."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(["plain", "odd", "few"], rows, p=[0.75, 0.15, 0.1])
    place = pd.Series(kind).map({"plain": 0.0, "odd": 1.5, "few": -1.5}).to_numpy()
    return pd.DataFrame(
        {
            "a": place + rng.normal(size=rows),
            "b": np.abs(place) + rng.normal(size=rows),
            "colour": rng.choice(["red", "green", "blue"], rows),
            "kind": kind,
        }
    )


# Canaries ----------------------------------------------------------------------------

CANARIES = (
    ("risk", 1e9),
    ("risk", 1e45),
    ("dose", "n/k"),
    ("age", 34.5),
    ("flag", 2),
    ("colour", "violet"),
    ("colour", None),
    ("id", 3),
)
"""Cells as no row of `make_table` has them."""


def train_rows():
    """The training rows of `make_table`, as scikit-learn draws them."""
    from sklearn.model_selection import train_test_split

    frame = make_table()
    return train_test_split(
        np.arange(len(frame)),
        test_size=0.2,
        random_state=42,
        stratify=frame["sick"] == "yes",
    )[0]


def with_canaries(*canaries: tuple[str, object]) -> pd.DataFrame:
    """The table, with two test rows for each canary."""
    frame = make_table()
    test = np.setdiff1d(np.arange(len(frame)), train_rows())
    for number, (column, canary) in enumerate(canaries):
        frame[column] = frame[column].astype(object)
        frame.loc[test[2 * number : 2 * number + 2], column] = canary
    return frame


def same_but_for_the_test_rows(told: Told, kept, document) -> None:
    """Assert that whatever was fitted, chosen or judged in training is the same."""
    for ours, theirs in zip(document["arms"], told.document["arms"], strict=True):
        assert ours["search"] == theirs["search"]
        assert ours["cv"] == theirs["cv"]
        for one, two in zip(
            ours["operating_points"], theirs["operating_points"], strict=True
        ):
            assert one["threshold"] == two["threshold"]
        model = f"model/{ours['name']}"
        assert kept[model] == told.kept[model]
    assert document["dataset"]["roles"] == told.document["dataset"]["roles"]
