"""The ugly tables of `tests.support.ugly`, each against what is known to be in it."""

import re

import pandas as pd
import pytest

from engine.client import Look
from engine.data.load import load
from engine.data.look import look
from engine.errors import DataError
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


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_it_is_read_as_what_it_is_and_what_was_guessed_is_said(tmp_path, case):
    table = load(write(tmp_path, case))
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


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.name)
def test_it_is_refused_in_one_line_that_names_file_and_place(tmp_path, case):
    with pytest.raises(DataError) as caught:
        load(write(tmp_path, case))
    said = str(caught.value)
    assert re.search(case.refused, said), said
    assert "t.csv" in said
    assert "\n" not in said
    assert caught.value.remedy


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_a_look_shows_the_same_columns(tmp_path, case):
    preview = look(Look(id=1, source=str(write(tmp_path, case))))
    assert preview.columns == case.names
    assert 0 < len(preview.rows) <= min(100, case.rows)
    assert preview.estimated_rows >= len(preview.rows)
