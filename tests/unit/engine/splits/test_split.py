from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from engine.core.errors import TargetError
from engine.core.experiment import SearchSpec, SplitSpec
from engine.core.seeds import child
from engine.splits.folds import folds
from engine.splits.holdout import divide


def hold_out(y, spec, *, seed, groups=None, times=None, test=None, copies=None):
    if copies is None:
        spec = msgspec.structs.replace(spec, duplicates="apart")
    dataset = SimpleNamespace(
        y=y, groups=groups, times=times, test=test, equal_rows=copies, even=None
    )
    return divide(dataset, spec, seed=seed)


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
        assert not set(fold.fit) & set(fold.validation)
        assert set(fold.fit) | set(fold.validation) == set(split.train)
        assert not set(fold.validation) & set(split.test)
        assert abs(y[fold.validation].sum() - positives) < 1
    for repeat in range(repeats):
        held = np.concatenate(
            [f.validation for f in cut[repeat * k : (repeat + 1) * k]]
        )
        assert sorted(held) == sorted(split.train)


@pytest.mark.parametrize("stratify", [True, False])
def test_a_group_stays_on_one_side(stratify):
    y = labels(400, 80)
    groups = np.random.default_rng(1).integers(0, 50, 400)
    split = hold_out(y, SplitSpec(stratify=stratify), seed=3, groups=groups)
    assert not set(groups[split.train]) & set(groups[split.test])
    for fold in folds(y, split.train, SearchSpec(folds=3), seed=3, groups=groups):
        assert not set(groups[fold.fit]) & set(groups[fold.validation])


def test_too_few_positives_for_the_folds_says_how_many_there_are():
    y = labels(100, 5)
    split = hold_out(y, SplitSpec(), seed=0)
    with pytest.raises(
        TargetError, match=r"4 training rows.*5 folds.*4 folds or fewer"
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


def test_too_few_groups_are_said():
    y = labels(100, 40)
    with pytest.raises(TargetError, match="one group"):
        hold_out(y, SplitSpec(), seed=0, groups=np.zeros(100))
    groups = np.arange(100) % 3
    # Which of both it is depends on the version of scikit-learn.
    with pytest.raises(TargetError, match=r"cut into folds|fold would hold one class"):
        folds(y, np.arange(100), SearchSpec(folds=5), seed=0, groups=groups)


def copied(y, share=0.3, seed=0):
    """Rows of which some are equal to an earlier one: numbers of equal rows."""
    rng = np.random.default_rng(seed)
    copies = np.arange(len(y))
    later = rng.choice(len(y), int(share * len(y)), replace=False)
    copies[later] = rng.integers(0, len(y), len(later))
    return np.unique(copies, return_inverse=True)[1]


def torn(numbers, one, other):
    return set(numbers[one]) & set(numbers[other])


@pytest.mark.parametrize("stratify", [True, False])
def test_without_equal_rows_the_draw_is_scikit_learns_row_by_row(stratify):
    y, spec = labels(500, 60), SplitSpec(stratify=stratify)
    plain = hold_out(y, spec, seed=42)
    together = hold_out(y, spec, seed=42, copies=np.arange(500)[::-1])
    np.testing.assert_array_equal(plain.train, together.train)
    np.testing.assert_array_equal(plain.test, together.test)
    search = SearchSpec(folds=4, repeats=2)
    ours = folds(y, plain.train, search, seed=1, copies=np.arange(500))
    for one, other in zip(folds(y, plain.train, search, seed=1), ours, strict=True):
        np.testing.assert_array_equal(one.fit, other.fit)
        np.testing.assert_array_equal(one.validation, other.validation)


def shares(y, part):
    return np.bincount(y[part], minlength=y.max() + 1) / len(part)


@given(
    rows=st.integers(100, 400),
    share=st.floats(0.0, 0.9),
    stratify=st.booleans(),
    seed=st.integers(0, 2**31),
)
def test_copies_stay_together_and_shares_are_kept(rows, share, stratify, seed):
    y = labels(rows, rows // 3, seed)  # so equal rows may be of different classes
    copies = copied(y, share, seed)
    spec = SplitSpec(stratify=stratify)
    split = hold_out(y, spec, seed=seed, copies=copies)
    assert sorted([*split.train, *split.test]) == list(range(rows))
    plain = hold_out(y, spec, seed=seed)
    # A point, or the 3 rows that can be copies in any table.
    assert abs(len(split.test) - len(plain.test)) <= max(3, 0.01 * rows)
    if stratify:
        off = shares(y, split.test) - shares(y, plain.test)
        assert abs(off).max() <= max(0.01, 3 / len(split.test))
    if not split.notes:
        assert not torn(copies, split.train, split.test)
    search = SearchSpec(folds=3, repeats=2)
    cut = folds(y, split.train, search, seed=seed, copies=copies)
    for fold in cut:
        assert sorted([*fold.fit, *fold.validation]) == sorted(split.train)
        even = len(split.train) / 3
        assert abs(len(fold.validation) - even) <= max(3, 0.01 * len(split.train)) + 1
        off = shares(y, fold.validation) - shares(y, split.train)
        assert abs(off).max() <= max(0.01, 3 / len(fold.validation)) + 1 / even
    for repeat in (cut[:3], cut[3:]):
        held = np.concatenate([fold.validation for fold in repeat])
        assert sorted(held) == sorted(split.train)


@pytest.mark.parametrize("stratify", [True, False])
def test_pairs_and_triples_are_whole_in_split_and_folds(stratify):
    y, copies = labels(900, 150), np.arange(900)
    copies[600:800], copies[800:] = np.arange(200), np.arange(100)
    for seed in range(5):
        split = hold_out(y, SplitSpec(stratify=stratify), seed=seed, copies=copies)
        assert split.notes == ()
        assert len(split.test) == 180
        assert not torn(copies, split.train, split.test)
        if stratify:
            assert y[split.test].sum() == 30
        cut = folds(y, split.train, SearchSpec(folds=4), seed=seed, copies=copies)
        for fold in cut:
            assert not torn(copies, fold.fit, fold.validation)
            assert len(fold.validation) == 180
            assert abs(y[fold.validation].sum() - y[split.train].sum() / 4) < 1


def test_the_first_of_equal_rows_is_drawn_and_the_others_follow():
    y, copies = labels(400, 80), np.arange(400)
    copies[300:] = np.arange(100)
    first = np.arange(300)
    _, test = train_test_split(first, test_size=0.2, random_state=7, stratify=y[first])
    split = hold_out(y, SplitSpec(), seed=7, copies=copies)
    followed = np.flatnonzero(np.isin(copies, copies[test]))
    # Then only rows without an equal change sides, until the counts are right.
    moved = np.setxor1d(split.test, followed)
    assert (np.bincount(copies)[copies[moved]] == 1).all()
    assert len(moved) == abs(np.bincount(y[followed]) - [64, 16]).sum()
    assert np.bincount(y[split.test]).tolist() == [64, 16]


def test_one_row_that_is_there_thousands_of_times_is_no_copy():
    """As on mammography, where 3,329 equal rows were the test rows under any seed."""
    rng = np.random.default_rng(0)
    y, copies = labels(11_000, 220), np.arange(11_000)
    many = rng.choice(np.flatnonzero(y == 0), 3000, replace=False)
    copies[many] = many[0]
    for seed in range(5):
        split = hold_out(y, SplitSpec(), seed=seed, copies=copies)
        assert np.bincount(y[split.test]).tolist() == [2156, 44]
        assert 500 < np.isin(split.test, many).sum() < 700
        assert "1 group of equal rows (3,000 rows) too large" in split.notes[0]
        cut = folds(y, split.train, SearchSpec(folds=4), seed=seed, copies=copies)
        for fold in cut:
            assert np.bincount(y[fold.validation]).tolist() == [2156, 44]
            assert 500 < np.isin(fold.validation, many).sum() < 700


def test_rows_with_very_many_copies_do_not_spoil_the_share():
    """A plain draw of 5 of these 24 sets makes test shares from 8 to 45 %."""
    rng = np.random.default_rng(0)
    copies = rng.choice(24, 2000, p=rng.dirichlet(np.ones(24)))
    y = (rng.random(2000) < 0.3).astype(np.int8)
    for seed in range(12):
        split = hold_out(y, SplitSpec(), seed=seed, copies=copies)
        assert len(split.test) == 400
        assert abs(shares(y, split.test) - shares(y, np.arange(2000))).max() < 0.002
        assert "groups of equal rows" in split.notes[0]


def test_copies_that_would_spoil_the_shares_are_drawn_like_others():
    """Each is small enough to be a copy, but there is no single row to make up."""
    y = np.repeat([0, 1], [180, 60]).astype(np.int8)
    copies = np.arange(240) // 3
    for seed in range(8):
        split = hold_out(y, SplitSpec(), seed=seed, copies=copies)
        assert abs(len(split.test) - 48) <= 2
        assert abs(shares(y, split.test)[1] - 0.25) <= 1 / 48


def oversampled(different, times, others):
    """Positives many times each, beside negatives that differ, in mixed order."""
    rows = [*range(others), *(list(range(others, others + different)) * times)]
    mixed = np.random.default_rng(0).permutation(rows)
    return (mixed >= others).astype(np.int8), mixed


@pytest.mark.parametrize("stratify", [True, False])
@pytest.mark.parametrize(
    ("different", "times", "others"),
    [(20, 50, 1000), (30, 33, 990), (40, 4, 160), (10, 10, 1000), (20, 12, 1000)],
)
def test_copies_of_an_oversampled_class_stay_on_one_side(
    different, times, others, stratify
):
    """Else every positive test row has an equal in training, noise or not."""
    y, copies = oversampled(different, times, others)
    for seed in range(3):
        spec = SplitSpec(stratify=stratify)
        split = hold_out(y, spec, seed=seed, copies=copies)
        assert split.notes == ()
        assert not torn(copies, split.train, split.test)
        assert abs(len(split.test) - 0.2 * len(y)) <= max(3, 0.01 * len(y))
        if stratify:
            assert abs(shares(y, split.test) - shares(y, split.train)).max() < 0.01
        cut = folds(y, split.train, SearchSpec(folds=5), seed=seed, copies=copies)
        for fold in cut:
            assert not torn(copies, fold.fit, fold.validation)
            assert len(np.unique(copies[fold.validation][y[fold.validation] == 1])) >= 1
            assert abs(len(fold.validation) / len(split.train) - 0.2) < 0.03


def test_a_class_that_was_oversampled_at_random_stays_whole_too():
    """Some of its rows are more than 1 % of the table then, others are fewer."""
    rng = np.random.default_rng(0)
    for different in (20, 50, 60, 100):
        picked = 1000 + rng.integers(0, different, 1000)
        copies = rng.permutation([*range(1000), *picked])
        y = (copies >= 1000).astype(np.int8)
        split = hold_out(y, SplitSpec(), seed=0, copies=copies)
        assert not torn(copies, split.train, split.test)
        assert abs(shares(y, split.test)[1] - 0.5) <= 0.01
        for fold in folds(y, split.train, SearchSpec(folds=5), seed=0, copies=copies):
            assert not torn(copies, fold.fit, fold.validation)


def test_whole_copies_that_do_not_allow_the_shares_are_said():
    y, copies = oversampled(7, 143, 1000)
    split = hold_out(y, SplitSpec(), seed=0, copies=copies)
    assert not torn(copies, split.train, split.test)
    assert np.bincount(y[split.test]).tolist() == [200, 143]
    (note,) = split.notes
    assert "are 17.1% of the rows, and 14.3 to 20% of those of a class" in note


def test_a_table_of_which_every_row_is_there_six_times_is_cut_between_the_sets():
    copies = np.random.default_rng(0).permutation(np.arange(480) // 6)
    y = (copies < 20).astype(np.int8)
    split = hold_out(y, SplitSpec(), seed=0, copies=copies)
    assert np.bincount(y[split.test]).tolist() == [72, 24]
    assert not torn(copies, split.train, split.test)


@pytest.mark.parametrize("of_negatives", [0.3, 0.64])
def test_one_pure_row_is_no_set_of_copies_however_large(of_negatives):
    """A sensor that shows nothing: training and test need their share of it."""
    y, copies = labels(5000, 100), np.arange(5000)
    many = np.flatnonzero(y == 0)[: int(of_negatives * 4900)]
    copies[many] = many[0]
    split = hold_out(y, SplitSpec(), seed=0, copies=copies)
    assert np.bincount(y[split.test]).tolist() == [980, 20]
    assert abs(np.isin(split.test, many).mean() - len(many) / 5000) < 0.05


def test_patterns_that_are_pure_because_positives_are_rare_are_drawn_like_others():
    rng = np.random.default_rng(0)
    copies = rng.choice(60, 3000, p=rng.dirichlet(np.ones(60)))
    y = labels(3000, 30)
    split = hold_out(y, SplitSpec(), seed=0, copies=copies)
    pure = [n for n in np.unique(copies) if not y[copies == n].any()]
    assert np.isin(copies[y == 0], pure).mean() > 0.2
    assert np.isin(copies[split.test], copies[split.train]).mean() > 0.9
    assert np.bincount(y[split.test]).tolist() == [594, 6]


def test_few_different_rows_of_a_class_are_in_every_fold():
    y = np.zeros(300, dtype=np.int8)
    y[:40] = 1
    copies = np.arange(300)
    copies[:40] = np.arange(40) % 4  # 4 different positives
    for number in (4, 5):
        search = SearchSpec(folds=number)
        cut = folds(y, np.arange(300), search, seed=0, copies=copies)
        assert [int(y[fold.validation].sum()) for fold in cut] == [
            40 // number
        ] * number


@pytest.mark.parametrize("stratify", [True, False])
def test_a_group_too_large_for_the_test_rows_is_for_training(stratify):
    y, groups = labels(3000, 300), np.maximum(np.arange(3000) - 1499, 0)
    for seed in range(5):
        spec = SplitSpec(group="who", stratify=stratify)
        split = hold_out(y, spec, seed=seed, groups=groups)
        assert len(split.test) == 600
        assert split.test.min() >= 1500
        if stratify:
            assert y[split.test].sum() == 60
        assert "group of 'who' has 1,500 of 3,000 rows" in split.notes[0]


def test_whole_groups_come_nearest_to_the_share_of_every_class():
    rng = np.random.default_rng(0)
    groups = rng.zipf(1.6, 4000) % 900
    y = rng.choice(4, 4000, p=[0.8, 0.1, 0.07, 0.03])
    for seed in range(3):
        split = hold_out(y, SplitSpec(), seed=seed, groups=groups)
        assert not torn(groups, split.train, split.test)
        assert abs(np.bincount(y[split.test]) - 0.2 * np.bincount(y)).max() <= 2


def test_groups_that_do_not_allow_the_share_are_said_with_what_would_do():
    y, groups = labels(600, 200), np.arange(600) % 3
    split = hold_out(y, SplitSpec(group="who"), seed=0, groups=groups)
    assert len(split.test) == 200
    (note,) = split.notes
    assert "of 'who' make a test share of 33.3%, where 20% was asked for" in note
    assert "or none, or ask for a test size of 0.33" in note


def test_groups_that_miss_the_share_by_less_than_a_point_are_not_worth_a_word():
    y = labels(600, 200)
    for many, notes in ((24, 0), (9, 1)):  # 5 of 24 are 20.8 %, 2 of 9 are 22.2 %
        groups = np.arange(600) % many
        split = hold_out(y, SplitSpec(group="who"), seed=0, groups=groups)
        off = abs(len(split.test) / 600 - 0.2)
        assert off > 0.002
        assert (len(split.notes), off > 0.01) == (notes, bool(notes))


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5])
def test_the_latest_rows_are_the_test_rows(share):
    y = labels(600, 200)
    times = np.random.default_rng(2).integers(0, 90, 600)
    split = hold_out(y, SplitSpec(test_size=share, time="t"), seed=0, times=times)
    assert times[split.train].max() < times[split.test].min()
    assert abs(len(split.test) / 600 - share) < 0.02


def test_moments_that_leave_no_choice_are_said():
    y, times = labels(100, 40), np.repeat([0, 1], [30, 70])
    split = hold_out(y, SplitSpec(time="day"), seed=0, times=times)
    assert len(split.test) == 70
    assert "moments of 'day' make a test share of 70%" in split.notes[0]
    with pytest.raises(TargetError, match="of one moment"):
        hold_out(y, SplitSpec(time="day"), seed=0, times=np.zeros(100, dtype=int))


def test_folds_in_the_order_of_time_are_fitted_on_the_past():
    y = labels(600, 200)
    times = np.random.default_rng(2).integers(0, 90, 600)
    train = np.flatnonzero(times < 75)
    cut = folds(y, train, SearchSpec(folds=4, repeats=3), seed=0, times=times)
    assert len(cut) == 4
    for before, fold in zip((None, *cut), cut, strict=False):
        assert times[fold.fit].max() < times[fold.validation].min()
        assert abs(len(fold.validation) - len(train) / 5) < 15
        if before:
            assert set(fold.fit) == {*before.fit, *before.validation}
    assert set(cut[-1].fit) | set(cut[-1].validation) == set(train)


@pytest.mark.parametrize(
    ("positives", "moments", "said"),
    [
        (range(90, 100), 100, "fold 1 of 5"),
        (range(0, 100, 3), 5, "5 different moments"),
    ],
)
def test_time_that_cannot_be_cut_is_refused(positives, moments, said):
    y = np.zeros(100, dtype=np.int8)
    y[list(positives)] = 1
    times = np.arange(100) * moments // 100
    with pytest.raises(TargetError, match=f"{said}.*fewer folds"):
        folds(y, np.arange(100), SearchSpec(folds=5), seed=0, times=times)


def test_rows_that_are_told_are_the_test_rows_whatever_the_share():
    y = labels(100, 40)
    test = np.arange(100) >= 55
    split = hold_out(y, SplitSpec(), seed=0, test=test)
    np.testing.assert_array_equal(split.test, np.arange(55, 100))
    assert split.notes == ()
    split = hold_out(y, SplitSpec(), seed=0, test=test, groups=np.arange(100) % 60)
    assert "40 groups have training rows and test rows" in split.notes[0]
    with pytest.raises(TargetError, match="no positive row among the 55 test rows"):
        hold_out(np.sort(y)[::-1], SplitSpec(), seed=0, test=np.arange(100) >= 45)
    with pytest.raises(TargetError, match="there is no test row"):
        hold_out(y, SplitSpec(), seed=0, test=np.zeros(100, dtype=bool))


def test_a_class_that_no_draw_can_test_is_refused_with_what_helps():
    y = labels(400, 2)
    with pytest.raises(TargetError, match=r"80 test rows\. .*another test size"):
        hold_out(y, SplitSpec(), seed=0)
    assert hold_out(y, SplitSpec(test_size=0.5), seed=0).test.size == 200
    with pytest.raises(TargetError, match="stratify the split or change the seed"):
        hold_out(labels(400, 1), SplitSpec(stratify=False), seed=0)


def test_more_than_two_classes_are_all_kept_in_proportion():
    y = np.repeat([0, 1, 2], [200, 80, 20]).astype(np.int8)
    split = hold_out(y, SplitSpec(), seed=0)
    assert np.bincount(y[split.test]).tolist() == [40, 16, 4]
    for fold in folds(y, split.train, SearchSpec(folds=4), seed=0):
        assert np.bincount(y[fold.validation]).tolist() == [40, 16, 4]
    with pytest.raises(TargetError, match="16 training rows of the rarest class"):
        folds(y, split.train, SearchSpec(folds=17), seed=0)


def test_a_class_of_one_row_is_for_training_and_said():
    y = np.repeat([0, 1, 2, 3], [60, 30, 1, 1]).astype(np.int8)
    split = hold_out(y, SplitSpec(), seed=0)
    assert {2, 3} <= set(y[split.train])
    assert "2 classes of one row" in split.notes[0]
    _, test = train_test_split(
        np.arange(90), test_size=0.2, random_state=0, stratify=y[:90]
    )
    np.testing.assert_array_equal(split.test, test)


def test_positives_in_one_group_are_refused_with_another_group_column_to_name():
    y = labels(400, 40)
    groups = np.where(y == 1, 0, np.arange(400) % 20)
    with pytest.raises(TargetError, match="no positive row") as refused:
        hold_out(y, SplitSpec(group="who"), seed=0, groups=groups)
    assert "name another group column" in refused.value.fix
    assert refused.value.field == "split.group"
