"""A bundle knows the rows that its model was trained on."""

import json
import shutil

import msgspec
import numpy as np
import pandas as pd
import pytest

import engine
from engine.bundle import archive
from engine.bundle.classifier import FitWarning
from engine.bundle.manifest import Training, decode
from tests.support.bundles import (
    opened,
    scored,
)


def test_training_rows_are_known_again(where, bundle, rows, tmp_path):
    one, out = opened(where, arm="smote"), tmp_path / "o.csv"
    train, path = len(one.bench.split.train), one.data.source
    _, told = scored(bundle, path, out)
    assert told.notes[0].startswith(
        f"{train} of these {told.rows} rows are equal to training rows of this model: "
        "figures on them flatter it"
    )
    assert (told.training_rows, told.compared_rows) == (train, told.rows)
    # What is left are the test rows: the figures of the run.
    confusion = one.chosen.point(told.at).confusion
    assert told.unseen.matrix == (
        (confusion.tn, confusion.fp),
        (confusion.fn, confusion.tp),
    )
    assert np.sum(told.seen.matrix) == told.rows - 1  # one row has no target
    _, told = scored(bundle, rows[0], out)
    assert (told.training_rows, told.compared_rows, told.unseen) == (0, 180, None)
    # In another format, order and with more columns they are the same rows.
    frame = pd.read_csv(path).sample(frac=1, random_state=0).assign(more=1)
    frame.to_parquet(tmp_path / "new.parquet")
    _, told = scored(bundle, tmp_path / "new.parquet", out)
    assert told.training_rows == train
    assert told.unseen.matrix[1] == (confusion.fn, confusion.tp)
    # With training rows only nothing is left; a changed cell makes another row.
    frame = pd.read_csv(path).dropna(subset=["sick"]).iloc[one.bench.split.train]
    frame.to_csv(tmp_path / "new.csv", index=False)
    _, told = scored(bundle, tmp_path / "new.csv", out)
    assert told.training_rows == train
    assert told.seen is not None
    assert told.unseen is None
    model = engine.load_bundle(bundle)
    with pytest.warns(FitWarning, match="^1 of these 1 rows is equal to a training"):
        model.predict(frame.head(1))
    model.predict(frame.head(1).assign(age=frame["age"].iloc[0] + 1))


def test_many_training_rows_are_known_by_a_share_of_all_rows(bundle, monkeypatch):
    manifest = decode((bundle / "manifest.json").read_bytes(), "b")
    rng = np.random.default_rng(0)
    X = rng.integers(0, 9, (6000, 4)).astype(np.float32)
    train, new = X[:4000], np.vstack([X[2000:], -X[:500]])
    data, distinct = archive.pack(train, manifest)
    assert distinct == len(np.unique(train, axis=0)) == len(data) // 8
    given = msgspec.structs.replace
    training = Training(rows=4000, distinct=distinct)
    every = archive.Known.of(given(manifest, training=training), data)
    there = {row.tobytes() for row in train}
    wanted = np.array([(row + 0.0).tobytes() in there for row in new])
    equal, compared = every.compare(new)
    assert compared.all()
    assert (equal == wanted).all()
    # Of a sample it is known of fewer rows, and of those as surely.
    monkeypatch.setattr(archive, "MOST_ROWS", 500)
    data, again = archive.pack(train, manifest)
    assert (len(data), again) == (500 * 8, distinct)
    some = archive.Known.of(given(manifest, training=training), data)
    equal, compared = some.compare(new)
    assert 0.5 < compared.mean() / (500 / distinct) < 2
    assert (equal[compared] == wanted[compared]).all()
    assert not equal[~compared].any()
    assert archive.describe_known(3, 50, 4000).startswith(
        "3 of the 50 rows that could be compared"
    )
    # Another run's hashes of the same rows are others; a missing cell is one.
    other = given(manifest, run="another")
    assert not np.isin(archive.hashes(train, other), every.lowest).any()
    nans = np.array([[np.nan, -0.0], [-np.nan, 0.0]], dtype=np.float32)
    assert len(set(archive.hashes(nans, manifest).tolist())) == 1


def test_a_bundle_without_training_rows_says_nothing_of_them(bundle, where, tmp_path):
    path, out = opened(where).data.source, tmp_path / "o.csv"
    old = shutil.copytree(bundle, tmp_path / "old")
    (old / "training_rows.bin").unlink()
    frame, told = scored(old, path, out)  # taken out by a user
    assert (told.training_rows, told.compared_rows, told.unseen) == (None, None, None)
    assert not any("training rows of this model" in note for note in told.notes)
    manifest = json.loads((old / "manifest.json").read_bytes())
    del manifest["training"], manifest["files"]["training_rows.bin"]
    (old / "manifest.json").write_text(json.dumps(manifest))
    again, told = scored(old, path, out)
    assert told.training_rows is None
    assert again.equals(frame)
    engine.load_bundle(old).predict(pd.read_csv(path))
