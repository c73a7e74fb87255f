import pickle
from types import SimpleNamespace

import numpy as np
import pytest
from imblearn import combine, over_sampling, under_sampling
from imblearn.base import BaseSampler
from imblearn.over_sampling.base import BaseOverSampler
from sklearn.base import clone
from sklearn.datasets import make_classification

from engine.resample.provenance import SYNTHETIC, match_rows, origin, selected_rows
from engine.resample.trace import parents, tracing_class
from tests.support.each import for_each


def rows(n=400, weights=(0.8, 0.2), seed=0):
    X, y = make_classification(
        n,
        6,
        n_informative=4,
        n_redundant=1,
        n_classes=len(weights),
        weights=list(weights),
        class_sep=1.0,
        flip_y=0.02,
        random_state=seed,
    )
    return X.astype(np.float32), y


def coded(seed=0, numbers=2):
    """Numbers, then one code per category."""
    rng = np.random.default_rng(seed)
    y = np.repeat([0, 1], [150, 30])
    columns = [rng.normal(size=180) + y for _ in range(numbers)]
    columns += [rng.integers(3 + y) for _ in range(3)]
    return np.column_stack(columns).astype(np.float32), y


def smotenc(kind, **given):
    return kind(over_sampling.SMOTENC)(categorical_features=[2, 3, 4], **given)


def stock(kind):
    return kind


INTERPOLATING = {
    "smote": lambda kind: kind(over_sampling.SMOTE)(random_state=1),
    "borderline-1": lambda kind: kind(over_sampling.BorderlineSMOTE)(random_state=1),
    "borderline-2": lambda kind: kind(over_sampling.BorderlineSMOTE)(
        random_state=1, kind="borderline-2"
    ),
    "svm-smote": lambda kind: kind(over_sampling.SVMSMOTE)(random_state=1),
    "kmeans-smote": lambda kind: kind(over_sampling.KMeansSMOTE)(
        random_state=1, cluster_balance_threshold=0.1, kmeans_estimator=4
    ),
    "smote-enn": lambda kind: combine.SMOTEENN(
        smote=kind(over_sampling.SMOTE)(random_state=1)
    ),
    "smote-tomek": lambda kind: combine.SMOTETomek(
        smote=kind(over_sampling.SMOTE)(random_state=1)
    ),
}
SELECTING = {
    "random-under": under_sampling.RandomUnderSampler(random_state=1),
    "random-under-again": under_sampling.RandomUnderSampler(
        random_state=1, replacement=True
    ),
    "condensed": under_sampling.CondensedNearestNeighbour(random_state=1),
    "enn": under_sampling.EditedNearestNeighbours(),
    "repeated-enn": under_sampling.RepeatedEditedNearestNeighbours(),
    "all-knn": under_sampling.AllKNN(),
    "instance-hardness": under_sampling.InstanceHardnessThreshold(random_state=1, cv=3),
    "near-miss-1": under_sampling.NearMiss(version=1),
    "near-miss-2": under_sampling.NearMiss(version=2),
    "near-miss-3": under_sampling.NearMiss(version=3, n_neighbors_ver3=20),
    "neighbourhood-cleaning": under_sampling.NeighbourhoodCleaningRule(),
    "one-sided-selection": under_sampling.OneSidedSelection(random_state=1),
    "tomek-links": under_sampling.TomekLinks(),
    "cluster-centroids-hard": under_sampling.ClusterCentroids(
        random_state=1, voting="hard"
    ),
    "random-over": over_sampling.RandomOverSampler(random_state=1),
}


def treated(sampler, X, y):
    after, labels = sampler.fit_resample(X, y)
    where = origin(sampler, X, y, after, labels)
    assert where.dtype == np.int64
    real = where != SYNTHETIC
    np.testing.assert_array_equal(after[real], X[where[real]])
    np.testing.assert_array_equal(labels[real], y[where[real]])
    return after, labels, where


@for_each("weights", [(0.8, 0.2), (0.6, 0.25, 0.15)])
@for_each("name", SELECTING)
def test_a_sampler_that_selects_makes_nothing(name, weights):
    X, y = rows(240, weights)
    after, labels, where = treated(clone(SELECTING[name]), X, y)
    assert (where >= 0).all()
    found = parents(SELECTING[name], X, y, after, labels, where)
    assert (found.first == -1).all()
    assert (found.second == -1).all()
    assert np.isnan(found.weight).all()


@for_each("weights", [(0.8, 0.2), (0.6, 0.25, 0.15)])
@for_each("name", INTERPOLATING)
def test_noted_parents_make_the_row_again(name, weights):
    X, y = rows(weights=weights)
    sampler = INTERPOLATING[name](tracing_class)
    after, labels, where = treated(sampler, X, y)
    expected, expected_labels = INTERPOLATING[name](stock).fit_resample(X, y)
    np.testing.assert_array_equal(after, expected)
    np.testing.assert_array_equal(labels, expected_labels)
    found = parents(sampler, X, y, after, labels, where)
    made = where == SYNTHETIC
    assert made.any()
    np.testing.assert_array_equal(found.exact, made)
    first, second = X[found.first[made]], X[found.second[made]]
    again = first + found.weight[made, None] * (second - first)
    np.testing.assert_allclose(again, after[made], rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(y[found.first[made]], labels[made])
    if name != "borderline-2":
        np.testing.assert_array_equal(y[found.second[made]], labels[made])
    assert (found.first[~made] == -1).all()
    assert np.isnan(found.weight[~made]).all()


def test_svm_smote_reaches_beyond_and_borderline_2_towards_the_other_class():
    X, y = rows()
    for name, low in (("svm-smote", -0.5), ("borderline-2", 0.0)):
        sampler = INTERPOLATING[name](tracing_class)
        after, labels, where = treated(sampler, X, y)
        found = parents(sampler, X, y, after, labels, where)
        made = where == SYNTHETIC
        weight = found.weight[made]
        assert low <= weight.min() < low + 0.1
        other = y[found.second[made]] != labels[made]
        assert other.any() == (name == "borderline-2")
        # A noted step would be twice as long, or more.
        assert weight[other].max(initial=0) <= 0.5


def test_the_search_finds_the_parents_that_smote_notes():
    X, y = rows()
    noting, silent = (INTERPOLATING["smote"](kind) for kind in (tracing_class, stock))
    after, labels, where = treated(noting, X, y)
    told = parents(noting, X, y, after, labels, where)
    silent.fit_resample(X, y)
    found = parents(silent, X, y, after, labels, where)
    made = where == SYNTHETIC
    assert not found.exact.any()
    pairs = np.sort([told.first[made], told.second[made]], axis=0)
    same = (pairs == np.sort([found.first[made], found.second[made]], axis=0)).all(0)
    assert same.mean() > 0.99
    turned = np.where(told.first == found.first, told.weight, 1 - told.weight)[made]
    np.testing.assert_allclose(found.weight[made][same], turned[same], atol=1e-4)


def test_adasyns_parents_are_looked_for():
    X, y = rows(weights=(0.6, 0.25, 0.15))
    sampler = tracing_class(over_sampling.ADASYN)(random_state=1)
    after, labels, where = treated(sampler, X, y)
    found = parents(sampler, X, y, after, labels, where)
    made = where == SYNTHETIC
    assert not found.exact.any()
    first, second = X[found.first[made]], X[found.second[made]]
    again = first + found.weight[made, None] * (second - first)
    np.testing.assert_allclose(again, after[made], atol=1e-5)
    np.testing.assert_array_equal(y[found.first[made]], labels[made])


def test_rows_that_are_alike_share_their_parents():
    X, y = rows()
    X[:, 0], X = np.rint(X[:, 0]), np.vstack([X, X])
    y = np.r_[y, y]
    for name in ("smote", "kmeans-smote"):
        sampler = INTERPOLATING[name](tracing_class)
        after, labels, where = treated(sampler, X, y)
        found = parents(sampler, X, y, after, labels, where)
        made = where == SYNTHETIC
        assert found.exact[made].all()
        first, second = X[found.first[made]], X[found.second[made]]
        again = first + found.weight[made, None] * (second - first)
        np.testing.assert_allclose(again, after[made], atol=1e-5)


@for_each("flat", [False, True])
def test_smotenc_tells_parents_of_its_numbers(flat):
    X, y = coded()
    if flat:
        # No spread in the numbers: another branch of its code.
        X[y == 1, :2] = 1.5
    sampler = smotenc(tracing_class, random_state=1)
    after, labels, where = treated(sampler, X, y)
    np.testing.assert_array_equal(
        after, smotenc(stock, random_state=1).fit_resample(X, y)[0]
    )
    found = parents(sampler, X, y, after, labels, where)
    made = where == SYNTHETIC
    assert found.exact[made].all()
    first, second = X[found.first[made], :2], X[found.second[made], :2]
    again = first + found.weight[made, None] * (second - first)
    np.testing.assert_allclose(again, after[made, :2], atol=1e-5)
    assert set(after[made, 2:].ravel()) <= set(X[:, 2:].ravel())


def test_a_vote_of_neighbours_has_the_nearest_row_as_its_parent():
    X, y = coded(numbers=0)
    sampler = tracing_class(over_sampling.SMOTEN)(random_state=1)
    after, labels, where = treated(sampler, X, y)
    found = parents(sampler, X, y, after, labels, where)
    made = where == SYNTHETIC
    own = X[y == 1]
    least = (after[made][:, None] != own[None]).sum(axis=2).min(axis=1)
    differing = (after[made] != X[found.first[made]]).sum(axis=1)
    np.testing.assert_array_equal(differing, least)
    assert (y[found.first[made]] == 1).all()
    assert (found.second == -1).all()
    assert not found.exact.any()


@for_each("weights", [(0.8, 0.2), (0.15, 0.6, 0.25)])
def test_centroids_are_synthetic_and_the_other_rows_real(weights):
    X, y = rows(weights=weights)
    sampler = under_sampling.ClusterCentroids(random_state=1)
    after, labels, where = treated(sampler, X, y)
    rare = np.bincount(y).argmin()
    np.testing.assert_array_equal(where == SYNTHETIC, labels != rare)
    found = parents(sampler, X, y, after, labels, where)
    made = where == SYNTHETIC
    np.testing.assert_array_equal(y[found.first[made]], labels[made])
    apart = np.linalg.norm(after[made][:, None].astype(float) - X[None], axis=2)
    apart[labels[made][:, None] != y[None]] = np.inf
    np.testing.assert_allclose(
        apart[np.arange(made.sum()), found.first[made]], apart.min(axis=1)
    )
    assert (found.second == -1).all()


def test_a_jittered_copy_is_synthetic_and_names_its_row():
    X, y = rows()
    sampler = over_sampling.RandomOverSampler(random_state=1, shrinkage=0.5)
    after, labels, where = treated(sampler, X, y)
    made = where == SYNTHETIC
    np.testing.assert_array_equal(made, np.arange(len(after)) >= len(X))
    found = parents(sampler, X, y, after, labels, where)
    np.testing.assert_array_equal(found.first[made], sampler.sample_indices_[made])
    assert found.exact[made].all()
    assert (found.second == -1).all()


class Plug(BaseSampler):
    """A sampler as others write them."""

    _sampling_type = "over-sampling"
    _parameter_constraints = BaseOverSampler._parameter_constraints

    def __init__(self, how="append"):
        super().__init__()
        self.how = how

    def _fit_resample(self, X, y):
        own = np.flatnonzero(y == 1)
        made = (X[own] + X[np.roll(own, 1)]) / 2
        if self.how == "append":
            return np.vstack([X, made]), np.r_[y, np.ones(len(made), y.dtype)]
        order = np.random.default_rng(0).permutation(len(X))
        if self.how == "name":
            self.sample_indices_ = order[:50]
            return X[order[:50]], y[order[:50]]
        if self.how == "misname":
            self.sample_indices_ = own
        after, labels = np.vstack([made, X[order]]), np.r_[np.ones(len(own)), y[order]]
        return after, labels.astype(y.dtype)


@for_each("how", ["append", "name", "misname", "shuffle"])
def test_a_sampler_of_others_is_understood(how):
    X, y = rows()
    sampler = tracing_class(Plug)(how=how)
    after, labels, where = treated(sampler, X, y)
    expected = 0 if how == "name" else (y == 1).sum()
    assert (where == SYNTHETIC).sum() == expected
    found = parents(sampler, X, y, after, labels, where)
    made = where == SYNTHETIC
    assert not found.exact.any()
    np.testing.assert_array_equal(y[found.first[made]], labels[made])


def test_the_only_row_of_a_class_is_the_parent_of_all_its_rows():
    X, y = np.arange(8.0).reshape(4, 2), np.array([0, 0, 0, 1])
    after, labels = np.vstack([X, X[3:] + 1]), np.r_[y, 1]
    where = origin(SimpleNamespace(), X, y, after, labels)
    assert where.tolist() == [0, 1, 2, 3, SYNTHETIC]
    found = parents(SimpleNamespace(), X, y, after, labels, where)
    assert (found.first[4], found.second[4], found.exact[4]) == (3, -1, False)


class Liar(over_sampling.SMOTE):
    """Makes other rows than it is asked for."""

    def _generate_samples(self, X, *rest):
        return super()._generate_samples(X, *rest) + X.dtype.type(0.01)


def test_noted_parents_that_do_not_make_the_row_are_not_believed():
    X, y = rows()
    sampler = tracing_class(Liar)(random_state=1)
    after, labels, where = treated(sampler, X, y)
    found = parents(sampler, X, y, after, labels, where)
    assert not found.exact.any()
    assert (found.first[where == SYNTHETIC] >= 0).all()


def test_repeated_enn_that_finds_nothing_names_the_right_rows():
    rng = np.random.default_rng(0)
    y = rng.permutation(np.repeat([0, 1], [80, 20]))
    X = rng.normal(size=(100, 3)) + 50 * y[:, None]
    sampler = under_sampling.RepeatedEditedNearestNeighbours()
    _, _, where = treated(sampler, X, y)
    assert sorted(where) == list(range(100))


def test_missing_values_are_equal_to_themselves():
    X, y = rows()
    X[::7, 2] = np.nan
    sampler = over_sampling.RandomOverSampler(random_state=1)
    _, _, where = treated(sampler, X, y)
    assert (where >= 0).all()
    again = match_rows(X, y, X, y)
    np.testing.assert_array_equal(X[again], X)


def test_equal_rows_are_matched_in_turn_and_within_their_class():
    among = np.array([[0.0], [1.0], [-0.0], [0.0]])
    labels = np.array([0, 0, 0, 1])
    asked = np.array([[0.0], [-0.0], [0.0], [0.0], [1.0]])
    found = match_rows(asked, np.array([0, 0, 0, 1, 1]), among, labels)
    assert found.tolist() == [0, 2, 0, 3, -1]
    assert match_rows(asked[:0], labels[:0], among, labels).tolist() == []


def test_row_numbers_of_another_length_are_not_taken():
    assert selected_rows(SimpleNamespace(sample_indices_=[1, 2]), 3) is None
    assert selected_rows(SimpleNamespace(sample_indices_=[1, 2]), 2).tolist() == [1, 2]
    assert selected_rows(SimpleNamespace(sample_indices_=np.array([0.5])), 1) is None
    assert selected_rows(SimpleNamespace(), 2) is None


@for_each(
    "kind",
    [
        over_sampling.SMOTE,
        over_sampling.SMOTENC,
        over_sampling.BorderlineSMOTE,
        over_sampling.SVMSMOTE,
        over_sampling.KMeansSMOTE,
    ],
)
def test_a_noting_class_is_like_its_own(kind):
    noting = tracing_class(kind)
    assert noting is tracing_class(kind) is tracing_class(noting)
    assert (noting.__name__, noting.__module__) == (kind.__name__, kind.__module__)
    given = {"categorical_features": [0]} if kind is over_sampling.SMOTENC else {}
    sampler, plain = noting(k_neighbors=3, **given), kind(k_neighbors=3, **given)
    assert sampler.get_params() == plain.get_params()
    assert repr(sampler) == repr(plain)
    copy = clone(sampler)
    assert type(copy) is noting
    assert copy.get_params() == plain.get_params()


def test_an_error_names_imbalanced_learns_class():
    X, y = rows()
    with pytest.raises(ValueError, match="'k_neighbors' parameter of SMOTE must be"):
        tracing_class(over_sampling.SMOTE)(k_neighbors=0).fit_resample(X, y)


def test_a_noting_sampler_can_be_sent_and_fitted_again():
    X, y = rows()
    sampler = tracing_class(over_sampling.SMOTE)(random_state=1)
    after, labels, where = treated(sampler, X, y)
    sent = pickle.loads(pickle.dumps(sampler))
    told, found = (parents(s, X, y, after, labels, where) for s in (sampler, sent))
    np.testing.assert_array_equal(told.first, found.first)
    assert found.exact.sum() == (where == SYNTHETIC).sum()
    few = np.r_[np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:30]]
    after, labels, where = treated(sampler, X[few], y[few])
    found = parents(sampler, X[few], y[few], after, labels, where)
    assert found.exact.sum() == (where == SYNTHETIC).sum()


@for_each(
    "kind",
    [over_sampling.ADASYN, over_sampling.SMOTEN, under_sampling.TomekLinks, Plug],
)
def test_where_there_is_nothing_to_note_the_class_stays(kind):
    assert tracing_class(kind) is kind
