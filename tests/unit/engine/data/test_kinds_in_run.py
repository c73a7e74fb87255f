"""A run, whose training rows tell what columns are, and a profile say the same."""

import numpy as np
import pandas as pd
import pytest

from engine.core.errors import SpecError
from engine.core.experiment import DataSpec, SplitSpec
from engine.data.load import load, load_data
from engine.data.roles import prepare
from engine.features import Features
from engine.splits import divide
from tests.support.each import for_each
from tests.support.experiments import make_table
from tests.support.service_samples import Asker

ROWS = 600


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def written(tmp_path, frame, name="t.csv"):
    path = tmp_path / name
    frame.to_csv(path, index=False)
    return str(path)


def in_a_run(spec, split=None):
    """Prepare as `engine.run` does."""
    split = split or SplitSpec()
    table = load_data(spec)
    dataset = prepare(table, spec, split)
    train = divide(dataset, split, seed=42).train
    return prepare(table, spec, split, train=train)


def kinds(dataset):
    return {column.name: column.kind for column in dataset.profile}


def said(dataset, code):
    return [a for a in dataset.info.advice if a.code == code]


def told_by_profile(source, **given):
    return {c.name: c.kind for c in Asker().info(source, **given).columns}


def codes(rng):
    """Codes that only their zeros and their length tell from numbers."""
    number = rng.integers(0, 40, ROWS)
    return {
        "zip": [f"{n:05}" if n % 2 else f"{n + 500}" for n in number],
        "account": [f"123456789012345678{n:02}" for n in number],
    }


# --- kept as text --------------------------------------------------------------------


def test_what_the_reader_kept_as_text_stays_text_in_a_run(tmp_path, rng):
    source = written(tmp_path, make_table().assign(**codes(rng)))
    dataset = in_a_run(DataSpec(source=source, target="sick"))
    assert kinds(dataset)["zip"] == kinds(dataset)["account"] == "category"
    assert not said(dataset, "IMB011")
    assert set(dataset.frame["zip"]) == set(load(source).frame["zip"])
    assert kinds(dataset) == told_by_profile(source, target="sick")


@pytest.mark.parametrize("word", [None, "n/k"])
def test_so_it_does_with_a_test_file(tmp_path, rng, word):
    frame = make_table().assign(**codes(rng))
    more = frame.iloc[::3].copy()
    if word:
        more.loc[0, "account"] = more.loc[3, "zip"] = word
    spec = DataSpec(
        source=written(tmp_path, frame),
        test_source=written(tmp_path, more, "test.csv"),
        target="sick",
    )
    dataset = in_a_run(spec)
    assert kinds(dataset)["zip"] == kinds(dataset)["account"] == "category"
    assert not said(dataset, "IMB011")
    told = told_by_profile(spec.source, test_source=spec.test_source, target="sick")
    assert kinds(dataset) == told


def test_a_word_in_a_test_row_makes_no_text(tmp_path):
    frame = make_table()
    more = frame.iloc[:90].copy()
    more["age"] = more["age"].astype(object)
    more.loc[5, "age"] = "old"
    spec = DataSpec(
        source=written(tmp_path, frame),
        test_source=written(tmp_path, more, "test.csv"),
        target="sick",
    )
    dataset = in_a_run(spec)
    assert kinds(dataset)["age"] == "integer"
    (one,) = said(dataset, "IMB011")
    assert one.message == "age: 1 test cell that is no number was read as missing"


# --- the training rows tell ----------------------------------------------------------


def test_a_profile_has_the_kinds_of_the_run(tmp_path, rng):
    """Near a border the training rows are too few for what the whole table is."""
    rows = 1100
    frame = make_table(rows).assign(
        spread=rng.permutation(rows) * 4 + 3,
        ordered=np.sort(rng.choice(10**7, rows, replace=False)),
        words=[f"w{n % 105}" for n in rng.permutation(rows)],
        once=np.where(np.arange(rows) == 7, 2.0, 1.0),
    )
    source = written(tmp_path, frame)
    table = load(source)
    whole = kinds(prepare(table, DataSpec(source=source, target="sick")))
    run = kinds(in_a_run(DataSpec(source=source, target="sick")))
    assert whole["spread"] == "id"
    assert run["spread"] == "integer"
    assert run["ordered"] == whole["ordered"] == "integer"
    assert told_by_profile(source, target="sick") == run


# --- flags ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flag", "kind"), [("Y", "category"), (1, "boolean"), (7, "integer")]
)
def test_a_flag_that_is_set_or_blank_is_learned_from(tmp_path, rng, flag, kind):
    frame = make_table()
    on = (frame["sick"] == "yes") ^ (rng.random(ROWS) < 0.1)
    frame["flag"] = pd.Series(flag, frame.index, dtype=object).where(on, None)
    source = written(tmp_path, frame)
    dataset = in_a_run(DataSpec(source=source, target="sick"))
    assert kinds(dataset)["flag"] == kind
    assert dataset.info.roles["flag"] == "feature"
    assert not said(dataset, "IMB002")
    for missing in ("impute", "native"):
        features = Features(dataset.columns, missing=missing).fit(dataset.frame)
        X = features.transform(dataset.frame)
        at = [i for i, n in enumerate(features.names_) if n.startswith("flag")]
        different = np.unique(np.nan_to_num(X[:, at], nan=-9.0), axis=0)
        assert len(different) == 2
        assert np.array_equal(features.legalise(X), X, equal_nan=True)
    alone = {c.name: c.alone for c in Asker().info(source, target="sick").columns}
    assert alone["flag"].roc_auc > 0.85


def test_a_constant_and_an_empty_column_are_distinct(tmp_path):
    frame = make_table().assign(same=3, untreated=None)
    dataset = in_a_run(DataSpec(source=written(tmp_path, frame), target="sick"))
    told = {a.column: a.message for a in said(dataset, "IMB002")}
    assert told == {
        "same": "'same' is the same value in every row: ignored",
        "untreated": "'untreated' is empty in every row: ignored",
    }


# --- groups --------------------------------------------------------------------------


def test_rows_without_a_group_are_groups_of_their_own(tmp_path):
    frame = make_table().assign(who=np.arange(ROWS) // 6.0)
    frame.loc[::4, "who"] = np.nan
    source = written(tmp_path, frame)
    dataset = in_a_run(DataSpec(source=source, target="sick"), SplitSpec(group="who"))
    blank = frame["who"].isna().to_numpy()
    numbers = dataset.groups
    assert len(np.unique(numbers[blank])) == blank.sum() == 150
    assert not set(numbers[blank]) & set(numbers[~blank])
    # As without blanks for all others.
    np.testing.assert_array_equal(
        pd.factorize(numbers[~blank])[0], pd.factorize(frame["who"][~blank])[0]
    )
    (one,) = said(dataset, "IMB028")
    assert one.message == "150 rows have no 'who': each is a group of its own"
    whole = frame.assign(who=np.arange(ROWS) // 6)
    dataset = in_a_run(
        DataSpec(source=written(tmp_path, whole), target="sick"), SplitSpec(group="who")
    )
    assert not said(dataset, "IMB028")


def test_a_group_column_without_a_value_is_refused(tmp_path):
    source = written(tmp_path, make_table().assign(who=None))
    with pytest.raises(SpecError, match="'who' is empty, so it tells no groups"):
        in_a_run(DataSpec(source=source, target="sick"), SplitSpec(group="who"))


# --- what is said of columns ---------------------------------------------------------


def test_an_id_is_said_to_be_what_it_is(tmp_path):
    frame = make_table()
    frame["code"] = np.arange(ROWS) % 7
    frame["patient_id"] = [*range(ROWS - 5), 0, 1, 2, 3, 4]
    source = written(tmp_path, frame)
    kinds = {"code": "id"}
    dataset = in_a_run(DataSpec(source=source, target="sick", kinds=kinds))
    told = {a.column: a.message for a in said(dataset, "IMB004")}
    assert told["code"] == "'code' is an identifier, as requested: ignored"
    assert "a different value in nearly every row" in told["patient_id"]
    assert "a different value in every row" in told["id"]


@for_each("mute", [("IMB018:nix",), ("IMB018:colou",), ("IMB777",)])
def test_advice_that_there_is_not_cannot_be_muted(tmp_path, mute):
    source = written(tmp_path, make_table())
    asker = Asker()
    with pytest.raises(SpecError, match=r"no column 'nix'|mean 'colour'|no advice"):
        in_a_run(DataSpec(source=source, target="sick", mute=mute))
    info = asker.info(source, target="sick", mute=mute)
    assert info.wrong_use
    assert "no column" in info.problem or "no advice" in info.problem
    # What was measured for it serves the next request.
    info = asker.info(source, target="sick", mute=("IMB018:colour",))
    assert (info.problem, info.wrong_use) == (None, False)


@for_each(
    ("change", "given", "wrong"),
    [
        ({}, {"target": "nix"}, True),
        ({}, {"target": "sick", "positive": "maybe"}, True),
        ({}, {"target": "sick", "drop": ("nix",)}, True),
        ({}, {"target": "sick", "kinds": {"colour": "number"}}, True),
        ({"sick": "no"}, {"target": "sick"}, False),
        ({"sick": ["yes"] + ["no"] * (ROWS - 1)}, {"target": "sick"}, False),
        ({}, {"target": "risk"}, False),
    ],
)
def test_a_table_that_cannot_be_used_so_is_no_wrong_use(tmp_path, change, given, wrong):
    info = Asker().info(written(tmp_path, make_table().assign(**change)), **given)
    assert info.problem
    assert info.wrong_use == wrong
