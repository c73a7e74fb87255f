"""The sample tables: what is committed, what generates it, how it is handed out."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from imblearn.datasets import make_imbalance
from sklearn.datasets import make_blobs, make_moons
from sklearn.model_selection import train_test_split

from benchmarks import samples as generate
from engine.core.errors import DataError, OutputError, UsageError
from engine.data.synthetic import frame
from engine.io import catalogue
from engine.io.catalogue import SAMPLES, find, path, write
from engine.io.make_spec import parse as parse_made
from tests.support.each import for_each
from tests.support.paths import ROOT


@pytest.fixture(scope="module")
def stroke() -> pd.DataFrame:
    return generate.stroke()


def article(name: str) -> pd.DataFrame:
    return frame(parse_made(generate.POINTS[name]))


def _positives(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["stroke"] == 1]


# --- committed files -----------------------------------------------------------------


def test_committed_stroke_is_what_the_generator_returns(stroke: pd.DataFrame) -> None:
    committed = pd.read_csv(ROOT / "sample_data" / "stroke.csv.gz")
    pd.testing.assert_frame_equal(committed, stroke, check_dtype=False)


@for_each("name", ["moons", "blobs"])
def test_committed_points_are_what_the_generator_returns(name: str) -> None:
    committed = pd.read_csv(ROOT / "sample_data" / f"{name}.csv")
    pd.testing.assert_frame_equal(committed, article(name), rtol=1e-9)


@for_each("sample", SAMPLES.values())
def test_a_sample_is_what_the_catalogue_says(sample: catalogue.Sample) -> None:
    table = pd.read_csv(path(sample))
    assert table.shape == (sample.rows, sample.columns)
    labels = table[sample.target].astype(str).value_counts()
    assert labels.idxmin() == sample.positive
    assert len(labels) == 2
    assert f"{labels[sample.positive]:,} " in sample.description
    share = f"({labels[sample.positive] / sample.rows * 100:.1f} %)"
    assert share in sample.description
    assert table[sample.target].notna().all()


def test_the_folder_holds_nothing_unaccounted_for() -> None:
    expected = {"README.md"}
    for sample in SAMPLES.values():
        expected.add(sample.file)
        if sample.origin == "real":
            expected.add(f"{Path(sample.file).stem}.txt")
    there = {file.name for file in (ROOT / "sample_data").iterdir()}
    assert there - {"__pycache__"} == expected


@for_each("name", [s.name for s in SAMPLES.values() if s.origin == "real"])
def test_a_real_sample_has_its_licence_beside_it(name: str) -> None:
    file = path(find(name))
    notice = file.with_suffix(".txt").read_text(encoding="utf-8")
    for part in ("Source", "Creator", "Citation", "CC BY 4.0", "Changed", "doi.org"):
        assert part in notice
    assert find(name).licence == "CC-BY-4.0"


def test_the_readme_names_every_file_with_its_size() -> None:
    readme = (ROOT / "sample_data" / "README.md").read_text(encoding="utf-8")
    for sample in SAMPLES.values():
        row = f"| `{sample.file}` | {sample.rows:,} × {sample.columns} |"
        assert row in readme
    assert "not real patients" in readme


def test_generated_samples_say_so() -> None:
    for sample in SAMPLES.values():
        opening = "Real" if sample.origin == "real" else "Generated"
        assert sample.description.startswith(opening)


# --- stroke --------------------------------------------------------------------------


def test_stroke_counts(stroke: pd.DataFrame) -> None:
    assert list(stroke) == [
        "id",
        "gender",
        "age",
        "hypertension",
        "heart_disease",
        "ever_married",
        "work_type",
        "Residence_type",
        "avg_glucose_level",
        "bmi",
        "smoking_status",
        "stroke",
    ]
    sick = _positives(stroke)
    assert (len(stroke), len(sick)) == (43_400, 783)
    assert stroke["id"].is_unique
    assert stroke["id"].between(1, 72_943).all()
    assert stroke["bmi"].isna().sum() == 1_462
    assert stroke["smoking_status"].isna().sum() == 13_292
    assert sick["bmi"].notna().sum() == 643
    assert sick["smoking_status"].notna().sum() == 638
    assert sick[["bmi", "smoking_status"]].notna().all(axis=1).sum() == 548
    others = stroke.drop(columns=["bmi", "smoking_status"])
    assert others.notna().all(axis=None)


def test_stroke_levels(stroke: pd.DataFrame) -> None:
    levels = {
        "gender": {"Female", "Male", "Other"},
        "hypertension": {0, 1},
        "heart_disease": {0, 1},
        "ever_married": {"No", "Yes"},
        "work_type": {
            "Govt_job",
            "Never_worked",
            "Private",
            "Self-employed",
            "children",
        },
        "Residence_type": {"Rural", "Urban"},
        "smoking_status": {"formerly smoked", "never smoked", "smokes"},
    }
    for column, expected in levels.items():
        assert set(stroke[column].dropna().unique()) == expected
    assert (stroke["gender"] == "Other").sum() == 11


def test_stroke_ages(stroke: pd.DataFrame) -> None:
    age = stroke["age"]
    assert (age.min(), age.max()) == (0.08, 82)
    grown = age[age >= 2]
    assert (grown == grown.round()).all()
    assert age[age < 2].nunique() == 23
    children = stroke[age < 10]
    assert (children["work_type"] == "children").all()
    assert (children["ever_married"] == "No").all()
    assert children["smoking_status"].isna().all()
    assert (stroke[age >= 18]["work_type"] != "children").all()
    assert stroke[age >= 25]["smoking_status"].isna().mean() == pytest.approx(
        0.19, abs=0.02
    )


def test_stroke_margins(stroke: pd.DataFrame) -> None:
    assert stroke["age"].mean() == pytest.approx(42.2, abs=0.5)
    assert stroke["hypertension"].mean() == pytest.approx(0.094, abs=0.005)
    assert stroke["heart_disease"].mean() == pytest.approx(0.0475, abs=0.005)
    assert stroke["bmi"].median() == pytest.approx(27.7, abs=0.4)
    assert stroke["avg_glucose_level"].median() == pytest.approx(91.6, abs=1)
    assert (stroke["avg_glucose_level"] > 150).mean() == pytest.approx(0.129, abs=0.006)
    assert (stroke["ever_married"] == "Yes").mean() == pytest.approx(0.644, abs=0.01)


def test_stroke_risk_rises_with_what_it_should(stroke: pd.DataFrame) -> None:
    bands = stroke.groupby(pd.cut(stroke["age"], [0, 30, 45, 60, 75, 83]))["stroke"]
    risk = bands.mean()
    assert risk.is_monotonic_increasing
    assert risk.iloc[-1] > 10 * risk.iloc[1]
    old = stroke[stroke["age"] >= 60]
    for trait in ("heart_disease", "hypertension"):
        by_trait = old.groupby(trait)["stroke"].mean()
        assert by_trait[1] > 1.2 * by_trait[0]
    by_glucose = old.groupby(old["avg_glucose_level"] > 150)["stroke"].mean()
    assert by_glucose[True] > 1.2 * by_glucose[False]


def test_stroke_bmi_is_missing_where_it_tells_something(stroke: pd.DataFrame) -> None:
    unknown = stroke["bmi"].isna().groupby(stroke["stroke"]).mean()
    assert unknown[1] > 5 * unknown[0]


def test_stroke_gives_the_article_its_161_test_positives(stroke: pd.DataFrame) -> None:
    _, test = train_test_split(stroke["stroke"], test_size=0.2, random_state=42)
    assert (len(test), test.sum()) == (8_680, 161)


def test_stroke_follows_its_seed() -> None:
    once = generate.stroke(n_rows=500, seed=1)
    pd.testing.assert_frame_equal(once, generate.stroke(n_rows=500, seed=1))
    assert not once.equals(generate.stroke(n_rows=500, seed=2))


@for_each(("n_rows", "positive"), [(100, 2), (1_000, 18), (5_001, 90)])
def test_stroke_keeps_its_shares_at_any_size(n_rows: int, positive: int) -> None:
    table = generate.stroke(n_rows=n_rows)
    assert len(table) == n_rows
    assert table["stroke"].sum() == positive
    assert table["id"].is_unique
    assert table["bmi"].isna().sum() == round(n_rows * 1_462 / 43_400)
    assert table["smoking_status"].isna().sum() == round(n_rows * 13_292 / 43_400)


def test_stroke_refuses_too_few_rows() -> None:
    with pytest.raises(UsageError, match="at least 100, got 99"):
        generate.stroke(n_rows=99)


# --- moons and blobs -----------------------------------------------------------------


def test_moons_are_the_articles() -> None:
    X, y = make_moons(n_samples=5000, shuffle=True, noise=0.5, random_state=42)
    points = pd.DataFrame(data=X, columns=["feature1", "feature2"])
    labels = pd.DataFrame(data=y)
    X_kept, y_kept = make_imbalance(
        points, labels, sampling_strategy={0: 2500, 1: 250}, random_state=42
    )
    table = article("moons")
    np.testing.assert_array_equal(table[["feature1", "feature2"]], X_kept)
    np.testing.assert_array_equal(table["label"], y_kept[0])


def test_blobs_are_the_articles() -> None:
    X, y = make_blobs(
        n_samples=500,
        centers=2,
        n_features=2,
        cluster_std=3,
        center_box=(-7.0, 7.0),
        random_state=42,
    )
    points = pd.DataFrame(data=X, columns=["feature1", "feature2"])
    labels = pd.DataFrame(data=y)
    X_kept, y_kept = make_imbalance(
        points, labels, sampling_strategy={0: 250, 1: 50}, random_state=42
    )
    table = article("blobs")
    np.testing.assert_array_equal(table[["feature1", "feature2"]], X_kept)
    np.testing.assert_array_equal(table["label"], y_kept[0])


# --- the command ---------------------------------------------------------------------


def test_the_command_writes_what_is_committed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stroke: pd.DataFrame
) -> None:
    monkeypatch.setattr(generate, "stroke", lambda: stroke)
    assert generate.main([str(tmp_path / "new" / "folder")]) == 0
    for file in (tmp_path / "new" / "folder").iterdir():
        ours = pd.read_csv(file)
        pd.testing.assert_frame_equal(
            ours, pd.read_csv(ROOT / "sample_data" / file.name), rtol=1e-9
        )
    assert len(list((tmp_path / "new" / "folder").iterdir())) == 3


@pytest.mark.parametrize("arguments", [[], ["a", "b"], ["--help"]])
def test_the_command_wants_one_folder(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert generate.main(arguments) == 2
    assert "OUTDIR" in capsys.readouterr().err


# --- the catalogue -------------------------------------------------------------------


@for_each(
    ("name", "hint"),
    [("strok", "Did you mean 'stroke'?"), ("zzz", "The samples are")],
)
def test_an_unknown_name_gets_a_suggestion(name: str, hint: str) -> None:
    with pytest.raises(DataError) as caught:
        find(name)
    message = str(caught.value)
    assert f"no sample dataset is named {name!r}" in message
    assert hint in message
    assert all(known in message for known in SAMPLES)


def test_path_finds_the_installed_file_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed, checkout = tmp_path / "samples", tmp_path / "sample_data"
    monkeypatch.setattr(catalogue, "_FOLDERS", (installed, checkout))
    sample = find("blobs")
    with pytest.raises(DataError, match="not part of this installation"):
        path(sample)
    for folder in (checkout, installed):
        folder.mkdir()
        (folder / sample.file).touch()
        assert path(sample) == folder / sample.file


def test_the_installed_folder_is_the_one_the_wheel_fills() -> None:
    assert catalogue._FOLDERS[0] == ROOT / "engine" / "io" / "samples"
    assert catalogue._FOLDERS[1] == ROOT / "sample_data"
    build = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert '"sample_data" = "engine/io/samples"' in build


@for_each("suffix", [".csv", ".csv.gz", ".parquet", ".CSV"])
@for_each("name", ["stroke", "moons", "hypothyroid"])
def test_write_round_trip(tmp_path: Path, name: str, suffix: str) -> None:
    sample, folder = find(name), tmp_path / f"{name}{suffix}"
    folder.mkdir()
    out = write(sample, folder / f"my table{suffix}")
    assert out == folder / f"my table{suffix}"
    back = pd.read_parquet(out) if suffix == ".parquet" else read(out)
    pd.testing.assert_frame_equal(back, read(path(sample)), check_exact=True)
    assert list(folder.iterdir()) == [out]


def read(file: Path) -> pd.DataFrame:
    """Read a table whose numbers are the nearest to its text in any pandas."""
    return pd.read_csv(file, engine="pyarrow")


def test_a_parquet_file_has_the_numbers_of_the_text(tmp_path: Path) -> None:
    back = pd.read_parquet(write(find("moons"), tmp_path / "moons.parquet"))
    text = pd.read_csv(path(find("moons")), dtype=str)
    for name in text:
        assert back[name].tolist() == [float(cell) for cell in text[name]]


def test_stroke_as_csv_reads_like_the_articles_file(tmp_path: Path) -> None:
    out = write(find("stroke"), tmp_path / "x.csv")
    table = pd.read_csv(out, dtype=str, keep_default_na=False)
    assert not table.isin(["nan", "NaN", "None", "NA"]).any(axis=None)
    assert (table["bmi"] == "").sum() == 1_462
    assert (table["smoking_status"] == "").sum() == 13_292
    numbers = table[["age", "hypertension", "heart_disease", "bmi", "stroke"]]
    for column in numbers:
        assert not numbers[column].str.endswith(".0").any()
    assert table["age"].str.fullmatch(r"\d+|[01]\.\d\d?").all()
    assert table["bmi"].str.fullmatch(r"\d\d(\.\d)?|").all()
    assert table["avg_glucose_level"].str.fullmatch(r"\d+(\.\d\d?)?").all()


def test_write_says_no_before_it_overwrites(tmp_path: Path) -> None:
    out = tmp_path / "blobs.csv"
    out.write_text("mine")
    with pytest.raises(OutputError, match=r"exists already.*overwrite it"):
        write(find("blobs"), out)
    assert out.read_text() == "mine"
    assert write(find("blobs"), out, overwrite=True).read_text() != "mine"


@for_each(
    ("out", "message"),
    [
        ("blobs", r"'blobs'.*\.csv, \.csv\.gz, \.parquet"),
        ("blobs.xlsx", r"'blobs\.xlsx'.*Name it blobs\.csv"),
        ("not/there/blobs.csv", r"there is no folder .*mkdir -p"),
        ("", r"is a folder. Name a file: .*blobs\.csv"),
    ],
)
def test_write_says_what_to_do(tmp_path: Path, out: str, message: str) -> None:
    with pytest.raises((DataError, OutputError), match=message):
        write(find("blobs"), tmp_path / out)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left on device"):
        write(find("blobs"), tmp_path / "blobs.csv")
    assert list(tmp_path.iterdir()) == []


def test_compressed_is_the_same_each_time() -> None:
    packed = catalogue.compressed(b"a,b\n1,2\n")
    assert packed == catalogue.compressed(b"a,b\n1,2\n")
    assert gzip.decompress(packed) == b"a,b\n1,2\n"


def test_a_sample_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        find("blobs").rows = 1  # type: ignore[misc]
