"""Methods as texts, as values and as objects."""

import pickle

import numpy as np
import pytest
from imblearn.over_sampling import SMOTE

import imbtui
from engine.api.methods import arms_of, keep_objects
from engine.core.errors import SpecError
from engine.core.methods import grammar, registry
from engine.resample import objects as received
from engine.resample.method import apply


class Doubled:
    """Every positive row twice; a class of the user's own program."""

    random_state = None

    def fit_resample(self, X, y):
        again = np.flatnonzero(y == 1)
        return np.vstack([X, X[again]]), np.concatenate([y, y[again]])


def test_a_method_is_the_text_of_its_settings():
    assert imbtui.method("smote") == grammar.parse("smote")
    made = imbtui.method("smote", ratio=[0.5, 1], k_neighbors="tune")
    assert made == grammar.parse("smote:k_neighbors=tune:ratio=0.5/1")
    named = imbtui.method("smote", k_neighbors=3, name="mine")
    assert (named.name, named.steps) == (
        "mine",
        grammar.parse("smote:k_neighbors=3").steps,
    )
    of_model = imbtui.method("smote@logistic", ratio=0.5)
    assert of_model == grammar.parse("smote:ratio=0.5@logistic")
    with pytest.raises(SpecError, match="no parameter 'k'"):
        imbtui.method("smote", k=3)


def test_the_untreated_rows_are_always_compared():
    names = [arm.name for arm in arms_of("smote, adasyn:ratio=0.5").arms]
    assert names == ["untreated", "smote", "adasyn:ratio=0.5"]
    names = [arm.name for arm in arms_of([("a", "smote"), "untreated"]).arms]
    assert names == ["a", "untreated"]
    assert arms_of(None) == ((), {})


def test_what_is_no_method_is_refused():
    with pytest.raises(SpecError, match="methods is empty"):
        arms_of([])
    with pytest.raises(SpecError, match="a method is given as int"):
        arms_of([3])
    with pytest.raises(SpecError, match="no method 'smoet'"):
        arms_of(["smoet"])


def test_objects_are_sent_to_the_process_of_the_run():
    found = arms_of([SMOTE(k_neighbors=3), SMOTE(), ("twice", Doubled())])
    assert [arm.name for arm in found.arms] == [
        "untreated",
        "my-smote",
        "my-smote-2",
        "twice",
    ]
    with keep_objects(found.objects) as file:
        assert file.stat().st_mode & 0o077 == 0
        received.receive(file)
    assert not file.exists()
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 2)).astype("float32"), np.repeat([0, 1], [50, 10])
    twice = apply(found.arms[3], X, y, seed=0)
    assert np.bincount(twice.y).tolist() == [50, 20]
    ours = apply(found.arms[1], X, y, seed=7)
    theirs = SMOTE(k_neighbors=3, random_state=7).fit_resample(X, y)
    np.testing.assert_array_equal(ours.X, theirs[0])
    assert registry.sampler("my-smote").title == "SMOTE"


def test_what_cannot_be_sent_is_refused():
    class Stuck:
        def fit_resample(self, X, y):
            return X, y

        def __reduce__(self):
            raise pickle.PicklingError("it holds a file")

    found = arms_of([Stuck()])
    with pytest.raises(SpecError, match="it holds a file"), keep_objects(found.objects):
        pass
