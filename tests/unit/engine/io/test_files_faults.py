"""The n-th call to the system fails, for n = 1, 2, … until all goes well.

After each failure the file is as it was, nothing hidden is left, and one line says why.
"""

import errno
import json
import os
import shutil
import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest

from engine.core.errors import EngineError, OutputError, UnwrittenError
from engine.data import write_made
from engine.data.readers import encoding
from engine.io import catalogue, files, scratch
from engine.io.files import put, put_all
from engine.io.make_spec import make
from tests.support.trees import limited, state
from tui.app import settings
from tui.terminal import files as recent

WATCHED = ("open", "write", "fsync", "link", "replace", "stat", "fstat", "fchmod")
ROOT = Path(files.__file__).parents[1]


class Failing:
    """Stands for `os`: the n-th watched call fails."""

    def __init__(self, number, error):
        self._left = number
        self._error = error
        self.failed = ""

    def __getattr__(self, name):
        found = getattr(os, name)
        if name not in WATCHED:
            return found

        def call(*args, **kwargs):
            self._left -= 1
            if self._left == 0:
                self.failed = name
                raise OSError(self._error, os.strerror(self._error))
            return found(*args, **kwargs)

        return call


def until_it_works(monkeypatch, folder, work, error=errno.ENOSPC):
    """Do the work with each call failing in turn; return which calls were."""
    before = state(folder)
    tried = []
    for number in count(1):
        failing = Failing(number, error)
        said = None
        with monkeypatch.context() as patch:
            patch.setattr(files, "os", failing)
            patch.setattr(scratch, "os", failing)
            try:
                work()
            except EngineError as caught:
                said = caught
        if said is None and not failing.failed:
            return tried
        tried.append(failing.failed)
        if said is not None:
            assert state(folder) == before, failing.failed
            assert os.strerror(error) in str(said)
            assert said.exit_code in (1, 2)
            assert "\n" not in str(said)
        else:
            # It could be done without: an older file kept aside, a mode.
            assert not [name for name in state(folder) if ".part" in name]
            for name in state(folder):
                if name not in before:
                    (folder / name).unlink()
            for name, content in before.items():
                (folder / name).write_bytes(content)
    raise AssertionError


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EACCES])
@pytest.mark.parametrize("overwrite", [False, True])
def test_one_file(tmp_path, monkeypatch, error, overwrite):
    (tmp_path / "b").write_bytes(b"beside")
    if overwrite:
        (tmp_path / "a").write_bytes(b"old")
    tried = until_it_works(
        monkeypatch,
        tmp_path,
        lambda: put(tmp_path / "a", b"x" * 300_000, overwrite=overwrite),
        error,
    )
    assert {"open", "write", "fsync"} <= set(tried)
    assert tried.count("fsync") == 2  # the file, and its folder
    assert ("replace" if overwrite else "link") in tried
    assert (tmp_path / "a").read_bytes() == b"x" * 300_000


@pytest.mark.parametrize("old", [(), ("1",), ("2",), ("1", "2")])
def test_two_files_that_belong_together(tmp_path, monkeypatch, old):
    for name in old:
        (tmp_path / name).write_bytes(b"old")
    pair = [(tmp_path / "1", b"x" * 9_000), (tmp_path / "2", b"y")]
    tried = until_it_works(
        monkeypatch, tmp_path, lambda: put_all(pair, overwrite=bool(old))
    )
    assert tried.count("fsync") == 4
    assert state(tmp_path) == {"1": b"x" * 9_000, "2": b"y"}


def test_a_disk_without_hard_links(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    tried = until_it_works(monkeypatch, tmp_path, lambda: put(tmp_path / "a", b"x"))
    assert "replace" in tried
    assert state(tmp_path) == {"a": b"x"}


def _sample(folder):
    return catalogue.write(catalogue.find("blobs"), folder / "s.csv.gz")


def _generated(folder):
    return write_made(make("moons", rows=60), folder / "m.csv")


def _parquet(folder):
    """Through a library that writes by itself."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({"a": list(range(1000))})
    with files.fresh(folder / "t.parquet") as out:
        pq.write_table(table, out)
    assert pq.read_table(folder / "t.parquet") == table


def _settings(folder):
    settings.save_setting("theme", "light")


def _copied(folder):
    files.put_beside(scratch.make_folder(folder / "copied") / "c.txt", b"text")


@pytest.mark.parametrize(
    "write",
    [_sample, _generated, _parquet, _settings, _copied],
    ids=lambda f: f.__name__,
)
def test_every_writer(tmp_path, monkeypatch, write):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    if write is _settings:
        scratch.make_folder(tmp_path / "imbtui")
        (tmp_path / "imbtui" / "settings.toml").write_text('theme = "dark"\n')
    tried = until_it_works(monkeypatch, tmp_path, lambda: write(tmp_path))
    assert "fsync" in tried
    assert len(state(tmp_path)) == 1


def test_a_balanced_table_with_its_test_rows(tmp_path, monkeypatch):
    import pandas as pd

    from engine.resample import TableRows, balance

    rows = pd.DataFrame({"a": range(50), "y": [0, 1] * 25})
    made = TableRows(rows, rows[:9], None, {b"a": b"b"})
    (tmp_path / "o.parquet").write_bytes(b"mine")
    out = tmp_path / "o.parquet"
    until_it_works(
        monkeypatch,
        tmp_path,
        lambda: balance.write(made, out, ".parquet", overwrite=True),
    )
    assert len(pd.read_parquet(out)) == 50
    assert len(pd.read_parquet(tmp_path / "o-test.parquet")) == 9
    assert balance.test_path(out) == tmp_path / "o-test.parquet"


def test_recent_files_are_no_matter(tmp_path, monkeypatch):
    """A failure to remember a file is not said at all, and forgets nothing."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    recent.remember("sample:moons")
    before = state(tmp_path)
    for number in count(1):
        failing = Failing(number, errno.ENOSPC)
        with monkeypatch.context() as patch:
            patch.setattr(files, "os", failing)
            recent.remember("sample:blobs")
        if not failing.failed:
            break
        if state(tmp_path) != before:
            assert recent.recent()[0] == "sample:blobs"
            (tmp_path / "imbtui" / "recent.json").write_bytes(*before.values())
    assert recent.recent() == ["sample:blobs", "sample:moons"]
    assert len(state(tmp_path)) == 1


def test_a_copy_of_a_text_in_another_encoding(tmp_path, monkeypatch):
    """The temporary folder is full: said with its name, and nothing stays there."""
    source, temporary = tmp_path / "t.csv", tmp_path / "tmp"
    source.write_bytes("ä,b\n".encode("cp1252") * 10_000)
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    with limited(10_000), pytest.raises(UnwrittenError, match="no room for a copy of"):
        encoding.as_utf8(source, "cp1252", "t.csv")
    assert state(temporary) == {}
    found = encoding.as_utf8(source, "cp1252", "t.csv")
    assert found.read_text("utf-8") == "ä,b\n" * 10_000


# --- real limits ---------------------------------------------------------------------


@pytest.mark.parametrize("old", [None, b"old"])
def test_a_file_that_may_not_grow_so_large(tmp_path, old):
    out = tmp_path / "a"
    if old is not None:
        out.write_bytes(old)
    before = state(tmp_path)
    with limited(200_000), pytest.raises(UnwrittenError, match="File too large"):
        put(out, b"x" * 500_000, overwrite=True)
    assert state(tmp_path) == before
    with limited(200_000), pytest.raises(OutputError):
        _large(tmp_path / "b")
    assert state(tmp_path) == before


def _large(path):
    with files.fresh(path) as file:
        for _ in range(500):
            file.write(b"x" * 1_000)


FULL = """
import contextlib, io, json, os, sys
from pathlib import Path
from tui.__main__ import main
from tui.terminal import files as recent
from tui.app import settings
home = Path(sys.argv[1])
os.chdir(home)
os.environ.update(HOME=str(home), XDG_CONFIG_HOME=str(home), XDG_STATE_HOME=str(home))
settings.save_setting("theme", "light")
recent.remember("sample:moons")
(home / "old.csv").write_text("old")
def state():
    return {str(p): p.stat().st_size for p in home.rglob("*") if p.is_file()}
told = []
def run(*args):
    err = io.StringIO()
    with contextlib.redirect_stderr(err), contextlib.redirect_stdout(io.StringIO()):
        code = main(list(args))
    told.append([args[0], code, err.getvalue(), state() == before])
before = state()
run("sample", "stroke", "-o", "new.csv.gz")
run("sample", "stroke", "-o", "old.csv", "--force")
run("generate", "moons", "--rows", "9000", "-o", "new.csv")
run("generate", "moons", "--rows", "9000", "-o", "new.parquet")
run("balance", "sample:moons", "--method", "random-over", "--split", "0.2", "-o",
    "new.csv", "--quiet")
# Not a byte is left now.
with contextlib.suppress(OSError), open(home / "filler", "wb", buffering=0) as file:
    while True:
        file.write(b"x" * 512)
before = state()
try:
    settings.save_setting("theme", "dark")
except Exception as error:
    told.append(["setting", 1, f"imbtui: {error}\\n", state() == before])
recent.remember("sample:blobs")
print(json.dumps({"told": told, "recent": recent.recent(), "whole": state() == before,
                  "theme": settings.load()[0].theme}))
"""


def test_a_disk_that_is_really_full(tmp_path):
    if shutil.which("unshare") is None:
        pytest.skip("there is no unshare to mount a small disk with")
    mount = f"mount -t tmpfs -o size=64k tmpfs {tmp_path}"
    done = subprocess.run(["unshare", "-Urm", "sh", "-c", mount], capture_output=True)
    if done.returncode:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.decode()[:80]}")
    command = f'{mount} && exec "$0" -c "$1" {tmp_path}'
    done = subprocess.run(
        ["unshare", "-Urm", "sh", "-c", command, sys.executable, FULL],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path.parent)},
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert len(found["told"]) == 6
    for name, code, said, same in found["told"]:
        assert same, name
        assert code == 1, (name, said)
        assert said.splitlines()[-1].startswith("imbtui: cannot write "), said
        assert "No space left on device. Make room" in said
        assert "Traceback" not in said
    assert found["whole"]
    assert found["recent"] == ["sample:moons"]
    assert found["theme"] == "light"
