import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from engine.errors import TargetError
from engine.seeds import child
from engine.spec import SearchSpec, SplitSpec
from engine.split import folds, hold_out


def labels(rows, positives, seed=0):
    y = np.zeros(rows, dtype=np.int8)
    y[:positives] = 1
    return np.random.default_rng(seed).permutation(y)


@pytest.mark.parametrize("stratify", [True, False])
def test_anyone_can_repeat_the_hold_out_with_scikit_learn(stratify):
    y = labels(500, 60)
    split = hold_out(y, SplitSpec(stratify=stratify), seed=42)
    train, test = train_test_split(
        np.arange(500),
        test_size=0.2,
        random_state=42,
        stratify=y if stratify else None,
    )
    np.testing.assert_array_equal(split.train, train)
    np.testing.assert_array_equal(split.test, test)


@settings(max_examples=40, deadline=None)
@given(
    rows=st.integers(60, 300),
    share=st.floats(0.1, 0.5),
    k=st.integers(2, 5),
    repeats=st.integers(1, 3),
    seed=st.integers(0, 2**31),
)
def test_folds_partition_the_training_rows(rows, share, k, repeats, seed):
    y = labels(rows, int(rows * share), seed)
    split = hold_out(y, SplitSpec(), seed=seed)
    cut = folds(y, split.train, SearchSpec(folds=k, repeats=repeats), seed=seed)
    assert len(cut) == k * repeats
    positives = y[split.train].sum() / k
    for fold in cut:
        assert not set(fold.fit) & set(fold.judge)
        assert set(fold.fit) | set(fold.judge) == set(split.train)
        assert not set(fold.judge) & set(split.test)
        assert abs(y[fold.judge].sum() - positives) < 1
    for repeat in range(repeats):
        judged = np.concatenate([f.judge for f in cut[repeat * k : (repeat + 1) * k]])
        assert sorted(judged) == sorted(split.train)


@pytest.mark.parametrize("stratify", [True, False])
def test_a_group_stays_on_one_side(stratify):
    y = labels(400, 80)
    groups = np.random.default_rng(1).integers(0, 50, 400)
    split = hold_out(y, SplitSpec(stratify=stratify), seed=3, groups=groups)
    assert not set(groups[split.train]) & set(groups[split.test])
    for fold in folds(y, split.train, SearchSpec(folds=3), seed=3, groups=groups):
        assert not set(groups[fold.fit]) & set(groups[fold.judge])


def test_too_few_positives_for_the_folds_says_how_many_there_are():
    y = labels(100, 5)
    split = hold_out(y, SplitSpec(), seed=0)
    with pytest.raises(
        TargetError, match=r"4 training rows.*5 folds.*4 folds or fewer \(--folds\)"
    ):
        folds(y, split.train, SearchSpec(folds=5), seed=0)


def test_a_test_set_without_positives_is_refused():
    y = labels(200, 2)
    spec = SplitSpec(stratify=False)
    without = next(
        seed
        for seed in range(99)
        if not y[
            train_test_split(np.arange(200), test_size=0.2, random_state=seed)[1]
        ].any()
    )
    with pytest.raises(TargetError, match="no positive row"):
        hold_out(y, spec, seed=without)


def test_named_seeds_differ_by_name_and_root_and_never_by_process():
    assert child(42, "folds", 0) == 1942145614
    assert len({child(42, "a"), child(42, "b"), child(43, "a"), child(42, "a", 1)}) == 4


@pytest.mark.parametrize("share", [0.1, 0.2, 0.25, 0.4, 0.6, 0.8, 0.9])
def test_a_grouped_split_comes_near_the_share(share):
    y = labels(1000, 300)
    groups = np.random.default_rng(1).integers(0, 200, 1000)
    split = hold_out(y, SplitSpec(test_size=share), seed=3, groups=groups)
    assert abs(len(split.test) / 1000 - share) < 0.03
    assert abs(y[split.test].mean() - 0.3) < 0.05


def test_a_stratified_split_of_labels_is_that_of_the_labels():
    """Which class sorts first matters to scikit-learn's draw."""
    y = labels(300, 60)
    names = np.where(y == 1, "aaa", "zzz")
    _, order = np.unique(names, return_inverse=True)
    split = hold_out(y, SplitSpec(), seed=5, strata=order)
    _, test = train_test_split(
        np.arange(300), test_size=0.2, random_state=5, stratify=names
    )
    np.testing.assert_array_equal(split.test, test)


def test_too_few_groups_are_said():
    y = labels(100, 40)
    with pytest.raises(TargetError, match="one group"):
        hold_out(y, SplitSpec(), seed=0, groups=np.zeros(100))
    groups = np.arange(100) % 3
    with pytest.raises(TargetError, match="cannot be cut into folds"):
        folds(y, np.arange(100), SearchSpec(folds=5), seed=0, groups=groups)
