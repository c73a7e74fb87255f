import json

import lightgbm
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imblearn.ensemble import (
    BalancedBaggingClassifier,
    BalancedRandomForestClassifier,
    EasyEnsembleClassifier,
    RUSBoostClassifier,
)
from scipy.special import expit
from sklearn.datasets import make_classification
from sklearn.ensemble import (
    AdaBoostClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.extmath import softmax

from engine.core.errors import DataError
from engine.train.models import trees
from engine.train.models.fitted_trees import (
    of_bagging,
    of_boosting,
    of_forest,
    of_hist_gradient_boosting,
    of_lightgbm,
)
from engine.train.models.trees import TreeModel

WIDTH = 6


def table(classes, gaps=False):
    shares = [0.85, 0.15] if classes == 2 else [0.7, 0.2, 0.1]
    X, y = make_classification(
        600, WIDTH, n_informative=4, n_classes=classes, weights=shares,
        flip_y=0.1, random_state=classes)  # fmt: skip
    X = X.astype(np.float32).round(1)  # many ties, and zeros
    X[:, 5] = np.where(X[:, 5] > 1, 1e30, X[:, 5])
    if gaps:
        X[np.random.default_rng(0).random(X.shape) < 0.1] = np.nan
    return X, y


FITTED = {
    "forest": (RandomForestClassifier(20, random_state=0), of_forest),
    "balanced-forest": (
        BalancedRandomForestClassifier(20, random_state=0), of_forest),
    "bagging": (
        BalancedBaggingClassifier(n_estimators=20, max_features=0.5, random_state=0),
        of_bagging),
    "rus-boost": (
        RUSBoostClassifier(
            DecisionTreeClassifier(max_depth=3), learning_rate=0.1, random_state=0),
        of_boosting),
    "easy-ensemble": (
        EasyEnsembleClassifier(3, AdaBoostClassifier(n_estimators=10), random_state=0),
        of_bagging),
    "hist": (
        HistGradientBoostingClassifier(max_iter=15, early_stopping=False),
        of_hist_gradient_boosting),
}  # fmt: skip
WITH_GAPS = ("forest", "balanced-forest", "bagging", "hist")


def ask(model, X):
    """What the library says, as a run has it."""
    found = model.predict_proba(X).astype(np.float32)
    return found[:, 1] if found.shape[1] == 2 else found


def boosted(X, y, classes, **more):
    """A booster of LightGBM, and its probabilities."""
    settings = {"objective": "binary"} if classes == 2 else {
        "objective": "multiclass", "num_class": classes}  # fmt: skip
    settings |= {"verbosity": -1, "num_threads": 1, "num_leaves": 7, **more}
    booster = lightgbm.Booster(settings, lightgbm.Dataset(X, y))
    for _ in range(20):
        booster.update()
    raw = booster.predict(X, raw_score=True)
    wanted = expit(raw) if classes == 2 else softmax(raw)
    return booster, wanted.astype(np.float32)


def kept(model, X, classes):
    """A model's scores, once they are the same after it was dumped and loaded."""
    raw = model.dump()
    again = TreeModel.load(raw, WIDTH, classes)
    scores = model.scores(X)
    assert again.scores(X).tobytes() == scores.tobytes()
    assert again.dump() == raw
    return scores


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("name", FITTED)
def test_scores_are_the_librarys_own_to_the_last_bit(name, classes):
    fresh, of = FITTED[name]
    for gaps in (False, True) if name in WITH_GAPS else (False,):
        X, y = table(classes, gaps)
        model = fresh.fit(X, y)
        wanted = ask(model, X)
        found = kept(of(model, classes), X, classes)
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, wanted)
        assert len(np.unique(found)) > 10


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("gaps", [False, True])
def test_scores_of_lightgbm(classes, gaps):
    X, y = table(classes, gaps)
    booster, wanted = boosted(X, y, classes)
    model = of_lightgbm(booster.model_to_string(), WIDTH, classes)
    np.testing.assert_array_equal(kept(model, X, classes), wanted)
    assert len(np.unique(wanted)) > 10


def test_lightgbm_takes_missing_values_for_zeros_where_it_saw_none():
    X, y = table(2)
    booster, _ = boosted(X, y, 2)
    X[::2, 1:3] = np.nan
    model = of_lightgbm(booster.model_to_string(), WIDTH, 2)
    wanted = expit(booster.predict(X, raw_score=True)).astype(np.float32)
    np.testing.assert_array_equal(model.scores(X), wanted)


def test_lightgbm_that_finds_no_split():
    X, y = table(2)
    booster, wanted = boosted(X, y, 2, min_data_in_leaf=10_000)
    model = of_lightgbm(booster.model_to_string(), WIDTH, 2)
    np.testing.assert_array_equal(kept(model, X, 2), wanted)


@pytest.mark.parametrize("name", FITTED)
def test_classes_without_rows_get_no_probability(name):
    fresh, of = FITTED[name]
    X, y = table(3)
    for classes, seen in ((3, [0, 2]), (4, [0, 1, 3])):
        labels = y if classes == 4 else np.minimum(y, 1)
        model = fresh.fit(X, np.array(seen)[labels])
        wanted = np.zeros((len(X), classes), dtype=np.float32)
        wanted[:, seen] = model.predict_proba(X)
        found = kept(of(model, classes), X, classes)
        np.testing.assert_array_equal(found, wanted)


def test_members_that_missed_a_class():
    X, y = table(3)
    rare = np.where((y == 2) & (np.cumsum(y == 2) > 2), 0, y)
    model = BalancedBaggingClassifier(n_estimators=10, random_state=1, max_samples=0.5)
    model.fit(X, rare)
    assert any(len(member[-1].classes_) < 3 for member in model.estimators_)
    np.testing.assert_array_equal(kept(of_bagging(model, 3), X, 3), ask(model, X))


def test_no_row_and_one_column():
    X, y = table(3)
    model = of_forest(RandomForestClassifier(2).fit(X, y), 3)
    assert model.scores(X[:0]).shape == (0, 3)
    narrow = BalancedBaggingClassifier(random_state=0).fit(X[:, :1], y)
    found = of_bagging(narrow, 3).scores(X[:, :1])
    np.testing.assert_array_equal(found, ask(narrow, X[:, :1]))


# Files --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def files():
    """A small model of each link, of two classes and of three, as a file."""
    kinds = (
        (
            RandomForestClassifier(3, max_depth=3, random_state=0),
            of_forest,
        ),
        (RUSBoostClassifier(n_estimators=4, random_state=0), of_boosting),
        (
            HistGradientBoostingClassifier(max_iter=3),
            of_hist_gradient_boosting,
        ),
    )
    return [
        (of(fresh.fit(*table(classes)), classes).dump(), classes)
        for fresh, of in kinds
        for classes in (2, 3)
    ]


def parts(raw):
    """A file's first line, and its arrays by name."""
    line, _, rest = raw.partition(b"\n")
    head, arrays = json.loads(line), {}
    layout = trees._layout(trees.msgspec.convert(head, trees._Head))
    for name, kind, shape in layout:
        found = np.frombuffer(rest, kind, int(np.prod(shape))).reshape(shape)
        rest = rest[found.nbytes :]
        arrays[name] = found.copy()
    assert rest == b""
    return head, arrays


def joined(head, arrays):
    line = json.dumps(head).encode()
    return b"\n".join((line, b"".join(a.tobytes() for a in arrays.values())))


def put(name, place, value):
    return lambda head, arrays: arrays[name].__setitem__(place, value)


def say(**more):
    return lambda head, arrays: head.update(more)


SPOILT = (
    (say(width=5), "other columns"),
    (say(classes=4), "other classes"),
    (say(known=[0]), "other classes"),
    (say(known=[1, 0]), "other classes"),
    (say(known=[0, 2]), "other classes"),
    (say(version=2), "first line"),
    (say(link="sum"), "first line"),
    (say(more=1), "first line"),
    (say(nodes=10**12), "nodes"),
    (say(nodes=-1), "counts"),
    (say(members=0), "counts"),
    (say(trees=4), "counts"),
    (say(trees=5), "another length"),
    (put("members", 0, 2), "counts"),
    (put("sizes", 0, 2**62), "counts"),
    (put("sizes", 0, -1), "counts"),
    (put("feature", 0, WIDTH), "a column that there is not"),
    (put("feature", 0, -2), "a column that there is not"),
    (put("feature", 0, -1), "counts"),
    (put("threshold", 0, np.nan), "a threshold"),
    (put("missing_left", 0, 2), "missing values"),
    (put("value", 0, np.nan), "too large"),
    (put("value", 0, 1e30), "too large"),
    (put("value", 0, 1.5), "no share"),
    (put("value", 0, -0.5), "no share"),
    (put("base", 0, 0.5), "no share"),
    (put("norms", 0, 2.0), "weigh nothing"),
    (put("norms", 0, 0.0), "weigh nothing"),
)


def test_a_file_that_contradicts_itself_is_refused(files):
    raw, classes = files[0]
    failures = []
    for number, (change, word) in enumerate(SPOILT):
        head, arrays = parts(raw)
        change(head, arrays)
        try:
            TreeModel.load(joined(head, arrays), WIDTH, classes)
        except DataError as error:
            if word not in str(error):
                failures.append((number, word, str(error)))
        else:
            failures.append((number, word, "it was opened"))
    assert not failures


def shaped(inner, sizes):
    """A forest's file with these nodes, told whether they split."""
    inner = np.array(inner, dtype=bool)
    splits = int(inner.sum())
    model = TreeModel(
        "share", 1, 2, (0, 1), np.zeros(1), np.array([float(len(sizes))]),
        np.array([len(sizes)]), np.array(sizes), np.where(inner, 0, -1),
        np.zeros(splits, dtype=np.float32), np.zeros(splits, dtype=bool),
        np.linspace(0, 1, len(inner) - splits)[:, None],
    )  # fmt: skip
    return model.dump()


def test_branches_that_lead_nowhere_are_refused():
    """A tree of n nodes has n splits' children and a root, all below their parents."""
    longest = [*[True, False] * trees.MOST_DEPTH, False][1:]
    for inner, sizes, word in (
        ([True, False, False], [3], ""),
        ([False, True, False], [3], "no branch leads"),
        ([False, False, True], [3], "no branch leads"),
        ([True, False, False, True, False, False], [5, 1], "no branch leads"),
        ([True, True, False, False, False], [5], ""),
        ([True, False, False, False, True], [5], "no branch leads"),
        ([True, True, False, False, False, False], [3, 3], "leads to no node"),
        ([True, *longest], [len(longest) + 1], ""),
        ([True, True, False, *longest], [len(longest) + 3], "longer than"),
    ):
        raw = shaped(inner, sizes)
        try:
            model = TreeModel.load(raw, 1, 2)
            assert np.isfinite(model.scores(np.float32([[0], [1]]))).all()
            said = ""
        except DataError as error:
            said = str(error)
        assert word in said, (inner[:9], sizes, said)
        assert bool(word) == bool(said), (inner[:9], sizes, said)


@given(
    which=st.integers(0, 5),
    flips=st.lists(st.tuples(st.floats(0, 0.999), st.integers(1, 255)), max_size=3),
    cut=st.none() | st.floats(0, 1),
)
def test_a_spoilt_file_is_refused_or_gives_scores(files, which, flips, cut):
    raw, classes = files[which]
    spoilt = bytearray(raw)
    for place, mask in flips:
        spoilt[int(place * len(raw))] ^= mask
    if cut is not None:
        del spoilt[int(cut * len(raw)) :]
    X = table(2, gaps=True)[0]
    try:
        model = TreeModel.load(bytes(spoilt), WIDTH, classes)
    except DataError:
        return
    found = model.scores(X)
    assert found.shape == ((len(X),) if classes == 2 else (len(X), classes))
    assert ((found >= 0) & (found <= 1)).all()


def test_what_is_no_file_of_trees():
    for raw in (b"", b"\n", b"[]\n", b"{}\n" * 3, b"\x80\x04K\x01.\n", b"{" * 10**6):
        with pytest.raises(DataError, match="no sound tree model"):
            TreeModel.load(raw, WIDTH, 2)
