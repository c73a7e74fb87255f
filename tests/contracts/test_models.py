"""One suite for every model: what is checked of a package's is checked of ours.

The ensembles, and whole runs under every executor, are in
tests/slow/engine/train/test_models_at_length.py.
"""

import numpy as np
import pytest

from engine.core import models
from engine.train.models import conformance
from engine.train.models.conformance import CHECKS, NonconformingError, Subject
from engine.train.models.port import Growing, Model, PlainRows

ENTRIES = models.models()


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_every_model_passes_every_check(entry, check):
    check(Subject(entry))


class _Guessing(Growing):
    """Breaks every rule that can be broken: seeds, pickles, shapes, threads."""

    def __init__(self, rows, tick):
        self._rows, self._noise = rows, np.random.default_rng()

    def advance(self, rounds):
        pass

    def scores(self, matrix):
        return self._noise.random(len(matrix.X))

    def scorer(self):
        return self

    def dump(self):
        return b"\x80\x04."


class _Guess(Model):
    def start(self, matrix: PlainRows, setting, *, seed, tick, **given):
        return _Guessing(matrix, tick)

    def load(self, raw, *, width, classes):
        return _Guessing(None, None)


CAUGHT = {
    "check_scores": "float32",
    "check_classes": "shape",
    "check_repeats": "other scores",
    "check_fitted": "pickle",
    "check_hostile": "no model was loaded",
    "check_tick": "cannot be ended",
}


@pytest.mark.parametrize("name", CAUGHT)
def test_a_model_that_breaks_a_rule_is_caught(name, monkeypatch):
    entry = models.get("logistic")
    monkeypatch.setattr(conformance, "find", lambda name: _Guess(entry))
    with pytest.raises(NonconformingError, match=CAUGHT[name]):
        getattr(conformance, name)(Subject(entry))
