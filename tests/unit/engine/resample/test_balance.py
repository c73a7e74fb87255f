"""The balanced table: real rows as the file has them, synthetic ones that could be."""

import csv
import io
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imblearn.over_sampling import SMOTE

from engine.core.errors import ArmError, OutputError, SpecError
from engine.core.experiment import DataSpec, FeatureSpec, SplitSpec
from engine.core.lab import Balanced
from engine.core.methods import grammar, registry
from engine.core.methods.grammar import Arm, Step
from engine.data import load_data, verbatim
from engine.data import prepare_dataset as prepare
from engine.features import Features
from engine.io.catalogue import encoded
from engine.resample import balance
from engine.resample.balance import treat
from engine.splits import divide
from tests.support.each import for_each
from tests.support.experiments import make_table

WORKING = [s.name for s in registry.SAMPLERS if s.columns != "categories"]


def data_of(path, **given):
    return DataSpec(source=str(path), **{"target": "sick", **given})


def treated(path, name, **given):
    data = data_of(path, **given.pop("data", {}))
    arm = name if isinstance(name, Arm) else grammar.parse(name)
    return flat(treat(load_data(data), data, arm, **given))


def flat(made):
    """The rows with what is said of them, for a look at both."""
    return SimpleNamespace(**made._asdict(), **msgspec.structs.asdict(made.report))


def written(data, name, out, **given):
    arm = name if isinstance(name, Arm) else grammar.parse(name)
    return balance.balance(data, arm, Path(out), **given)


def lines(path):
    with Path(path).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.fixture
def odd(tmp_path):
    """A table whose cells lose something when they are read."""
    table = make_table(300, share=0.15)
    rng = np.random.default_rng(1)
    table.insert(1, "zip", [f"{n:05d}" for n in rng.integers(1, 40, 300)])
    table["price"] = [f"{x:.2f}" for x in rng.uniform(1, 9, 300)]
    table["note"] = [f'said "{n}", twice' for n in range(300)]
    table["colour"] = table["colour"].where(rng.random(300) < 0.9, "NA")
    table["seen"] = pd.date_range("2024-01-01", periods=300).strftime("%d/%m/%Y")
    path = tmp_path / "odd.csv"
    table.to_csv(path, index=False)
    return path


def test_real_rows_are_written_to_the_letter(odd, tmp_path):
    out = tmp_path / "out.csv"
    done = written(data_of(odd), "smote", out, flag="made")
    head, *rows = lines(out)
    before = lines(odd)
    assert head == [*before[0], "made"]
    real = [row[:-1] for row in rows if row[-1] == "false"]
    assert real == before[1:]
    made = [row for row in rows if row[-1] == "true"]
    assert len(made) == done.synthetic == done.after["yes"] - done.before["yes"] > 100
    assert rows[len(real) :] == made
    place = dict(zip(head, range(len(head)), strict=True))
    for row in made:
        # What no model learns from is left empty; the label is that of the class.
        assert [row[place[n]] for n in ("id", "note", "seen")] == ["", "", ""]
        assert row[place["sick"]] == "yes"
    for name in ("zip", "flag", "colour", "age"):
        known = {row[place[name]] for row in before[1:]}
        assert {row[place[name]] for row in made} <= known, name
    prices = [row[place["price"]] for row in made]
    # Two decimals in every real cell, and so in every new one.
    assert all(1 <= float(p) <= 9 and len(p.partition(".")[2]) == 2 for p in prices)
    assert "" in {row[place["dose"]] for row in made}


def test_test_rows_are_set_aside_first_and_written_as_they_are(odd, tmp_path):
    out = tmp_path / "train.csv"
    data = data_of(odd)
    done = written(data, "random-over", out, way=SplitSpec(), seed=7)
    dataset = prepare(load_data(data), data)
    split = divide(dataset, SplitSpec(), seed=7)
    head, *rows = lines(odd)
    test = lines(tmp_path / "train-test.csv")
    assert done.test_path == str(tmp_path / "train-test.csv")
    assert test == [head, *(rows[i] for i in np.sort(split.test))]
    train = lines(out)[1:]
    assert {tuple(r) for r in train} == {tuple(rows[i]) for i in split.train}
    assert not {tuple(r) for r in train} & {tuple(r) for r in test[1:]}
    assert done.before == {"no": 198, "yes": 42}
    assert done.after == {"no": 198, "yes": 198}
    assert len(train) == 396


def test_dropped_rows_are_gone_and_copies_stand_again(odd):
    under, over = treated(odd, "random-under"), treated(odd, "random-over")
    rows = lines(odd)[1:]
    ids = under.frame["id"].tolist()
    assert (under.synthetic, len(ids)) == (0, 2 * 53)
    assert ids == sorted(set(ids), key=int)  # the order of the file
    ids = over.frame["id"].tolist()
    assert len(ids) - 300 == 247 - 53
    assert ids == sorted(ids, key=int)
    assert set(ids) == {row[0] for row in rows}


def test_synthetic_rows_are_imbalanced_learns_own(tmp_path):
    """SMOTE of the matrix that anyone can make, in the table's own units."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(50, 20, (200, 3)), columns=["a", "b", "c"])
    frame["sick"] = np.where(np.arange(200) < 30, "yes", "no")
    path = tmp_path / "numbers.csv"
    frame.to_csv(path, index=False)
    done = treated(path, "smote")
    X, y = frame[["a", "b", "c"]].to_numpy(), (frame["sick"] == "yes").astype(int)
    mean, spread = X.mean(axis=0), X.std(axis=0)
    scaled = ((X - mean) / spread).astype(np.float32)
    after, _ = SMOTE(random_state=42).fit_resample(scaled, y)
    theirs = after[200:] * spread + mean
    ours = done.frame[["a", "b", "c"]].iloc[200:].astype(float).to_numpy()
    np.testing.assert_allclose(ours, theirs, atol=2e-5)


@pytest.fixture(scope="module")
def mixed(table_path):
    """The table of all kinds of columns, with a copy that nobody changes."""
    data = data_of(table_path)
    table = load_data(data)
    return data, table, table.frame.copy()


@for_each("name", WORKING)
def test_every_sampler_writes_a_table_that_could_be(name, mixed):
    data, given, table = mixed
    done = flat(treat(given, data, grammar.parse(name), flag="made", suffix=".parquet"))
    frame = done.frame
    pd.testing.assert_frame_equal(given.frame, table)
    made = frame[frame["made"]]
    assert len(made) == done.synthetic
    assert frame["sick"].value_counts().to_dict() == done.after
    for column in ("age", "flag", "colour", "dose", "risk"):
        known = table[column].dropna()
        cells = made[column].dropna()
        if column in ("flag", "colour"):
            assert set(cells) <= set(known)
        elif len(cells):
            assert known.min() <= cells.min() <= cells.max() <= known.max()
    assert frame["age"].dtype == frame["flag"].dtype == "int64"
    assert frame["id"].dtype == ("Int64" if done.synthetic else "int64")
    assert made["id"].isna().all()
    real = frame[~frame["made"]].drop(columns="made").reset_index(drop=True)
    if done.synthetic and len(real) == len(table) == real["id"].nunique():
        same = (real.astype(object) == table.astype(object)) | table.isna()
        assert same.to_numpy().all()


@given(seed=st.integers(0, 2**16), ratio=st.floats(0.3, 1.0))
def test_no_cell_is_out_of_range_whatever_the_seed(seed, ratio, tmp_path_factory):
    table = make_table(150, share=0.2, seed=seed)
    path = tmp_path_factory.mktemp("any") / "t.csv"
    table.to_csv(path, index=False)
    steps = (Step(sampler="smote", params={"ratio": ratio}),)
    done = treated(path, Arm(name="smote", steps=steps), seed=seed)
    made = done.frame.iloc[len(done.frame) - done.synthetic :]
    ages = pd.to_numeric(made["age"])
    assert (ages % 1 == 0).all()
    assert ages.between(table["age"].min(), table["age"].max()).all()
    doses = pd.to_numeric(made["dose"]).dropna()
    assert doses.between(table["dose"].min(), table["dose"].max()).all()
    assert set(made["colour"]) <= set(table["colour"])


def test_more_than_two_classes_are_each_treated(tmp_path):
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"a": rng.normal(size=120), "b": rng.integers(0, 9, 120)})
    frame["sick"] = np.repeat(["flu", "cold", "untreated"], [20, 30, 70])
    path = tmp_path / "three.csv"
    frame.to_csv(path, index=False)
    done = treated(path, "smote")
    assert done.before == {"untreated": 70, "cold": 30, "flu": 20}
    assert done.after == {"untreated": 70, "cold": 70, "flu": 70}
    assert done.frame["sick"].value_counts().to_dict() == done.after
    steps = (Step(sampler="smote", params={"counts": "flu=25/cold=40"}),)
    some = treated(path, Arm(name="some", steps=steps))
    assert some.after == {"untreated": 70, "cold": 40, "flu": 25}
    # One class against the others, which have no label of their own.
    one = treated(path, "smote", data={"positive": "flu"})
    assert one.after == {"not flu": 100, "flu": 100}
    assert one.frame["sick"].value_counts().to_dict() == {
        "untreated": 70,
        "cold": 30,
        "flu": 100,
    }
    with pytest.raises(ArmError, match="no label"):
        treated(path, "cluster-centroids", data={"positive": "flu"})


def test_new_cells_are_written_as_the_real_ones(tmp_path):
    rng = np.random.default_rng(5)
    table = pd.DataFrame(
        {
            "comma": [f"{x:.1f}".replace(".", ",") for x in rng.uniform(1, 9, 60)],
            "cost": [f"${x:,.0f}".replace(",", ".") for x in rng.uniform(1e3, 9e4, 60)],
            "since": pd.date_range("2020-01-01", periods=60).strftime("%d.%m.%Y"),
            "smokes": rng.choice(["yes", "no", "unknown"], 60),
            "sick": np.repeat(["1.0", "0.0"], [12, 48]),
        }
    )
    path = tmp_path / "people.csv"
    table.to_csv(path, index=False)
    done = treated(path, "smote", data={"keep": ("since",)})
    frame = done.frame
    made = frame.iloc[60:]
    assert set(made["sick"]) == {"1.0"}
    assert set(made["smokes"]) <= {"yes", "no", "unknown"}
    # One notation in a column, which programs share, and that is said.
    assert {n.partition(":")[0] for n in done.notes} == {"comma", "cost", "since"}
    numbers = [float(x.replace(",", ".")) for x in table["comma"]]
    assert frame["comma"].tolist()[:60] == numbers
    assert frame["comma"].between(min(numbers), max(numbers)).all()
    assert frame["cost"].dtype == "int64"
    text = encoded(frame, ".csv").decode()
    back = pd.read_csv(io.StringIO(text), parse_dates=["since"])
    assert back["since"].iloc[0] == pd.Timestamp("2020-01-01")
    assert back["since"].between("2020-01-01", "2020-02-29").all()


def test_levels_that_share_an_indicator_are_never_called_rare(tmp_path):
    rng = np.random.default_rng(2)
    cities = [f"city {n}" for n in rng.zipf(1.3, 400).clip(1, 60)]
    frame = pd.DataFrame({"city": cities, "x": rng.normal(size=400)})
    frame["sick"] = np.where(rng.random(400) < 0.2, "yes", "no")
    path = tmp_path / "cities.csv"
    frame.to_csv(path, index=False)
    done = treated(path, "smote")
    made = done.frame.iloc[400:]
    assert set(made["city"]) <= set(frame.loc[frame["sick"] == "yes", "city"])
    # Those that share one were drawn, too.
    often = frame["city"].value_counts().index[: FeatureSpec().max_categories - 1]
    assert set(made["city"]) - set(often)


def test_a_word_that_means_yes_is_the_files_own(tmp_path):
    frame = make_table(200, share=0.2)
    frame["flag"] = np.where(frame["flag"] == 1, "Y", "N")
    path = tmp_path / "said.csv"
    frame.to_csv(path, index=False)
    done = treated(path, "smote", data={"kinds": {"flag": "boolean"}})
    assert set(done.frame["flag"]) == {"Y", "N"}
    assert done.frame["flag"].tolist()[:200] == frame["flag"].tolist()


def many_types(rows=300):
    """Return a table of every type whose values a frame could lose."""
    rng = np.random.default_rng(3)
    missing = rng.random(rows) < 0.1
    moments = pd.date_range("2024-01-01", periods=rows, freq="h")
    small = rng.integers(0, 100, rows)
    cents = [Decimal(int(n)) / 100 for n in rng.integers(0, 9999, rows)]
    arrays = {
        "huge": pa.array(rng.integers(2**60, 2**61, rows)),
        "zoned": pa.array(moments, type=pa.timestamp("us", tz="Europe/Berlin")),
        "plain": pa.array(moments, type=pa.timestamp("ms")),
        "day": pa.array(moments.date),
        "half": pa.array(rng.normal(size=rows).astype("float32")),
        "tiny": pa.array(rng.random(rows) * 1e-9),
        "byte": pa.array(small.astype("int8")),
        "gaps": pa.array(small, type=pa.int16(), mask=missing),
        "maybe": pa.array(rng.random(rows) < 0.5, mask=missing),
        "group": pa.array(rng.choice(["a", "b"], rows)).dictionary_encode(),
        "cost": pa.array(cents, type=pa.decimal128(9, 2)),
        "span": pa.array(small, type=pa.duration("s")),
        "sick": pa.array(np.where(rng.random(rows) < 0.2, "yes", "no")),
    }
    return pa.table(arrays)


def test_parquet_keeps_its_types(tmp_path):
    table = many_types()
    path, out = tmp_path / "t.parquet", tmp_path / "out.parquet"
    pq.write_table(table, path)
    data = data_of(path, keep=("zoned", "plain", "day"))
    done = written(data, "smote", out, flag="made")
    back = pq.read_table(out)
    assert back.schema.remove_metadata() == table.schema.append(
        pa.field("made", pa.bool_())
    )
    # Real rows are those of the file to the bit, in its order.
    assert back.slice(0, 300).drop_columns("made").equals(table)
    new = back.slice(300)
    assert new.num_rows == done.synthetic > 100
    assert new.column("huge").null_count == new.num_rows
    for name in ("half", "tiny", "byte", "group", "cost", "span", "sick"):
        assert new.column(name).null_count == 0
        assert (len(set(new.column(name).to_pylist())) > 1) is (name != "sick")
    for name in ("zoned", "plain", "day", "half", "tiny", "byte", "cost", "span"):
        ours, theirs = (one.column(name).to_pylist() for one in (new, table))
        assert min(theirs) <= min(ours) <= max(ours) <= max(theirs)


def test_what_pandas_wrote_of_its_types_is_kept(tmp_path):
    path, out = tmp_path / "t.parquet", tmp_path / "out.parquet"
    frame = many_types().drop_columns(["cost", "span", "day"]).to_pandas()
    frame["gaps"] = frame["gaps"].astype("Int16")
    frame["maybe"] = frame["maybe"].astype("boolean")
    frame.index = frame.index + 7
    frame.to_parquet(path)
    written(data_of(path), "smote", out, way=SplitSpec())
    for name in ("out.parquet", "out-test.parquet"):
        back = pd.read_parquet(tmp_path / name)
        same = back.dtypes[frame.columns] == frame.dtypes
        assert same[same.index != "huge"].all()


def test_parquet_as_text_has_every_row(tmp_path):
    path, out = tmp_path / "t.parquet", tmp_path / "out.csv.gz"
    pq.write_table(many_types(), path)
    done = written(data_of(path), "smote", out)
    assert len(pd.read_csv(out)) == sum(done.after.values())


def test_rows_without_a_target_are_left_out_and_said(tmp_path):
    frame = make_table(200, share=0.2)
    frame.loc[[3, 50], "sick"] = None
    path = tmp_path / "gaps.csv"
    frame.to_csv(path, index=False)
    done = treated(path, "random-over")
    assert any("without a target" in note for note in done.notes)
    assert not {"28", "357"} & set(done.frame["id"])
    assert len(set(done.frame["id"])) == 198


def test_a_sample_is_written_as_it_was_read(table_path):
    from engine.core.experiment import ReadSpec

    done = treated(table_path, "smote", data={"read": ReadSpec(rows=200)})
    assert sum(done.before.values()) == 200
    assert done.frame["id"].notna().sum() == 200


def test_the_cells_of_a_file_that_has_changed_are_those_that_were_read(tmp_path):
    path = tmp_path / "t.csv"
    make_table(60, share=0.3).to_csv(path, index=False)
    data = data_of(path)
    table = load_data(data)
    make_table(50, share=0.3).to_csv(path, index=False)
    assert len(verbatim.as_written(table, data)) == 60


@for_each(
    ("arm", "why"),
    [
        (Arm(name="untreated"), "changes no row"),
        (Arm(name="balanced-bagging", ensemble="balanced-bagging"), "is a model"),
        (
            Arm(name="s", steps=(Step("smote", tune={"k_neighbors": ()}),)),
            "left to a search",
        ),
    ],
)
def test_what_makes_no_table_is_refused_with_why(arm, why):
    with pytest.raises(SpecError, match=why):
        balance.check_arm(arm)


def test_no_file_is_written_over_unasked_and_the_table_never(table_path, tmp_path):
    data, source = data_of(table_path), table_path.read_bytes()
    out = tmp_path / "out.csv"
    for path in (out, tmp_path / "out-test.csv"):
        path.write_text("mine")
        with pytest.raises(OutputError, match=f"{path.name} exists already"):
            written(data, "smote", out, way=SplitSpec())
        path.unlink()
    link = tmp_path / "link.csv"
    link.symlink_to(table_path)
    for name in (table_path, link):
        with pytest.raises(OutputError, match="the table itself"):
            written(data, "smote", name, overwrite=True)
    beside = tmp_path / "x-test.csv"
    beside.hardlink_to(table_path)
    with pytest.raises(OutputError, match="the table itself"):
        written(data, "smote", tmp_path / "x.csv", way=SplitSpec(), overwrite=True)
    assert table_path.read_bytes() == source
    with pytest.raises(SpecError, match="a column 'flag' already"):
        written(data, "smote", out, flag="flag")
    assert not out.exists()
    out.write_text("mine")
    done = written(data, "smote", out, overwrite=True)
    assert isinstance(done, Balanced)
    assert len(lines(out)) == 1 + sum(done.after.values())


@pytest.mark.parametrize("there", [False, True])
def test_two_files_are_written_or_none(there, table_path, tmp_path, monkeypatch):
    names = ["o-test.csv", "o.csv"] if there else []
    for name in names:
        (tmp_path / name).write_text("as it was")
    calls = []

    def full(handle):
        calls.append(handle)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    data, out = data_of(table_path), tmp_path / "o.csv"
    with pytest.raises(OutputError, match="No space left"):
        written(data, "smote", out, way=SplitSpec(), overwrite=there)
    assert len(calls) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert all((tmp_path / name).read_text() == "as it was" for name in names)


def test_the_rows_are_those_that_a_run_trains_on(table_path):
    """Same split, same encoding, same seed: what is written is what is compared."""
    data, way = data_of(table_path), SplitSpec()
    table = load_data(data)
    done = treated(table_path, "smote", way=way)
    split = divide(prepare(table, data), way, seed=42)
    dataset = prepare(table, data, way, train=split.train)
    rows = dataset.frame.iloc[split.train]
    features = Features(dataset.columns).fit(rows)
    from engine.resample import method

    arm = grammar.parse("smote")
    X, y = features.transform(rows), dataset.y[split.train]
    run = method.apply(arm, X, y, seed=42, legalise=features.legalise)
    back = features.restore(run.X[run.origin < 0])
    ours = done.frame.iloc[len(done.frame) - done.synthetic :]
    assert pd.to_numeric(ours["age"]).tolist() == back["age"].tolist()
    assert ours["colour"].tolist() == back["colour"].tolist()


def test_synthetic_rows_have_the_mean_weight_of_their_parents(tmp_path):
    frame = make_table(200, share=0.2).drop(columns="dose")
    frame["w"] = np.where(frame["sick"] == "yes", 2.5, 1.0)
    for name, kind in (("a.csv", "to_csv"), ("a.parquet", "to_parquet")):
        path = tmp_path / name
        getattr(frame, kind)(path, index=False)
        data = data_of(path, weight="w")
        out = tmp_path / f"out-{name}"
        report = written(data, "smote", out)
        found = load_data(data_of(out)).frame
        assert report.synthetic > 50
        assert len(found) == 200 + report.synthetic
        assert (found["w"] == np.where(found["sick"] == "yes", 2.5, 1.0)).all()
