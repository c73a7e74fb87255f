"""One suite for every sampler: what is checked of a package's is checked of ours.

All samplers, and whole runs, are in tests/slow/engine/resample/test_samplers_at_length.
"""

import numpy as np
import pytest

from engine.core.conformance import NonconformingError
from engine.core.methods import registry
from engine.resample import conformance
from engine.resample.conformance import CHECKS
from engine.resample.method import MethodRows
from tests.support.each import each


def test_samplers_of_each_group_pass_every_check():
    with each() as row:
        for sampler in map(registry.sampler, ("smote", "random-under", "tomek-links")):
            for check in CHECKS:
                with row(f"{sampler.name}: {check.__name__}"):
                    check(sampler)


def answering(rows):
    """Return what takes the place of `apply`, and answers with these rows."""

    def apply(arm, X, y, *, seed, layout):
        kept = rows(X, y)
        return MethodRows(X[kept], y[kept], np.asarray(kept))

    return apply


def other_rows(X, y):
    return np.random.default_rng().permutation(len(y))


CAUGHT = {
    "check_counts": (lambda X, y: np.arange(len(y)), "ratio=0.5 came to 30"),
    "check_rows": (lambda X, y: np.flatnonzero(y), "300 real rows are gone"),
    "check_repeats": (other_rows, "the same seed gave other rows"),
    "check_several": (lambda X, y: np.flatnonzero(y != 1), "a class is gone"),
}


@pytest.mark.parametrize("name", CAUGHT)
def test_a_sampler_that_breaks_a_rule_is_caught(name, monkeypatch):
    rows, said = CAUGHT[name]
    monkeypatch.setattr(conformance, "apply", answering(rows))
    with pytest.raises(NonconformingError, match=said):
        getattr(conformance, name)(registry.sampler("smote"))


def test_a_value_that_cannot_be_taken_is_named(monkeypatch):
    def apply(arm, X, y, **given):
        if arm.steps[0].params.get("k_neighbors") == 3:
            raise ValueError("not three")

    monkeypatch.setattr(conformance, "apply", apply)
    with pytest.raises(ValueError, match="k_neighbors=3: not three"):
        conformance.check_parameters(registry.sampler("smote"))
