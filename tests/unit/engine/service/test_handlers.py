"""What the service answers: failures, tables, rows, pictures, progress."""

from __future__ import annotations

import gzip
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pytest

from engine.core.errors import TooBigError
from engine.core.experiment import DataSpec, SplitSpec
from engine.core.messages import (
    ColumnPicture,
    Failure,
    LoadProgress,
    Look,
    PageRequest,
    PictureRequest,
)
from engine.data import profile, thin
from engine.data import profile as view
from engine.data.load import load
from engine.data.roles import prepare
from engine.evaluate import half_width
from engine.service import protocol as wire
from engine.service.tables import preview_file
from engine.splits import divide
from tests.support.each import for_each
from tests.support.service_samples import Asker, _table


@pytest.fixture
def asker() -> Asker:
    return Asker()


# --- failures ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "message", "fix"),
    [
        (lambda d: str(d / "no.csv"), "no.csv': No such file", "give the path of"),
        (lambda d: str(d), "is a directory", "give the path of a file in it"),
        (lambda d: _table(d, "a,b\n"), "has a header but no rows", "data rows"),
        (lambda d: _table(d, ""), "is empty (0 bytes)", "header row"),
        (lambda d: _table(d, "a,b\n1,2\n1,2,3\n"), "3 fields where 2", "that line"),
        (lambda d: "sample:strike", "no sample dataset is named", "stroke"),
        (lambda d: "a\x00b", "cannot read", "give the path"),
        (lambda d: os.fsdecode(b"\xff.csv"), "is no UTF-8 text", "rename"),
    ],
)
def test_a_source_that_is_no_table_fails_in_one_line(
    asker: Asker,
    tmp_path: Path,
    make: Callable[[Path], str],
    message: str,
    fix: str,
) -> None:
    kept = asker.info("sample:blobs")
    failure = asker.load(make(tmp_path))
    assert isinstance(failure, Failure)
    assert failure.code == "data"
    assert message in failure.message
    assert fix in failure.fix
    assert "\n" not in failure.message + failure.fix
    assert wire.decode_reply(wire.encode(failure)) == failure
    assert asker.page(0, 1).total == kept.rows


def test_many_files_are_one_table_until_one_of_them_changes(
    asker: Asker, tmp_path: Path
) -> None:
    for number in range(3):
        frame = pd.DataFrame({"a": range(20), "y": [0, 1] * 10})
        frame.to_parquet(tmp_path / f"part-{number}.parquet")
    for source in (str(tmp_path), str(tmp_path / "part-*.parquet")):
        shown = preview_file(Look(id=1, source=source, rows=40))
        assert (len(shown.rows), shown.estimated_rows) == (40, 60)
        files = (tmp_path / f"part-{number}.parquet" for number in range(3))
        assert shown.bytes == sum(file.stat().st_size for file in files)
    assert asker.info(source, target="y").rows == 60
    asker.said.clear()
    assert asker.info(source, target="y").rows == 60
    assert asker.said == []
    (tmp_path / "part-1.parquet").rename(tmp_path / "1.old")
    assert asker.info(source, target="y").rows == 40


def test_another_target_reads_a_large_table_anew_and_no_small_one(
    asker: Asker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thin, "EVEN_ROWS", 100)
    rare = np.arange(1000) % 100 == 0
    frame = pd.DataFrame({"a": range(1000), "b": [0, 1] * 500, "y": rare.astype(int)})
    monkeypatch.setattr(thin, "EVEN_POSITIVES", 1)
    monkeypatch.setattr(thin, "EVEN_CELLS", 0)
    source = str(tmp_path / "t.parquet")
    frame.to_parquet(source)
    for large, rows in ((2000, (1000, 1000, 1000)), (900, (1000, 323, 1000))):
        monkeypatch.setattr(thin, "LARGE", large)
        asker.said.clear()
        os.utime(source, ns=(large, large))
        found = [asker.info(source, target=target).rows for target in (None, "y", "b")]
        assert found == list(rows)
        reads = [s for s in asker.said if isinstance(s, LoadProgress)]
        profiled = [s for s in reads if s.stage == "profiling"]
        assert len(profiled) == (1 if large == 2000 else 3)


def test_many_files_are_as_large_as_all_of_them(asker: Asker, tmp_path: Path) -> None:
    for part in range(3):
        frame = pd.DataFrame({"a": range(50 * (part + 1)), "y": 0})
        frame.to_parquet(tmp_path / f"{part}.parquet")
    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    assert asker.info(str(tmp_path)).bytes == sum(sizes)
    assert asker.info(str(tmp_path / "0.parquet")).bytes in sizes
    assert asker.info("make:moons").bytes is None


def test_what_nobody_foresaw_is_a_failure_in_one_line(
    asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors: list[BaseException] = [RuntimeError("bad\nworse"), MemoryError()]

    def burst(*_: object, **__: object) -> None:
        raise errors.pop(0)

    monkeypatch.setattr("engine.data.load.load", burst)
    failure = asker.load("sample:blobs")
    assert isinstance(failure, Failure)
    assert (failure.code, failure.message) == ("internal", "RuntimeError: bad")
    assert failure.fix.endswith("x.log")
    failure = asker.load("sample:blobs")
    assert isinstance(failure, Failure)
    assert failure.code == "memory"


def test_a_malformed_request_is_answered_under_its_id(asker: Asker) -> None:
    line = json.dumps({"request": "rows", "id": 7, "start": "x", "count": 1})
    failure = asker.desk.answer(line.encode())
    assert isinstance(failure, Failure)
    assert (failure.id, failure.code) == (7, "protocol")
    assert "$.start" in failure.message
    for line in ("[" * 100_000, "{", "1", '{"request":"rows","id":true}'):
        failure = asker.desk.answer(line.encode())
        assert isinstance(failure, Failure)
        assert failure.id == 0


def test_rows_and_pictures_need_a_table_and_a_column(asker: Asker) -> None:
    for request in (
        PageRequest(id=1, start=0, count=1),
        PictureRequest(id=1, column="x"),
    ):
        failure = asker.desk.answer(wire.encode(request))
        assert isinstance(failure, Failure)
        assert failure.message == "no table is loaded"
    asker.info("sample:blobs")
    failure = asker.desk.answer(wire.encode(PictureRequest(id=1, column="x")))
    assert isinstance(failure, Failure)
    assert failure.message == "sample:blobs has no column 'x'"


# --- what is told about a table ------------------------------------------------------


def test_the_hold_out_is_that_of_a_run(asker: Asker) -> None:
    info = asker.info("sample:stroke", seed=7, test_size=0.25, stratify=False)
    data = DataSpec(source="sample:stroke")
    dataset = prepare(load("sample:stroke"), data)
    spec = SplitSpec(test_size=0.25, stratify=False)
    split = divide(dataset, spec, seed=7)
    positives = int(dataset.y[split.test].sum())
    assert info.test == {"0": len(split.test) - positives, "1": positives}
    assert sum(info.train.values()) == len(split.train)
    assert info.classes == info.labels == {"0": 42617, "1": 783}
    assert info.recall_half_width == half_width(positives)
    assert {("IMB004", "id"), ("IMB008", "stroke"), ("IMB016", None)} <= {
        (a.code, a.column) for a in info.advice
    }
    assert {c.name: c.role for c in info.columns} == dataset.info.roles
    assert info.bytes is not None
    assert info.bytes > 500_000
    assert info.problem is None
    assert {"stroke", "gender", "smoking_status"} <= set(info.targets)
    assert not {"id", "bmi", "age"} & set(info.targets)


def test_what_the_target_may_be_is_told_whichever_is_chosen(asker: Asker) -> None:
    info = asker.info("sample:stroke")
    assert info.target_guessed
    first = info.target_candidates[0]
    assert (first.name, first.rarest, first.rows) == ("stroke", "1", 783)
    assert "its name says stroke" in first.why
    other = asker.info("sample:stroke", target="heart_disease")
    assert not other.target_guessed
    assert other.target_candidates == info.target_candidates


THREE = "kind,x,when\n" + "".join(f"{'abc'[n % 3]},{n % 7},{n}.5\n" for n in range(60))


def test_a_table_without_a_usable_target_is_still_a_table(
    asker: Asker, tmp_path: Path
) -> None:
    source = _table(tmp_path, THREE)
    info = asker.info(source)
    assert info.target is None
    assert (info.rows, info.labels, info.classes, info.test) == (60, {}, {}, {})
    assert info.problem is not None
    assert info.problem.startswith("no target was given and none can be guessed. Its")
    assert info.targets == ("kind", "x")
    assert asker.picture("x").counts == {"all rows": (9, 9, 9, 9, 8, 8, 8)}

    info = asker.info(source, target="kind")
    assert (info.target, info.positive) == ("kind", None)
    assert info.labels == {"a": 20, "b": 20, "c": 20}
    assert info.problem is None
    assert [c.role for c in info.columns] == ["target", "feature", "feature"]
    assert list(asker.picture("x").counts) == ["a", "b", "c"]

    info = asker.info(source, target="kind", positive="b", group="x")
    assert info.problem is None
    assert info.classes == {"not b": 40, "b": 20}
    assert sum(info.test.values()) + sum(info.train.values()) == 60
    assert [c.role for c in info.columns] == ["target", "group", "feature"]
    assert list(asker.picture("when").counts) == ["not b", "b"]

    assert sum(isinstance(r, LoadProgress) and r.stage == "profiling"
               for r in asker.said) == 1  # fmt: skip


@pytest.mark.parametrize(
    ("choices", "problem"),
    [
        ({"target": "kinds"}, "no column 'kinds'. Did you mean 'kind'? The columns"),
        ({"target": "when"}, "target 'when' has 60 different values"),
        ({"target": "kind", "positive": "z"}, "has no class 'z'. It has: a (20)"),
        ({"target": "kind", "positive": "a", "group": "g"}, "no column 'g'"),
        ({"target": "kind", "positive": "a", "drop": ("q",)}, "no column 'q'"),
        (
            {"target": "kind", "positive": "a", "test_size": 1.5},
            "test share cannot be 1.5",
        ),
        ({"target": "kind", "positive": "a", "group": "kind"}, "is the target"),
        ({"target": "kind", "positive": "a", "drop": ("x", "when")}, "to learn from"),
        ({"target": "kind", "subgroups": ("x",)}, "with two classes, and 'kind' has 3"),
        ({"target": "kind", "positive": "a", "subgroups": ("q",)}, "no column 'q'"),
    ],
)
def test_a_choice_that_a_run_would_refuse_is_a_problem(
    asker: Asker, tmp_path: Path, choices: dict[str, object], problem: str
) -> None:
    info = asker.info(_table(tmp_path, THREE), **choices)
    assert info.problem is not None
    assert problem in info.problem
    assert "\n" not in info.problem
    assert info.rows == 60
    assert info.recall_half_width is None


def test_a_table_that_changed_is_read_again(asker: Asker, tmp_path: Path) -> None:
    source = _table(tmp_path, "x,y\n1,0\n2,0\n3,1\n4,1\n")
    assert asker.info(source).rows == 4
    _table(tmp_path, "x,y\n1,0\n2,0\n3,1\n4,1\n5,1\n")
    assert asker.info(source).rows == 5


def test_rows_without_a_target_are_shown_and_not_counted(
    asker: Asker, tmp_path: Path
) -> None:
    text = "x,y\n" + "".join(f"{n % 30},{n % 2 if n % 5 else ''}\n" for n in range(100))
    info = asker.info(_table(tmp_path, text), target="y")
    assert (info.rows, sum(info.classes.values())) == (100, 80)
    picture = asker.picture("x")
    assert sum(map(sum, picture.counts.values())) == 80
    assert asker.page(0, 2).rows == (("0", None), ("1", "1"))


def test_a_choice_made_before_is_not_measured_again(
    asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = asker.info("sample:stroke")
    asker.info("sample:stroke", drop=("bmi",))

    def burst(*_: object, **__: object) -> None:
        raise AssertionError("measured again")

    monkeypatch.setattr("engine.service.tables.measure", burst)
    again = asker.info("sample:stroke")
    assert msgspec.structs.replace(again, id=first.id) == first
    muted = asker.info("sample:stroke", mute=("IMB016", "IMB023:bmi"))
    assert muted.muted == 2
    assert [a for a in first.advice if a not in muted.advice] == [
        a
        for a in first.advice
        if (a.code, a.column) in {("IMB016", None), ("IMB023", "bmi")}
    ]


def test_what_is_measured_is_told(asker: Asker, tmp_path: Path) -> None:
    text = "x,z,y\n" + "".join(
        f"{n % 8},{n if n % 20 else ''},{int(n % 4 == 0)}\n" for n in range(200)
    )
    text += "3,3,0\n4,,1\n"
    info = asker.info(_table(tmp_path, text), target="y", drop=("z",))
    assert info.duplicate_rows == 10  # 9 of them without z
    assert info.contradictory_rows == 0
    x, z, y = info.columns
    assert x.alone is not None
    assert x.alone.roc_auc == 1.0
    assert x.alone.lift > 3
    assert (z.alone, y.alone) == (None, None)
    assert (z.missing, z.missing_by_class["0"]) == (11, 0)
    assert 0 < z.missing_by_class["1"] < 11  # those that are for training
    assert [a.column for a in info.advice if a.code == "IMB012"] == ["x"]
    source = _table(tmp_path, text + 2 * "7,1,1\n")
    info = asker.info(source, target="y", drop=("z",), duplicates="apart")
    assert 15 < info.contradictory_rows < 27


def test_columns_are_of_the_kinds_they_are_said_to_be(
    asker: Asker, tmp_path: Path
) -> None:
    text = "code,day,y\n" + "".join(
        f"{n % 7},2024-01-{n % 28 + 1:02},{int(n % 4 == 0)}\n" for n in range(200)
    )
    source = _table(tmp_path, text)
    kinds = {c.name: (c.kind, c.role) for c in asker.info(source, target="y").columns}
    assert kinds["code"] == ("integer", "feature")
    assert kinds["day"] == ("date", "ignored")
    assert asker.page(0, 1).rows == (("0", "2024-01-01", "1"),)
    picture = asker.picture("day", bins=4)
    assert picture.edges[0] == pd.Timestamp("2024-01-01").timestamp()
    info = asker.info(source, target="y", kinds={"code": "category"}, time="day")
    kinds = {c.name: (c.kind, c.role) for c in info.columns}
    assert kinds["code"] == ("category", "feature")
    assert kinds["day"] == ("date", "time")


def test_more_than_two_classes_are_split_and_told(asker: Asker, tmp_path: Path) -> None:
    text = "x,kind\n" + "".join(f"{n},{'abbccc'[n % 6]}\n" for n in range(600))
    info = asker.info(_table(tmp_path, text), target="kind", keep=("x",))
    assert (info.positive, info.classes) == (None, {"c": 300, "b": 200, "a": 100})
    assert info.train == {"c": 240, "b": 160, "a": 80}
    assert info.test == {"c": 60, "b": 40, "a": 20}
    # Of the rarest class; and all of them can be compared.
    assert info.recall_half_width == pytest.approx(0.2, abs=0.01)
    assert info.problem is None


def test_a_second_file_holds_the_test_rows(asker: Asker, tmp_path: Path) -> None:
    def rows(first: int, last: int) -> str:
        return "x,y\n" + "".join(
            f"{n * 37 % 101 + 0.5},{int(n % 5 == 0)}\n" for n in range(first, last)
        )

    train = _table(tmp_path, rows(0, 60), "train.csv")
    test = _table(tmp_path, rows(60, 100), "test.csv")
    info = asker.info(train, target="y", test_source=test)
    assert info.rows == 100
    assert (info.train, info.test) == ({"0": 48, "1": 12}, {"0": 32, "1": 8})
    _table(tmp_path, rows(60, 90), "test.csv")
    assert asker.info(train, target="y", test_source=test).rows == 90


def test_a_table_that_is_too_big_says_how_much_of_it_would_fit(
    asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        error = TooBigError("too many rows", "read a sample")
        error.sample_rows = 1234
        raise error

    monkeypatch.setattr("engine.service.tables.load_data", refuse)
    failure = asker.load("sample:blobs")
    assert isinstance(failure, Failure)
    assert (failure.code, failure.sample_rows) == ("too-big", 1234)


# --- rows ----------------------------------------------------------------------------


def test_cells_are_text_as_they_came(asker: Asker, tmp_path: Path) -> None:
    source = _table(
        tmp_path,
        "whole,half,text,big\n1,1,x ,\n,2.5,,\n3,0.1,Ünï,12345678901234567\n",
    )
    asker.info(source)
    page = asker.page(0, 10)
    assert page.columns == ("whole", "half", "text", "big")
    assert page.rows == (
        ("1", "1.0", "x", None),
        (None, "2.5", None, None),
        ("3", "0.1", "Ünï", "12345678901234567"),
    )


def test_dates_and_flags_of_parquet_are_text(asker: Asker, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    days = pd.date_range("2024-01-01", periods=40)
    frame = pd.DataFrame({"day": days, "at": days + pd.Timedelta("1h"), "y": 0})
    frame.loc[30:, "y"] = 1
    frame["flag"] = frame["y"] == 1
    frame["n"] = pd.array([None, *range(39)], dtype="Int64")
    frame.to_parquet(path)
    assert asker.info(str(path), target="y", duplicates="apart").problem is None
    assert asker.page(0, 1).rows == (
        ("2024-01-01", "2024-01-01 01:00:00", "0", "False", None),
    )
    picture = asker.picture("day", bins=4)
    assert picture.kind == "date"
    assert picture.edges[0] == pd.Timestamp("2024-01-01").timestamp()
    assert picture.counts == {"0": (10, 10, 10, 0), "1": (0, 0, 0, 10)}


@pytest.mark.parametrize(
    ("start", "count", "first", "number"),
    [
        (0, 9999, 0, 500),
        (2745, 20, 2745, 5),
        (2750, 20, 2750, 0),
        (10**9, 20, 2750, 0),
        (-5, 3, 0, 3),
        (0, -1, 0, 0),
    ],
)
def test_a_page_stays_inside_the_table(
    asker: Asker, start: int, count: int, first: int, number: int
) -> None:
    asker.info("sample:moons")
    page = asker.page(start, count)
    assert (page.start, len(page.rows), page.total) == (first, number, 2750)


def test_a_sorted_page_is_one_of_the_whole_table(asker: Asker, tmp_path: Path) -> None:
    lines = [f"{n * 7919 % 1000 - 500},{'bA'[n % 2]}" for n in range(1000)]
    lines[3] = ",b"
    asker.info(_table(tmp_path, "x,side\n" + "\n".join(lines) + "\n"))
    every = [asker.page(start, 500) for start in (0, 500)]
    assert not every[0].numbers
    rows = [row for page in every for row in page.rows]
    for reverse in (False, True):
        pages = [asker.page(start, 400, (0, reverse)) for start in (0, 400, 800)]
        numbers = [n for page in pages for n in page.numbers]
        assert [row for page in pages for row in page.rows] == [
            rows[n - 1] for n in numbers
        ]
        known = [int(rows[n - 1][0] or 0) for n in numbers[:-1]]
        assert known == sorted(known, reverse=reverse)
        assert numbers[-1] == 4, "a missing cell comes last"
        assert sorted(numbers) == list(range(1, 1001))
    by_side = asker.page(0, 3, (1, False))
    assert [row[1] for row in by_side.rows] == ["A", "A", "A"]
    assert by_side.numbers == (2, 6, 8)


# --- pictures ------------------------------------------------------------------------


def test_every_picture_counts_every_row_once(asker: Asker) -> None:
    info = asker.info("sample:stroke")
    for column in info.columns:
        for bins in (-1, 7, 30):
            picture = asker.picture(column.name, bins)
            width = len(picture.levels) or len(picture.edges) - 1
            assert {len(c) for c in picture.counts.values()} == {width}
            seen = sum(map(sum, picture.counts.values())) + picture.others
            assert seen + sum(picture.missing.values()) == info.rows
            assert sum(picture.missing.values()) == column.missing
            assert list(picture.counts) == ["0", "1"]
            assert picture.kind == column.kind
            assert wire.decode_reply(wire.encode(picture)) == picture


def _picture(values: object, y: list[int], bins: int = 10) -> ColumnPicture:
    series = pd.Series(values, name="x")
    classes = view.RowClasses(("no", "yes"), np.array(y))
    return view.picture(series, profile.column(series), classes, id=1, bins=bins)


def test_a_rare_class_is_never_cut_off() -> None:
    rng = np.random.default_rng(0)
    values = [*rng.normal(size=5000), *rng.normal(100, 1, size=5), 1e9]
    picture = _picture(values, [0] * 5000 + [1] * 5 + [0])
    assert sum(picture.counts["yes"]) == 5
    assert picture.others == 1
    assert picture.edges[-1] < 110


def test_whole_numbers_fall_evenly_into_bins() -> None:
    picture = _picture([*range(100)], [0, 1] * 50, bins=30)
    assert picture.edges[:2] == (-0.5, 3.5)
    assert picture.counts["yes"] == (2,) * 25
    few = _picture([3.0, 1.0, None, 3.0, 2.0], [0, 1, 0, 1, -1])
    assert (few.levels, few.edges) == (("1", "3"), ())
    assert few.counts == {"no": (0, 1), "yes": (1, 1)}
    assert few.missing == {"no": 1, "yes": 0}


@for_each(
    "values",
    [
        [1e308, -1e308, 5e-324, 0.5] * 10,
        [1.0 + n * 2.0**-52 for n in range(40)],
        [2**62 + n for n in range(40)],
        [0.25] * 40,
        [float("nan")] * 40,
        [None] * 40,
        [0.5] * 39 + [7e300],
    ],
)
def test_odd_numbers_have_a_picture(values: list[float]) -> None:
    picture = _picture(values, [0, 1] * 20)
    assert wire.decode_reply(wire.encode(picture)) == picture
    assert list(picture.edges) == sorted(picture.edges)
    seen = sum(map(sum, picture.counts.values())) + picture.others
    assert seen + sum(picture.missing.values()) == 40


def test_the_most_frequent_levels_are_shown() -> None:
    text = [f"level {min(n, 60)}" for n in range(100)]
    picture = _picture(text, [0, 1] * 50, bins=3)
    assert picture.levels == ("level 60", "level 0", "level 1")
    assert picture.counts == {"no": (20, 1, 0), "yes": (20, 0, 1)}
    assert picture.others == 58


# --- progress of a load --------------------------------------------------------------


def _variants(folder: Path) -> Iterator[Path]:
    import bz2

    text = "name;x\n" + "".join(f"Zoë {n};{n}\n" for n in range(20_000))
    for suffix, data in (
        ("csv", text.encode()),
        ("bom.csv", text.encode("utf-8-sig")),
        ("utf16.csv", text.encode("utf-16")),
        ("cp1252.csv", text.encode("cp1252")),
        ("csv.gz", gzip.compress(text.encode())),
        ("csv.bz2", bz2.compress(text.encode())),
    ):
        path = folder / f"t.{suffix}"
        path.write_bytes(data)
        yield path


def test_rows_are_counted_and_nothing_else_changes(tmp_path: Path) -> None:
    for path in _variants(tmp_path):
        told: list[tuple[str, int, int | None]] = []
        table = load(path, progress=lambda *t, told=told: told.append(t))
        plain = load(path)
        pd.testing.assert_frame_equal(table.frame, plain.frame)
        assert (table.reader, table.notes) == (plain.reader, plain.notes)
        reading = [t for t in told if t[0] == "reading text"]
        counts = [done for _, done, _ in reading]
        assert counts == sorted(counts)
        assert len({total for *_, total in reading}) == 1
        assert reading[-1][1] == reading[-1][2] > 0
        columns = table.frame.shape[1]
        assert told[-1] == ("cleaning", columns - 1, columns)


def test_what_is_packed_is_unpacked_first_and_told(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr("t.csv", "x,y\n1,0\n2,1\n")
    told: list[str] = []
    load(tmp_path / "t.zip", progress=lambda stage, *_: told.append(stage))
    stages = ["decompressing", "checking", "reading text", "converting", "cleaning"]
    assert list(dict.fromkeys(told)) == stages


def test_an_identifier_that_both_files_share_is_one_all_the_same(
    asker: Asker, tmp_path: Path
) -> None:
    frame = pd.DataFrame(
        {"code": [f"p{i}" for i in range(60)], "x": np.arange(60) % 7 * 1.5}
    ).assign(y=np.arange(60) % 3 == 0)
    train, test = str(tmp_path / "train.csv"), str(tmp_path / "test.csv")
    frame.to_csv(train, index=False)
    frame.head(30).to_csv(test, index=False)
    info = asker.info(train, target="y", test_source=test)
    assert {c.name: c.role for c in info.columns}["code"] == "id"
