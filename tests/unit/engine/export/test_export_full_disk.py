"""A disk that fills up in the middle of each export: nothing of it is left.

Whatever the export is, there is nothing under its name then, nothing hidden beside it,
and one line says why.
"""

import errno
import os
import re
import shutil
from pathlib import Path

import msgspec
import pytest

from engine.core.errors import UnwrittenError
from engine.core.exports import KINDS
from engine.export.write import plan, write
from engine.io import files
from engine.io import files as folders
from engine.store import open_store
from tests.support.exported_runs import asked
from tests.support.trees import limited, state, tree

HERE = [k for k in KINDS if k.target != "server"]
WAYS = [(kind, "") for kind in HERE] + [
    (kind, end) for kind in HERE if kind.target == "folder" for end in kind.suffixes
]
"""Each form that is a file or a folder, and as an archive if it can be one."""
FEW = (("experiment", ""), ("predictions", ""), ("bundle", ".zip"))
"""A file, a folder and an archive; every form is tried in the slow tier."""


def named(way):
    return f"{way[0].name}{way[1]}"


class Counting:
    """Stands for `os`: of the calls that put bytes on the disk the n-th fails."""

    def __init__(self, number=0, error=errno.ENOSPC):
        self.calls = []
        self._number = number
        self._error = error

    def __getattr__(self, name):
        found = getattr(os, name)
        if name not in ("write", "fsync"):
            return found

        def call(*args, **kwargs):
            self.calls.append(name)
            if len(self.calls) >= self._number > 0:  # it stays full
                raise OSError(self._error, os.strerror(self._error))
            return found(*args, **kwargs)

        return call


@pytest.fixture(params=[way for way in WAYS if (way[0].name, way[1]) in FEW], ids=named)
def wish(request, two_classes, tmp_path):
    """A wish for one of these forms."""
    return wished(*request.param, two_classes, tmp_path)


@pytest.fixture(scope="module")
def known():
    """Of each form: how many calls it takes, and the bytes of its largest file."""
    return {}


def wished(kind, end, run, folder):
    """Return a wish for a form, if its packages are there."""
    if kind.lacking[0]:
        pytest.skip(f"{kind.lacking[0]} is not installed")
    assert callable(kind.load())
    suffix = end or (kind.suffixes[0] if kind.target == "file" else "")
    arm = "smote" if kind.of == "arm" else None
    return asked(run, kind.name, arm=arm, path=f"{folder}/here/out{suffix}")


def counted(monkeypatch, wish, counting):
    with monkeypatch.context() as patch:
        patch.setattr(files, "os", counting)
        patch.setattr(folders, "os", counting)
        return write(wish)


def fails(monkeypatch, wish, counting):
    """Export on a disk that fills up; return what is said."""
    with pytest.raises(UnwrittenError) as caught:
        counted(monkeypatch, wish, counting)
    said = str(caught.value)
    assert "\n" not in said
    assert not re.search(r"\.imbtui-|\.part\b|Traceback", said)
    assert caught.value.exit_code == 1
    return said


def whole(monkeypatch, wish, known):
    """Return how many calls the whole export takes, and the bytes of its largest file.

    It is written once, and taken away again.
    """
    name = wish.kind + Path(wish.path).suffix
    out = Path(wish.path)
    out.parent.mkdir()
    if name not in known:
        counting = Counting()
        written = counted(monkeypatch, wish, counting)
        assert {"write", "fsync"} <= set(counting.calls)
        assert out.exists()
        assert written.files
        known[name] = len(counting.calls), max(one.bytes for one in written.files)
        shutil.rmtree(out) if out.is_dir() else out.unlink()
    return known[name]


def test_a_disk_that_fills_up_in_the_middle(wish, known, monkeypatch):
    calls, _ = whole(monkeypatch, wish, known)
    # Optuna needs seconds for an empty file of its own, before the first of ours.
    for number in (calls,) if wish.kind == "optuna" else (calls // 2, calls):
        said = fails(monkeypatch, wish, Counting(number))
        assert "No space left on device. Make room, or choose another disk" in said
        assert wish.path in said
        assert tree(Path(wish.path).parent) == []


def test_an_older_export_is_as_it_was(wish, known, monkeypatch):
    whole(monkeypatch, wish, known)
    out = Path(wish.path)
    if out.suffix:
        out.write_bytes(b"old")
    else:
        for file in plan(wish).files:
            (out / file.name).parent.mkdir(parents=True, exist_ok=True)
            (out / file.name).write_bytes(b"old")
        (out / "mine").write_bytes(b"mine")
    before = state(out.parent), tree(out.parent)
    again = msgspec.structs.replace(wish, overwrite=True)
    said = fails(monkeypatch, again, Counting(3, errno.EIO))
    assert "Input/output error" in said
    assert (state(out.parent), tree(out.parent)) == before


def test_a_file_that_may_not_grow_so_large(wish, known, monkeypatch, tmp_path):
    """A real limit, which temporary files meet as well."""
    _, most = whole(monkeypatch, wish, known)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    # The store is held open, so that nothing of its own has to grow.
    with open_store(wish.store, create=False) as store:
        assert store.run(wish.run).id == wish.run
        with limited(most // 2), pytest.raises(UnwrittenError) as caught:
            write(wish)
    assert "\n" not in str(caught.value)
    assert tree(Path(wish.path).parent) == []
    assert tree(temporary) == []
