import numpy as np
import pandas as pd
import pytest
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from engine.data import profile
from engine.features import Features
from engine.resample import recipe, registry
from tests.conftest import make_table


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
    treated = recipe.apply(registry.arm(name), X, y, seed=0, legalise=features.legalise)
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
