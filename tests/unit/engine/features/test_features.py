import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from engine.core.methods import grammar
from engine.data import profile
from engine.features.encoder import Features
from engine.features.encoding import LARGEST, UNSEEN
from engine.resample import method
from tests.support.experiments import make_table


@pytest.fixture
def frame():
    return make_table(300).drop(columns=["id", "sick"])


def fitted(frame, **given):
    return Features(profile.columns(frame), **given).fit(frame)


def test_it_is_scikit_learns_imputer_scaler_and_encoder(frame):
    X = fitted(frame).transform(frame)
    numbers = frame[["risk", "age", "dose"]]
    filled = SimpleImputer(strategy="median").fit_transform(numbers)
    scaled = StandardScaler().fit_transform(filled)
    np.testing.assert_allclose(X[:, [0, 1, 3]], scaled, atol=1e-6)
    np.testing.assert_array_equal(X[:, 2], frame["flag"])
    np.testing.assert_array_equal(X[:, 4], frame["dose"].isna())
    one_hot = OneHotEncoder(sparse_output=False).fit_transform(frame[["colour"]])
    np.testing.assert_array_equal(X[:, 5:], one_hot)
    assert X.dtype == np.float32


@pytest.mark.parametrize("missing", ["impute", "native"])
def test_places_of_rows_are_as_the_rows_themselves(frame, missing, monkeypatch):
    monkeypatch.setattr("engine.features.encoding.BLOCK_ROWS", 17)
    at = np.random.default_rng(0).permutation(len(frame))[:90]
    columns = profile.columns(frame)
    of_places = Features(columns, missing).fit(frame, at=at)
    of_rows = Features(columns, missing).fit(frame.iloc[at])
    assert of_places.encoding_ == of_rows.encoding_
    np.testing.assert_array_equal(of_places.fitted_on_, of_rows.fitted_on_)
    rows = of_places.transform(frame, at)
    np.testing.assert_array_equal(rows, of_rows.transform(frame.iloc[at]))
    np.testing.assert_array_equal(rows, of_places.transform(frame)[at])


@pytest.mark.parametrize("missing", ["impute", "native"])
@pytest.mark.parametrize("cells", [1, 2**23])
def test_columns_are_learned_from_as_each_by_itself(cells, missing, monkeypatch):
    """To the last bit: sums of long columns depend on the order of their cells."""
    rng = np.random.default_rng(0)
    numbers = rng.lognormal(3, 9, (3_001, 7)) * rng.choice([-1, 1], (3_001, 7))
    numbers[rng.random(numbers.shape) < 0.1] = np.nan
    frame = pd.DataFrame(numbers, columns=[*"abcdefg"]).assign(b=rng.random(3_001))
    columns = profile.columns(frame)
    alone = [
        Features([column], missing).fit(frame[[column.name]]).encoding_.numbers[0]
        for column in columns
    ]
    for column, code in zip(columns, alone, strict=True):
        cells_of = frame[[column.name]].to_numpy(np.float64)
        cells_of = np.clip(cells_of, -LARGEST, LARGEST)
        imputer = SimpleImputer(strategy="median").fit(cells_of)
        rows = imputer.transform(cells_of) if missing == "impute" else cells_of
        scaler = StandardScaler().fit(rows)
        assert (code.mean, code.spread) == (scaler.mean_[0], scaler.scale_[0])
        assert code.fill == imputer.statistics_[0]
    monkeypatch.setattr("engine.features.encoder.BLOCK_CELLS", cells)
    together = Features(columns, missing).fit(frame).encoding_
    assert together.numbers == tuple(alone)


def test_missing_levels_are_a_level_and_new_ones_are_none(frame):
    frame.loc[:20, "colour"] = None
    features = fitted(frame)
    new = frame.head(2).assign(colour=["violet", None])
    levels = features.transform(new)[:, features.levels_[0]]
    assert features.names_[features.levels_[0].start] == "colour=(missing)"
    np.testing.assert_array_equal(levels.sum(axis=1), [0, 1])
    assert levels[1, 0] == 1


def test_rare_levels_share_an_indicator():
    frame = pd.DataFrame({"c": [*"aaabbb", *map(str, range(10))] * 5})
    features = fitted(frame, max_categories=3)
    assert features.names_ == ["c=a", "c=b", "c=(rare)"]
    X = features.transform(pd.DataFrame({"c": ["a", "3", "never seen"]}))
    assert X.tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 1]]


def test_native_keeps_numbers_missing(frame):
    features = fitted(frame, missing="native")
    X = features.transform(frame)
    assert np.isnan(X).sum() == frame["dose"].isna().sum()
    assert not any("missing" in name for name in features.names_)


def test_only_fitting_rows_teach_anything(frame):
    """A canary: a judged row of extreme values changes nothing that was fitted."""
    calm, wild = frame.copy(), frame.copy()
    wild.loc[200:, ["risk", "dose"]] = 1e12
    wild.loc[200:, "colour"] = "canary"
    one, two = fitted(calm.iloc[:200]), fitted(wild.iloc[:200])
    assert one.names_ == two.names_
    np.testing.assert_array_equal(
        one.transform(calm.iloc[:200]), two.transform(wild.iloc[:200])
    )


def test_real_rows_are_legal_already(frame):
    features = fitted(frame)
    X = features.transform(frame)
    np.testing.assert_array_equal(features.legalise(X), X)


@pytest.mark.parametrize("name", ["smote", "kmeans-smote", "svm-smote", "smote-enn"])
def test_a_synthetic_row_holds_only_values_that_exist(name):
    table = make_table(600, share=0.15)
    y = (table.pop("sick") == "yes").to_numpy().astype(np.int8)
    frame = table.drop(columns="id")
    features = fitted(frame)
    X = features.transform(frame)
    treated = method.apply(
        grammar.parse(name), X, y, seed=0, legalise=features.legalise
    )
    made = treated.X[treated.origin < 0]
    assert len(made) > 100
    for position in (1, 2, 4, 5, 6, 7):  # age, flag, dose missing, colours
        low, high = X[:, position].min(), X[:, position].max()
        assert set(made[:, position]) <= set(np.unique(X[:, position])) or position == 1
        assert low <= made[:, position].min() <= made[:, position].max() <= high
    ages = made[:, 1] * frame["age"].std(ddof=0) + frame["age"].mean()
    np.testing.assert_allclose(ages, np.rint(ages), atol=1e-4)
    np.testing.assert_array_equal(made[:, 5:8].sum(axis=1), 1)
    # Where the dose is marked missing it is the fill value, as in a real row.
    filled = X[X[:, 4] == 1][0, 3]
    assert (made[made[:, 4] == 1][:, 3] == filled).all()
    # Real rows come through untouched.
    real = treated.origin[treated.origin >= 0]
    np.testing.assert_array_equal(treated.X[treated.origin >= 0], X[real])


@given(rows=st.integers(20, 80), seed=st.integers(0, 2**16), most=st.integers(2, 6))
def test_codes_are_the_matrix_in_fewer_columns(rows, seed, most):
    frame = make_table(rows, seed=seed).drop(columns=["id", "sick"])
    frame.loc[: rows // 4, "colour"] = None
    features = fitted(frame, max_categories=most)
    layout, X = features.layout_, features.transform(frame)
    codes = layout.collapse(X)
    assert codes.shape == (rows, len(layout.names)) == (rows, layout.categorical.size)
    np.testing.assert_array_equal(layout.expand(codes), X)
    assert layout.expand(codes).dtype == codes.dtype == X.dtype


def test_codes_of_numbers_flags_and_categories(frame):
    features = fitted(frame)
    layout = features.layout_
    assert layout.names == ("risk", "age", "flag", "dose", "dose missing", "colour")
    assert layout.categorical.tolist() == [False, False, True, False, True, True]
    codes = layout.collapse(features.transform(frame))
    names = [features.names_[layout.levels[0][0] + int(code)] for code in codes[:, 5]]
    assert names == [f"colour={value}" for value in frame["colour"]]
    new = features.transform(frame.head(1).assign(colour="violet"))
    assert layout.collapse(new)[0, 5] == UNSEEN
    np.testing.assert_array_equal(layout.expand(layout.collapse(new)), new)


def test_a_table_of_numbers_has_codes_that_are_its_matrix():
    frame = pd.DataFrame({"a": [1.5, 2.5, 4.0], "b": [7, 8, 12]})
    features = fitted(frame)
    X = features.transform(frame)
    np.testing.assert_array_equal(features.layout_.collapse(X), X)
    np.testing.assert_array_equal(features.layout_.expand(X), X)
    assert not features.layout_.categorical.any()


def restored(frame, features, **given):
    return features.restore(features.transform(frame), **given)


def test_restored_real_rows_are_the_rows_of_the_table(frame):
    frame.loc[:20, "colour"] = None
    frame["age"] = frame["age"].astype("Int64").where(frame.index > 30)
    frame["dose"] = frame["dose"].round(2)
    back = restored(frame, fitted(frame))
    assert list(back) == list(frame)
    for name in frame:
        assert back[name].isna().equals(frame[name].isna())
        same = back[name].dropna() == frame[name].dropna()
        assert same.all(), name
    assert back["age"].dtype == "Int64"
    assert back["flag"].dtype == "int64"


@pytest.mark.parametrize(
    "values",
    [
        [0, 1, 1, 0],
        [0.0, 1.0, np.nan, 1.0],
        ["yes", "no", "no", None],
        ["True", "False", "True", "True"],
        ["00501", "10115", "00501", "80331"],
        [1e20, 5e20, 3e20, 2e20],
        [0.125, 12.5, 99.75, -3.0],
    ],
)
def test_restored_cells_are_the_values_that_they_were(values):
    frame = pd.DataFrame({"a": pd.Series(values), "b": [1.5, 2.5, 3.5, 4.5]})
    back = restored(frame, fitted(frame))["a"]
    known = frame["a"].notna()
    assert back.notna().tolist() == known.tolist()
    if frame["a"].dtype == float:
        numbers = back[known].to_numpy(float)
        np.testing.assert_allclose(numbers, frame["a"][known], rtol=1e-6)
    else:
        assert back[known].tolist() == frame["a"][known].tolist()


def test_codes_that_are_said_to_be_categories_stay_numbers():
    frame = pd.DataFrame({"code": [10, 20, 20, 30]})
    (column,) = profile.columns(frame)
    features = Features([column._replace(kind="category")]).fit(frame)
    assert restored(frame, features)["code"].tolist() == [10, 20, 20, 30]


def test_a_rare_level_is_that_of_a_parent():
    frame = pd.DataFrame({"c": [*"aaabbbxxyz"] * 5, "n": range(50)})
    features = fitted(frame, max_categories=3)
    rare = frame[frame["c"] == "y"].head(1)
    assert restored(rare, features)["c"].tolist() == ["(rare)"]
    first = pd.DataFrame({"c": ["a"], "n": [1]})
    for second, level in (("z", "z"), ("y", "y"), ("b", "x"), (None, "x")):
        parents = (first, pd.DataFrame({"c": [second], "n": [1]}))
        assert restored(rare, features, parents=parents)["c"].tolist() == [level]
    both = (pd.DataFrame({"c": ["z"], "n": [1]}), pd.DataFrame({"c": ["y"], "n": [1]}))
    assert restored(rare, features, parents=both)["c"].tolist() == ["z"]


@given(seed=st.integers(0, 2**16), spread=st.floats(0.1, 4))
def test_a_made_up_row_is_restored_to_one_that_could_exist(seed, spread):
    frame = make_table(80, seed=seed).drop(columns=["id", "sick"])
    frame["dose"] = frame["dose"].round(1)
    features = fitted(frame)
    rng = np.random.default_rng(seed)
    X = features.transform(frame)
    noise = X + rng.normal(size=X.shape, scale=spread).astype(np.float32)
    made = features.restore(features.legalise(noise))
    for name in ("risk", "age", "flag", "dose"):
        known = made[name].dropna().to_numpy(float)
        assert frame[name].min() <= known.min() <= known.max() <= frame[name].max()
        assert (np.round(known, 3 if name == "risk" else 1) == known).all()
    assert made["age"].dtype == "int64"
    assert set(made["flag"]) <= {0, 1}
    assert set(made["colour"]) <= set(frame["colour"])
    # Encoding them again changes nothing that a model could see.
    np.testing.assert_allclose(
        features.transform(made), features.legalise(noise), atol=0.2
    )
