"""A bundle says of rows what the run said, wherever they come from."""

import dataclasses
import errno
import json
import os
import warnings
import zipfile

import msgspec
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import engine
from engine.bundle.classifier import FitWarning
from engine.bundle.manifest import Repair, decode
from engine.bundle.scoring import predict
from engine.core.errors import DataError, OutputError, SpecError, UnwrittenError
from engine.core.experiment import ReadSpec
from engine.core.messages import Predict
from engine.evaluate import calibrate, probabilities
from engine.export import plan_export as plan
from tests.support.bundles import (
    asked,
    code_of,
    copied,
    forge,
    made,
    opened,
    run_of,
    same,
    scored,
    test_rows,
)
from tests.support.experiments import make_table
from tests.support.finished import ENSEMBLE


def test_the_test_rows_score_as_in_the_run(where, tmp_path, rows):
    for number, (arm, packed) in enumerate(
        (("untreated", ""), ("smote", ".zip"), (ENSEMBLE, ""))
    ):
        scores_as_in_the_run(where, tmp_path / f"{number}{packed}", rows[0], arm)


def test_a_bundle_tells_how_its_table_was_read(where, tmp_path):
    bundle = made(where, tmp_path / "read")
    manifest = decode((bundle / "manifest.json").read_bytes(), "it")
    given = manifest.reader | {"given": {"quote": "'", "missing": ["?"]}}
    read = msgspec.structs.replace(manifest, reader=given).as_read()
    assert (read.delimiter, read.quote, read.missing) == (",", "'", ("?",))
    assert manifest.as_read().delimiter == ","
    for wrong in (manifest.reader | {"said": {}}, {"given": {"quote": 3}}):
        with pytest.raises(DataError, match="does not say how its table was read"):
            msgspec.structs.replace(manifest, reader=wrong).as_read()


def scores_as_in_the_run(where, out, path, arm):
    """Export an arm's bundle, and score the test rows by it."""
    frame, told = scored(made(where, out, arm=arm), path, out.parent / "out.csv")
    one = opened(where, arm=arm)
    assert same(frame, one.scores(arm))
    point = one.chosen.point(told.at)
    confusion = point.confusion
    assert told.seen.matrix == (
        (confusion.tn, confusion.fp),
        (confusion.fn, confusion.tp),
    )
    assert frame["row"].tolist() == list(range(1, len(frame) + 1))
    assert set(frame["predicted"]) <= {"yes", "no"}
    assert all("beyond the training rows' range" in note for note in told.notes)


def test_order_target_extra_columns_and_other_rows_change_nothing(
    where, bundle, rows, tmp_path
):
    _, text = rows
    kept = opened(where).scores("smote")
    path, out = tmp_path / "new.csv", tmp_path / "out.csv"
    plain = text.drop(columns=["sick", "id"])
    plain.to_csv(path, index=False)
    frame, told = scored(bundle, path, out)
    assert same(frame, kept)
    assert told.seen is None
    plain[list(plain)[::-1]].assign(more="x").to_csv(path, index=False, sep=";")
    frame, told = scored(bundle, path, out)
    assert same(frame, kept)
    assert told.notes[:2] == (
        "column 'more' is not one of the model's: ignored",
        "the columns are in another order: each is taken by its name",
    )
    for number in (0, 7):
        plain.iloc[[number]].to_csv(path, index=False)
        assert same(scored(bundle, path, out)[0], kept[[number]])


@pytest.mark.parametrize("ending", ["parquet", "many", "jsonl", "xlsx", "csv.gz"])
def test_other_formats_say_the_same(where, bundle, rows, tmp_path, ending):
    path, _ = rows
    frame, new = pd.read_csv(path), tmp_path / f"new.{ending}"
    if ending == "parquet":
        frame.to_parquet(new)
    elif ending == "many":
        new.mkdir()
        for part, rows_of_it in enumerate(np.array_split(np.arange(len(frame)), 3)):
            frame.iloc[rows_of_it].to_parquet(new / f"{part}.parquet")
    elif ending == "jsonl":
        frame.to_json(new, orient="records", lines=True)
    elif ending == "xlsx":
        pytest.importorskip("openpyxl")
        pytest.importorskip("python_calamine")
        frame.to_excel(new, index=False)
    else:
        frame.to_csv(new, index=False)
    found, told = scored(bundle, new, tmp_path / "out.csv")
    assert same(found, opened(where).scores("smote"))
    assert told.seen is not None


def test_what_is_written_as_parquet_is_what_is_written_as_csv(bundle, rows, tmp_path):
    path, text = rows
    frame, _ = scored(bundle, path, tmp_path / "a.csv", keep=("age",))
    out = tmp_path / "a.parquet"
    predict(Predict(bundle=str(bundle), data=str(path), output=str(out), keep_all=True))
    table = pq.read_table(out)
    assert table.column_names[:4] == ["row", "score", "calibrated", "predicted"]
    for name in ("row", "score", "calibrated", "predicted"):
        assert table[name].to_pylist() == frame[name].tolist()
    assert table["risk"].to_pylist() == text["risk"].tolist()
    assert frame["age"].astype(str).tolist() == text["age"].tolist()


def test_three_classes(tmp_path):
    rng = np.random.default_rng(2)
    x = rng.normal(size=(240, 2)).round(3)
    grade = np.digitize(x[:, 0] + rng.normal(scale=0.4, size=240), [0.2, 1.0])
    frame = pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "grade": grade + 1})
    where = run_of(frame, "grade", "untreated", "weights")
    path, bundle = tmp_path / "test.csv", made(where, tmp_path / "b", arm="weights")
    test_rows(where, path)
    one = opened(where, arm="weights")
    found, told = scored(bundle, path, tmp_path / "o.csv", at="cost")
    assert same(found, one.scores("weights"))
    confusion = one.chosen.point("cost").confusion
    assert told.seen.labels == confusion.labels
    assert told.seen.matrix == confusion.matrix
    names = [f"{what} {label}" for what in ("score", "calibrated") for label in "123"]
    assert {"row", "predicted", *names} == set(found)
    model = engine.load_bundle(bundle).set_params(at="cost")
    assert model.classes_.tolist() == [1, 2, 3]
    with pytest.warns(FitWarning, match="equal to training rows of this model"):
        proba = model.predict_proba(frame)
    assert (proba[one.bench.split.test].sum() - len(found)) < 1e-4
    said = model.predict(pd.read_csv(path))
    assert said.astype(str).tolist() == found["predicted"].tolist()
    # One repair for all; the prior correction is of all classes together.
    evaluated, manifest = one.chosen.evaluated, model.bundle.manifest
    used = {repair.method for repair in manifest.calibration.values()}
    assert used == {each.repair for each in evaluated.classes.values()}
    assert len(used) == 1
    prior = {
        name: Repair(method=each.method, map=each.map)
        for name, of_class in evaluated.classes.items()
        for each in of_class.calibration
        if each.method == "prior"
    }
    manifest = msgspec.structs.replace(manifest, calibration=prior)
    manifest = decode(msgspec.json.encode(manifest), "b")
    kept = one.scores("weights")
    calibrated = dataclasses.replace(model.bundle, manifest=manifest).calibrate(kept)
    assert calibrated.sum(axis=1) == pytest.approx(1, abs=1e-12)
    train = one.bench.dataset.y[one.bench.split.train]
    joint = kept * np.bincount(train) / len(train) * 3
    joint /= joint.sum(axis=1, keepdims=True)
    assert calibrated == pytest.approx(joint, abs=1e-6)
    y = one.bench.dataset.y[one.bench.split.test]
    for place, of_class in enumerate(evaluated.classes.values()):
        judged = calibrate.curve((y == place).astype(int), calibrated[:, place])
        assert of_class.calibration[1].bins == judged
    del prior["1"]
    odd = msgspec.structs.replace(manifest, calibration=prior)
    with pytest.raises(DataError, match="its repairs contradict each other"):
        decode(msgspec.json.encode(odd), "b")
    with pytest.raises(SpecError, match="a threshold is for two classes"):
        model.set_params(at=None, threshold=0.5).predict(frame)


def test_every_point_and_a_threshold(where, bundle, rows, tmp_path):
    path, _ = rows
    one = opened(where, arm="smote")
    for at in one.chosen.point_names:
        _, told = scored(bundle, path, tmp_path / "o.csv", at=at)
        confusion = one.chosen.point(at).confusion
        assert told.seen.matrix[1] == (confusion.fn, confusion.tp)
    frame, told = scored(bundle, path, tmp_path / "o.csv", threshold=0.25)
    assert told.predicted["yes"] == (frame["score"] >= 0.25).sum()
    with pytest.raises(SpecError, match="no operating point 'lucky'"):
        scored(bundle, path, tmp_path / "o.csv", at="lucky")
    with pytest.raises(SpecError, match="both an operating point and a threshold"):
        scored(bundle, path, tmp_path / "o.csv", at="f1", threshold=0.5)


def test_the_chosen_point_is_that_of_the_bundle(where, bundle, rows, tmp_path):
    other = made(where, tmp_path / "f1", arm="smote", at="f1")
    point = opened(where, arm="smote").chosen.point("f1")
    _, told = scored(other, rows[0], tmp_path / "o.csv")
    assert (told.at, told.threshold) == ("f1", point.threshold)
    frame = pd.read_csv(rows[0])
    said = engine.load_bundle(other).predict(frame)
    assert (said == "yes").sum() == point.confusion.tp + point.confusion.fp
    one = opened(where, arm="smote")
    assert decode((bundle / "manifest.json").read_bytes(), "b").at == one.at
    assert engine.load_bundle(bundle).points_ == one.chosen.point_names


def test_the_repair_is_the_runs(where, bundle, rows, tmp_path):
    path, _ = rows
    evaluated = opened(where, arm="smote").chosen.evaluated
    (one,) = (c for c in evaluated.calibration if c.method == evaluated.repair)
    frame, _ = scored(bundle, path, tmp_path / "o.csv")
    wanted = probabilities.apply(one.map, frame["score"].to_numpy(np.float32))
    assert frame["calibrated"].tolist() == np.asarray(wanted, float).tolist()


def test_a_table_that_does_not_fit_is_told_in_a_line(bundle, rows, tmp_path):
    _, text = rows
    new, out = tmp_path / "new.csv", tmp_path / "out.csv"

    def tell(frame, **given):
        frame.to_csv(new, index=False)
        notes = scored(bundle, new, out, **given)[1].notes
        return tuple(note for note in notes if not note.startswith("dose"))

    with pytest.raises(DataError, match="lacks a column that the model needs: 'age'"):
        tell(text.rename(columns={"age": "Age"}))
    odd = text.copy()
    odd.loc[4, "age"] = "old"
    odd.loc[9, "age"] = "2024-01-31"
    with pytest.raises(DataError, match="'age', row 5: a word where a number") as error:
        tell(odd)
    assert "old" not in str(error.value)
    assert not out.exists()
    assert tell(odd, coerce=True) == (
        "age: 2 cells that are not a number read as missing, the first in row 5",
        "age: 2 missing cells, where the training rows had none",
    )
    odd = text.copy()
    odd.loc[:2, "colour"] = ["violet", "violet", "teal"]
    odd.loc[5, "age"] = "190"
    odd.loc[6, "age"] = ""
    assert tell(odd) == (
        "colour: 2 new levels, encoded as none of them: 'violet' (2), 'teal' (1)",
        "age: 1 number lies beyond the training rows' range, 18 to 89 (here 190 to "
        "190)",
        "age: 1 missing cell, where the training rows had none",
    )


def test_cells_are_read_as_the_training_table_had_them(tmp_path):
    """Levels that look like numbers, dates kept as days, and flags in words."""
    rng = np.random.default_rng(5)
    rows = 600
    frame = make_table(rows, share=0.2, seed=5).drop(columns=["id", "colour"])
    frame["grade"] = rng.choice(["1", "1.0", "2", "NA", "x3"], rows)
    days = pd.Timestamp("2020-01-31") + pd.to_timedelta(rng.integers(0, 900, rows), "D")
    frame["since"] = days.strftime("%d/%m/%Y")
    frame["smoker"] = rng.choice(["yes", "no"], rows)
    frame["code"] = rng.choice([10, 20, 30], rows)
    frame["flag"] = rng.choice([True, False], rows)
    frame["level"] = np.where(rng.random(rows) < 0.1, -99, rng.integers(0, 50, rows))
    where = run_of(
        frame,
        "sick",
        data__keep=("since",),
        data__kinds={"smoker": "boolean", "code": "category"},
        data__read=ReadSpec(missing=("-99",)),
    )
    path, out = tmp_path / "test.csv", tmp_path / "out.csv"
    text = test_rows(where, path)
    bundle = made(where, tmp_path / "b")
    told = {
        c.name: c for c in decode((bundle / "manifest.json").read_bytes(), "b").features
    }
    assert told["since"].cells == "days"
    assert told["since"].date == "%d/%m/%Y"
    assert told["smoker"].cells == "words"
    assert told["code"].cells == "codes"
    assert told["grade"].levels == ("1", "1.0", "2", "NA", "x3")
    kept = opened(where).scores("untreated")
    assert same(scored(bundle, path, out)[0], kept)
    for number in range(12):  # alone, nearly every cell looks like something else
        text.iloc[[number]].to_csv(path, index=False)
        assert same(scored(bundle, path, out)[0], kept[[number]])
    text.to_csv(path, index=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitWarning)
        found = engine.load_bundle(bundle).scores(pd.read_csv(path))
    assert found.tobytes() == kept.tobytes()


def test_what_pandas_takes_for_missing_is_said(tmp_path):
    rng = np.random.default_rng(5)
    frame = make_table(200, share=0.2, seed=5)
    frame["a"] = rng.choice(["NA", "x"], 200)
    frame["b"] = rng.choice(["NA", "None", "x"], 200)
    frame["c"] = rng.choice(["NA", "", "x"], 200)
    where = run_of(frame, "sick")
    model = engine.load_bundle(made(where, tmp_path / "b"))
    test_rows(where, tmp_path / "test.csv")
    with pytest.warns(FitWarning) as told:
        model.predict(pd.read_csv(tmp_path / "test.csv"))
    said = " ".join(str(one.message) for one in told)
    assert "a: missing cells were taken for the level 'NA'" in said
    assert "b: pandas reads 'NA', 'None' as missing, which the model knows" in said
    assert "c: pandas reads 'NA' as missing, which the model knows" in said
    way = {"keep_default_na": False, "na_values": [""]}
    found = model.scores(pd.read_csv(tmp_path / "test.csv", **way))
    assert found.tobytes() == opened(where).scores("untreated").tobytes()
    assert len(repr(model)) < 100


def test_a_target_of_other_classes_is_told(where, bundle, rows, tmp_path):
    path, text = rows
    text.assign(sick="perhaps").to_csv(path, index=False)
    told = scored(bundle, path, tmp_path / "out.csv")[1]
    assert told.seen is None
    assert any(note.startswith("sick: no cell of it is a class") for note in told.notes)


def test_a_table_without_names_is_told_so(where, bundle, rows, tmp_path):
    _, text = rows
    path = tmp_path / "bare.csv"
    text.to_csv(path, index=False, header=False)
    with pytest.raises(DataError, match="no line of column names"):
        scored(bundle, path, tmp_path / "out.csv")


HOSTILE = (
    "```",
    '"; import os; os.abort() #',
    "{{7*7}}",
    "</script><script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "../../etc/passwd",
    "row",
    "score",
    "患者 🩺",
)


def test_names_from_data_are_data(bundle, tmp_path):
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.normal(size=(200, len(HOSTILE))), columns=HOSTILE)
    frame["`y`"] = np.where(frame["row"] + rng.normal(size=200) > 1, "```x", 'n"o')
    where = run_of(frame, "`y`")
    path = tmp_path / "test.csv"
    test_rows(where, path)
    odd = made(where, tmp_path / "b")
    assert code_of(odd) == code_of(bundle)
    assert sorted(one.name for one in odd.iterdir()) == sorted(
        one.name for one in bundle.iterdir()
    )
    found, _ = scored(odd, path, tmp_path / "o.csv", keep=HOSTILE)
    assert (found["score"] == opened(where).scores("untreated").astype(float)).all()
    assert {"score (read)", "row (read)", *HOSTILE} <= set(found)


# Files -------------------------------------------------------------------------------


def test_nothing_is_a_pickle_and_the_plan_writes_nothing(where, bundle, tmp_path):
    planned = plan(asked(where, arm="smote", path=str(tmp_path / "no")))
    assert [file.name for file in planned.files] == [
        "model.json",
        "encoding.json",
        "training_rows.bin",
        "reference.json",
        "README.md",
        "manifest.json",
    ]
    assert not (tmp_path / "no").exists()
    for file in bundle.iterdir():
        assert not file.read_bytes().startswith(b"\x80\x04")
    manifest = json.loads((bundle / "manifest.json").read_bytes())
    assert {p["at"] for p in manifest["points"]} == set(planned.points)
    packed = made(where, tmp_path / "b.zip", arm="smote")
    with zipfile.ZipFile(packed) as archive:
        for name in archive.namelist():
            assert archive.read(name) == (bundle / name).read_bytes()


def test_nothing_is_written_over_what_is_read(bundle, rows, tmp_path):
    path, _ = rows
    with pytest.raises(OutputError, match="is what is read"):
        scored(bundle, path, path)
    with pytest.raises(OutputError, match="no ending"):
        scored(bundle, path, tmp_path / "out.txt")


def test_labels_and_columns_that_drive_a_terminal_are_written_out(bundle, tmp_path):
    odd, label = "x\x1b[2J", "yes\x1b]52;c;aGk=\x07\u202e"
    copy = copied(bundle, tmp_path / "b")

    def change(manifest):
        manifest.update(classes=[manifest["classes"][0], label], positive=label)
        manifest["calibration"] = {}

    forge(copy, "manifest.json", change)
    features = engine.load_bundle(copy).feature_names_in_
    table = pd.DataFrame({name: [None, None] for name in (*features, odd)})
    table[odd] = ["a\x1b", "b"]
    table.to_parquet(tmp_path / "t.parquet")
    given = {"keep": (odd,), "threshold": 0.0}
    scored(copy, tmp_path / "t.parquet", tmp_path / "o.csv", **given)
    head, first, *_ = (tmp_path / "o.csv").read_text(encoding="utf-8").splitlines()
    assert head == r"row,score,calibrated,predicted,x\x1b[2J"
    assert first.split(",")[3:] == [r"yes\x1b]52;c;aGk=\x07\u202e", "a\x1b"]


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_a_disk_that_fills_up_leaves_nothing(bundle, rows, tmp_path, monkeypatch, name):
    path, _ = rows
    true, left = os.write, [2000]

    def full(handle, data):
        left[0] -= len(data)
        if left[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return true(handle, data)

    monkeypatch.setattr("engine.io.files.os.write", full)
    with pytest.raises(UnwrittenError, match="No space left on device"):
        scored(bundle, path, tmp_path / name)
    assert [one.name for one in tmp_path.iterdir()] == ["test.csv"]
