"""Tables that came by standard input, beside the store."""

import io
import stat

import pytest

from engine.core.errors import DataError, StoreError
from engine.core.presets import preset
from engine.store import inputs, open_store
from engine.store.store import RunOptions

TABLE = b"a,y\n1,0\n2,1\n"


def kept(store):
    return sorted(path.name for path in store.folder.glob("*input*"))


def test_what_is_kept_is_named_by_its_content_and_private(tmp_path):
    one = inputs.keep(tmp_path / "d", io.BytesIO(TABLE))
    assert one.read_bytes() == TABLE
    assert one.is_absolute()
    assert stat.S_IMODE(one.stat().st_mode) == 0o600
    assert inputs.keep(tmp_path / "d", io.BytesIO(TABLE)) == one
    assert inputs.keep(tmp_path / "d", io.BytesIO(TABLE + b"3,1\n")) != one
    assert len(list((tmp_path / "d").iterdir())) == 2


def test_nothing_is_left_of_what_is_no_table(tmp_path):
    with pytest.raises(DataError, match="standard input is empty"):
        inputs.keep(tmp_path / "d", io.BytesIO(b""))
    assert list((tmp_path / "d").iterdir()) == []


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "d").write_text("a file")
    with pytest.raises(StoreError, match="cannot keep standard input"):
        inputs.keep(tmp_path / "d", io.BytesIO(TABLE))


def test_it_goes_with_the_last_run_that_reads_it(tmp_path):
    with open_store(tmp_path / "runs.sqlite") as store:
        path = inputs.keep(store.folder, io.BytesIO(TABLE))
        runs = [
            store.create(preset("quick", source=str(source)), RunOptions())
            for source in (path, path, "other.csv")
        ]
        store.delete(runs[0].id)
        assert path.exists()
        store.delete(runs[1].id)
        assert kept(store) == []
