"""The ugly tables of `tests.support.ugly`, each against what is known to be in it."""

import re

import pandas as pd
import pytest

from engine.core.errors import DataError
from engine.core.messages import Look
from engine.data.load import load
from engine.service import preview_file
from tests.support.each import each
from tests.support.ugly import CASES

GOOD = [case for case in CASES if not case.refused]
BAD = [case for case in CASES if case.refused]


def cell(value):
    if pd.isna(value):
        return "·"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def write(tmp_path, case):
    path = tmp_path / "t.csv"
    path.write_bytes(case.content)
    return path


def read(path, case):
    """Check that a file is read as what it is, and that what was guessed is said."""
    table = load(path)
    frame = table.frame
    assert tuple(frame.columns) == case.names
    assert len(frame) == case.rows
    if case.first:
        assert tuple(map(cell, frame.iloc[0])) == case.first
    if case.last:
        assert tuple(map(cell, frame.iloc[-1])) == case.last
    for word in case.said:
        assert any(word in note for note in table.notes), table.notes
    for known in ("delimiter", "header", "encoding"):
        if (expected := getattr(case, known)) is not None:
            assert getattr(table.reader, known) == expected


def looked_at(path, case):
    preview = preview_file(Look(id=1, source=str(path)))
    assert preview.columns == case.names
    assert 0 < len(preview.rows) <= min(100, case.rows)
    assert preview.estimated_rows >= len(preview.rows)


def test_it_is_read_as_what_it_is_and_a_look_shows_the_same_columns(tmp_path):
    with each() as row:
        for case in GOOD:
            path = write(tmp_path, case)
            with row(case.name, "load"):
                read(path, case)
            with row(case.name, "look"):
                looked_at(path, case)


def test_it_is_refused_in_one_line_that_names_file_and_place(tmp_path):
    with each() as row:
        for case in BAD:
            with row(case.name):
                with pytest.raises(DataError) as caught:
                    load(write(tmp_path, case))
                said = str(caught.value)
                assert re.search(case.refused, said), said
                assert "t.csv" in said
                assert "\n" not in said
                assert caught.value.fix
