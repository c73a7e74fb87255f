"""A run of several splits: each as its seed alone, and resumed wherever it ended."""

import functools

import msgspec
import pytest

from engine.core.errors import SpecError
from engine.core.events import RunFinished, SplitEvent, SplitsCompared, is_result
from engine.core.result import build
from engine.core.seeds import split_seed
from engine.core.state import State, reduce
from engine.steps import run
from tests.support.experiments import make_table, small

replace = msgspec.structs.replace
SPLITS = 3


@pytest.fixture(scope="module")
def experiment(tmp_path_factory):
    path = tmp_path_factory.mktemp("splits") / "table.csv"
    make_table(160, share=0.2).to_csv(path, index=False)
    return small(
        path,
        "untreated",
        "weights",
        data__target="sick",
        search__trials=1,
        search__folds=2,
        splits=SPLITS,
    )


@pytest.fixture(scope="module")
def whole(experiment):
    """The results of a run, and what it had kept after each."""
    kept = {}
    events = run(experiment, artifacts=kept)
    return [(event, dict(kept)) for event in events if is_result(event)]


def plain(state):
    """The document of a state, without what depends on the clock."""
    result = build(state, run="")
    arms = tuple(replace(arm, seconds=None) for arm in result.arms)
    return replace(result, arms=arms, seconds=0.0, warnings=())


def state_of(events):
    return functools.reduce(reduce, events, State())


def test_every_split_is_what_its_seed_alone_gives(experiment, whole):
    state = state_of(event for event, _ in whole)
    seed = split_seed(experiment.seed, SPLITS)
    alone = plain(state_of(run(replace(experiment, seed=seed, splits=1))))
    split = plain(state.splits[-1])
    # Advice is about the table, and that of the first split is every split's.
    split = replace(split, dataset=replace(split.dataset, advice=alone.dataset.advice))
    assert split == alone
    assert split.split.test_fingerprint != state.split.test_fingerprint
    assert state.summary.done == SPLITS == len(state.summary.outcomes)
    assert state.summary.outcomes[-1].code == alone.verdict.code
    assert state.work.trials == SPLITS * 2


def test_it_goes_on_to_the_same_document_wherever_it_ended(experiment, whole):
    events = [event for event, _ in whole]
    wanted = plain(state_of(events))
    begins = [n for n, e in enumerate(events) if isinstance(e, SplitEvent)]
    compared = [n for n, e in enumerate(events) if isinstance(e, SplitsCompared)]
    # Before the second split, inside the last, before and after what it comes to.
    for end in (begins[0], compared[-2] + 4, compared[-1], compared[-1] + 1):
        before, kept = events[:end], dict(whole[end - 1][1])
        rest = [*run(experiment, history=before, artifacts=kept)]
        assert isinstance(rest[-1], RunFinished)
        after = state_of([*before, *rest])
        assert plain(after) == wanted, end
        assert after.status == "done"


def test_only_the_scores_of_one_split_are_kept_besides_the_first(whole):
    kept = whole[-1][1]
    further = {name for name in kept if name.startswith("split/")}
    assert further == {
        f"split/{what}/{arm}"
        for what in ("oof", "test")
        for arm in ("untreated", "weights")
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [("split__time", "age"), ("split__by", "flag"), ("data__test_source", "b.csv")],
)
def test_several_splits_of_fixed_test_rows_are_refused(field, value):
    with pytest.raises(SpecError, match="20 splits, but the test rows are fixed by"):
        small("a.csv", splits=20, **{field: value})
