"""Runs whose arms search among the settings of their samplers, or are ensembles."""

import msgspec
import numpy as np

from engine.core.methods import grammar, registry
from engine.core.state import State, reduce
from engine.steps import run
from tests.support.experiments import small

ENSEMBLES = [e.name for e in registry.ENSEMBLES]


def drained(experiment, **options):
    """Run an experiment: its events, its state, and what was kept of it."""
    events, kept, state = [], {}, State()
    for event in run(experiment, artifacts=kept, **options):
        events.append(event)
        state = reduce(state, event)
    return events, state, kept


def moons(*arms, trials=6, **changes):
    """An experiment on two half moons; `untreated` comes first."""
    given = {"search__folds": 2, "model__rounds": 20, **changes}
    base = small("sample:moons", "untreated", search__trials=trials, **given)
    named = tuple(grammar.parse(name) for name in ("untreated", *arms))
    return msgspec.structs.replace(base, arms=named)


def tuned_smote():
    """The sampler as it is, and with two of its parameters in the search."""
    return drained(moons("smote", "smote:ratio=0.3/1:k_neighbors=3/5"))


def check_ensemble(state, kept, name, trials):
    """Assert that an ensemble was tuned, judged and kept like the control arm."""
    control, arm = state.arms
    assert arm.failed is None
    assert arm.kind == "ensemble"
    assert len(arm.trials) == len(control.trials) == trials
    assert all(t.work.boosting_rounds == 0 for t in arm.trials)
    assert "n_estimators" not in arm.trials[0].params
    assert len({str(t.params) for t in arm.trials}) == trials
    assert arm.final.before == arm.final.after
    assert arm.evaluated.test["average_precision"] > 0.3
    assert kept[f"model/{name}"].startswith(b'{"link":')  # arrays, and no pickle
    scores = np.frombuffer(kept[f"test/{name}"], dtype=np.float32)
    assert scores.min() >= 0
    assert scores.max() <= 1


def check_same_numbers(one_state, other_state):
    """Assert that two runs of one experiment drew and found the same."""
    for one, other in zip(one_state.arms, other_state.arms, strict=True):
        assert [t.params for t in one.trials] == [t.params for t in other.trials]
        assert [t.score for t in one.trials] == [t.score for t in other.trials]
        assert one.evaluated.test == other.evaluated.test


def check_shared_rows(base, tmp_path, executor):
    """Assert that rows that two searches share are counted once."""
    given = {"executor": executor, "jobs": 2, "cache": tmp_path / "f"}
    _, state, _ = drained(base, **given)
    asked = {
        t.params["smote.k_neighbors"] for arm in state.arms[1:] for t in arm.trials
    }
    final = {arm.best.params["smote.k_neighbors"] for arm in state.arms[1:]}
    folds = state.experiment.search.folds
    assert state.work.resamples == len(asked) * folds + len(final)
