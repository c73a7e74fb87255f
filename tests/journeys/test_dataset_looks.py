"""What the dataset looks like: the start view, the table, its columns and its rows."""

from __future__ import annotations

from pathlib import Path

import msgspec

from engine.core.events import Reader, Sampled
from engine.core.messages import Failure, Load, Look
from tests.support import fakes
from tests.support.journey import HUGE, LARGE, SMALL, sizes
from tests.support.make_samples import serve

BOTH = sizes(SMALL, LARGE)


def stores(app) -> None:
    """List stored runs of every status."""
    app.runs.stored = (
        fakes.summary(4, status="running", seconds=None, headline=""),
        fakes.summary(3, status="cancelled", seconds=41.0, headline="cancelled"),
        fakes.summary(2, status="failed", headline="no positive row in fold 2"),
        fakes.summary(1),
    )
    app.runs.list()


# Tables that are special --------------------------------------------------------------


def several_classes(service):
    """Answer with a table of three classes, before one of them is the positive one."""
    counts = {"healthy": 150, "over": 35, "under": 30}
    service.table = msgspec.structs.replace(
        fakes.TABLE,
        rows=215,
        positive=None,
        labels=counts,
        classes=counts,
        train={"healthy": 120, "over": 28, "under": 24},
        test={"healthy": 30, "over": 7, "under": 6},
        recall_half_width=None,
        duplicate_rows=0,
    )


def sampled(service):
    """Answer with a sample of a table."""
    service.table = msgspec.structs.replace(
        fakes.TABLE, sampled=Sampled(rows=43_400, of=12_000_000)
    )


def too_big(service):
    """Refuse a table for its size."""
    service.answers[Load] = Failure(
        code="too-big",
        message="patients.csv would take 23.4 GB, and 6.1 GB are free",
        fix="read a sample of 100000 of its rows, or some columns",
        sample_rows=100_000,
    )


def odd_file(service):
    """Answer with a file that is read in an unusual way."""
    reader = Reader(
        format="text",
        delimiter=";",
        encoding="cp1252",
        header=1,
        quoting='"',
        decimal=",",
        skipped=2,
        notes=(
            "it is not UTF-8: read as cp1252",
            "2 lines before the header were left out",
        ),
    )
    service.answers[Look] = lambda request: fakes.preview(reader=reader)


# The pane and its views --------------------------------------------------------------


@BOTH
def test_start(journey, size):
    journey.begin(size, None)
    journey.act(stores)
    journey.press("down")
    journey.look("start")


@sizes(SMALL, LARGE, HUGE)
def test_dataset(journey, size):
    journey.begin(size)
    journey.look("dataset", picture=size == LARGE)


@BOTH
def test_column(journey, size):
    journey.begin(size)
    journey.press("p", "down", "down", "enter")
    journey.look("column", picture=size == LARGE)


@BOTH
def test_advice(journey, size):
    journey.begin(size)
    journey.press("a")
    journey.look("advice")
    journey.press("m", "end")
    journey.look("advice-muted")


@BOTH
def test_strongest_column_first(journey, size):
    journey.begin(size)
    journey.press("p", "s")
    journey.look("columns-strongest")


@BOTH
def test_several_classes(journey, size):
    journey.begin(size, prepare=several_classes)
    journey.look("several-classes")


@BOTH
def test_a_table_that_is_too_big(journey, size):
    journey.begin(size, "patients.csv", too_big)
    journey.look("too-big")
    journey.press("escape")
    journey.look("too-big-first-rows")


@BOTH
def test_choose_columns(journey, size):
    journey.begin(size, "patients.csv", too_big)
    journey.press("c", "down", "space")
    journey.look("choose-columns")


@BOTH
def test_sample(journey, size):
    journey.begin(size, prepare=sampled)
    journey.look("sample")


@BOTH
def test_read_options(journey, size):
    journey.begin(size, "patients.csv", odd_file)
    journey.press("i", "down")
    journey.look("read-options")


@BOTH
def test_column_role(journey, size):
    journey.begin(size)
    journey.press("p", "down", "down", "c")
    journey.look("column-role")


def by_group(service):
    """Answer with errors that are compared by two columns, one of them a feature."""
    columns = tuple(
        msgspec.structs.replace(column, role="ignored")
        if column.name == "age"
        else column
        for column in fakes.TABLE.columns
    )
    service.table = msgspec.structs.replace(
        fakes.TABLE, columns=columns, subgroups=("gender", "age")
    )


@BOTH
def test_columns_by_group(journey, size):
    journey.begin(size, prepare=by_group)
    journey.press("p", "down", "c", "b")
    journey.look("columns-by-group")
    journey.press("c")
    journey.look("column-by-group")
    journey.press("escape", "v")
    journey.look("column-view-by-group")


@BOTH
def test_pick_column(journey, size):
    journey.begin(size)
    journey.press("down", "down", "down", "enter", "down", "enter")
    journey.look("pick-column")


@BOTH
def test_rows(journey, size):
    journey.begin(size)
    journey.press("v", "v")
    journey.look("rows")


@BOTH
def test_open(journey, size):
    Path("old tables").mkdir()
    Path("patients.csv").write_bytes(b"x" * 20_480)
    Path("patients.parquet").write_bytes(b"x" * 3_000)
    journey.begin(size)
    journey.press("o")
    journey.look("open")


# A table that is made up -------------------------------------------------------------


@BOTH
def test_make(journey, size):
    journey.begin(size, None, serve)
    journey.press("G", "right", "down", "right")
    journey.look("make", picture=size == LARGE)


@BOTH
def test_make_several_classes(journey, size):
    journey.begin(size, None, serve)
    keys = "up", "up", "right", "down", "down", "down", "right", "right"
    journey.press("G", *keys)
    journey.look("make-classes")
