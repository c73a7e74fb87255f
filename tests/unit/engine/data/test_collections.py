"""Tables of public collections, without a network: their fetchers are stood in for."""

import http.client
import io
import os
import socket
import stat
import sys
import urllib.error
import warnings
from pathlib import Path

import imblearn.datasets
import numpy as np
import pandas as pd
import pytest
import sklearn.datasets
from imblearn.datasets._zenodo import MAP_NAME_ID
from sklearn.utils import Bunch

from engine.core.errors import DataError
from engine.data import load as source
from engine.data.load import fetch, load
from engine.io import source as collection
from engine.io import source as sources
from engine.io.source import parse
from tests.support.each import for_each


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Let a test that would reach out fail at once instead."""

    def refuse(*_, **__):
        raise AssertionError("a test reaches for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def zenodo(monkeypatch):
    """Stand in for imblearn's fetcher, with the files that it makes; count calls."""
    asked = []

    def fetch_datasets(*, data_home, filter_data, download_if_missing=True):
        path = Path(data_home, "zenodo", "x1.npz")
        if download_if_missing and not path.exists():
            asked.append(filter_data)
            path.parent.mkdir(parents=True)
            np.savez(path, data=np.arange(6.0).reshape(3, 2), label=[1, -1, -1])
        with np.load(path) as kept:
            bunch = Bunch(data=kept["data"], target=kept["label"])
        return dict.fromkeys(filter_data, bunch)

    monkeypatch.setattr(imblearn.datasets, "fetch_datasets", fetch_datasets)
    return asked


@pytest.fixture
def openml(monkeypatch):
    """Stand in for scikit-learn's fetcher of OpenML; keep what it is asked for."""
    asked = []

    def fetch_openml(**given):
        asked.append(given)
        warnings.warn(
            "Multiple active versions exist, returning version 1.", stacklevel=1
        )
        warnings.warn("something else", FutureWarning, stacklevel=1)
        frame = pd.DataFrame(
            {
                "age": [20, 30, None],
                "sex": pd.Categorical(["f", None, "m"]),
                "odd": ["a", 1, None],
                "class": pd.Categorical(["good", "bad", "good"]),
            }
        )
        return Bunch(frame=frame, target_names=["class"])

    monkeypatch.setattr(sklearn.datasets, "fetch_openml", fetch_openml)
    return asked


@for_each(
    ("name", "shape", "classes"),
    [
        ("breast_cancer", (569, 31), {"benign": 357, "malignant": 212}),
        ("iris", (150, 5), {"setosa": 50, "versicolor": 50, "virginica": 50}),
        ("wine", (178, 14), {"class_0": 59, "class_1": 71, "class_2": 48}),
    ],
)
def test_the_bundled_tables_have_their_target_and_the_names_of_its_classes(
    name, shape, classes
):
    table = load(f"dataset:sklearn/{name}")
    assert table.frame.shape == shape
    assert table.target == "target"
    assert table.frame["target"].value_counts().to_dict() == classes
    assert table.name == f"dataset:sklearn/{name}"


def test_every_bundled_name_can_be_loaded():
    assert {
        n
        for n in collection.COLLECTIONS["sklearn"]
        if hasattr(sklearn.datasets, f"load_{n}")
    } == {*collection.COLLECTIONS["sklearn"]}
    assert load("dataset:sklearn/digits").frame.shape == (1797, 65)


def test_the_names_of_imblearn_are_its_own():
    assert set(collection.COLLECTIONS["imblearn"]) == set(MAP_NAME_ID)


def test_the_second_load_fetches_nothing(zenodo, monkeypatch):
    first = load("dataset:imblearn/ecoli")
    assert first.frame.columns.tolist() == ["f0", "f1", "target"]
    assert first.frame["target"].tolist() == [1, -1, -1]
    assert first.target == "target"
    monkeypatch.delattr(imblearn.datasets, "fetch_datasets")
    again = load("dataset:imblearn/ecoli")
    pd.testing.assert_frame_equal(first.frame, again.frame)


def test_one_archive_serves_all_tables_of_imblearn(zenodo):
    load("dataset:imblearn/ecoli")
    load("dataset:imblearn/oil")
    assert zenodo == [("ecoli",)]


def test_a_damaged_archive_is_removed_and_fetched_anew(zenodo):
    load("dataset:imblearn/ecoli")
    kept = collection.folder() / "imblearn" / "zenodo" / "x1.npz"
    np.savez(kept, data=np.arange(3))  # without its labels
    with pytest.raises(DataError, match="damaged, and is removed"):
        load("dataset:imblearn/oil")
    assert load("dataset:imblearn/oil").frame.shape == (3, 3)


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("credit-g", {"name": "credit-g", "version": "active"}),
        ("credit-g/2", {"name": "credit-g", "version": 2}),
        ("31", {"data_id": 31}),
    ],
)
def test_openml_by_name_version_or_number(openml, name, asked):
    table = load(f"dataset:openml/{name}")
    assert openml[0].items() >= {**asked, "as_frame": True}.items()
    assert table.target == "class"
    assert table.frame["sex"].isna().tolist() == [False, True, False]
    assert table.frame["odd"].tolist()[:2] == ["a", "1"]
    assert any("returning version 1" in note for note in table.notes)
    assert not any("something else" in note for note in table.notes)
    load(f"dataset:openml/{name.upper()}")
    assert len(openml) == 1, "its name is one in any case"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            urllib.error.URLError(socket.gaierror(-2, "Name not known")),
            "Name not known",
        ),
        (TimeoutError("timed out"), "timed out"),
        (urllib.error.URLError(TimeoutError("timed out")), "timed out"),
        (ConnectionResetError(104, "Connection reset"), "Connection reset"),
        (http.client.IncompleteRead(b"x"), "IncompleteRead"),
        (
            urllib.error.HTTPError("u", 503, "Unavailable", None, io.BytesIO()),
            "answered 503 Unavailable",
        ),
        (ValueError("Dataset nope with version active not found."), "not found"),
        (KeyError("Could not find target_column"), "Could not find"),
    ],
)
def test_what_cannot_be_fetched_is_one_line(monkeypatch, error, said):
    def fail(**_):
        assert 0 < (socket.getdefaulttimeout() or 0) <= 30, "it could hang for ever"
        raise error

    fetch(parse("dataset:sklearn/iris"))
    monkeypatch.setattr(sklearn.datasets, "fetch_openml", fail)
    with pytest.raises(DataError, match=said) as caught:
        load("dataset:openml/nope")
    assert "dataset:openml/nope" in caught.value.message
    assert "\n" not in str(caught.value)
    if isinstance(error, OSError | http.client.HTTPException):
        assert "dataset:sklearn/" in caught.value.fix, "what can be had now"
    else:
        assert "www.openml.org" in caught.value.fix
    assert socket.getdefaulttimeout() is None
    left = [p for p in collection.folder().rglob("*") if p.name.endswith(".part")]
    assert left == []


@for_each(
    ("name", "said"),
    [
        ("imblearn/ecolli", "Did you mean 'ecoli'"),
        ("imblearn/Oil", "Did you mean 'oil'"),
        ("sklearn/breastcancer", "Did you mean 'breast_cancer'"),
        ("sklearn/diabetes", "no dataset 'diabetes' with classes"),
        ("imblern/ecoli", "Did you mean 'imblearn'"),
        ("imblearn/", "has no dataset ''"),
        ("", "there is no collection"),
        ("openml/", "names no dataset"),
        ("openml/../../etc/passwd", "names no dataset"),
        ("openml/a\x00b", "names no dataset"),
        ("openml/" + "a" * 300, "names no dataset"),
        ("openml/credit-g/one", "no version"),
        ("openml/credit-g/0", "no version"),
        ("openml/credit-g/1/2", "no version"),
    ],
)
def test_a_name_that_is_none_is_told_without_fetching(name, said):
    for look in (sources.check, source.resolve, sources.stamp):
        with pytest.raises(DataError) as caught:
            look(f"dataset:{name}")
        assert said in str(caught.value)


def test_the_cache_follows_xdg_and_is_private(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    file = fetch(parse("dataset:sklearn/iris"))
    assert file.is_relative_to(tmp_path / "cache" / "imbtui")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_without_a_folder_to_write_to_it_is_said_how_to_give_one(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file" / "below"))
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="Set XDG_CACHE_HOME to a folder"):
        collection.folder()


def pipe(monkeypatch, data):
    monkeypatch.setattr(source, "_piped", [])
    monkeypatch.setattr(source.atexit, "register", lambda *_, **__: None)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_a_dash_is_standard_input_read_once(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    pipe(monkeypatch, b"a,y\n1,0\n2,1\n")
    sources.check("-")
    path, name = source.resolve("-")
    assert name == "standard input"
    assert load("-").frame["a"].tolist() == [1, 2]
    assert source.resolve("-")[0] == path, "a second reading has the same rows"
    path.unlink()


def test_a_terminal_is_nothing_to_read_from(monkeypatch):
    master, slave = os.openpty()
    with os.fdopen(slave) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        for look in (sources.check, source.resolve):
            with pytest.raises(DataError, match="nothing is piped in"):
                look("-")
    os.close(master)


def test_a_home_of_nobody_is_just_a_name():
    with pytest.raises(DataError, match="cannot read '~nobody-here/x"):
        source.resolve("~nobody-here/x.csv")
