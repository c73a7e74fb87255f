"""Files that are no result: temporaries, folders and logs of ours."""

import errno
import os

import pytest

from engine.core.errors import OutputError, UnwrittenError
from engine.io import scratch
from tests.support.trees import kinds, mode, names


@pytest.mark.parametrize("mask", [0o000, 0o077])
def test_temporaries_folders_and_logs_are_their_owners(tmp_path, umask, mask):
    umask(mask)
    handle, path = scratch.temporary(folder=tmp_path)
    os.close(handle)
    folder = scratch.temporary_folder(folder=tmp_path)
    made = scratch.make_folder(tmp_path / "a" / "b")
    os.close(scratch.appending(made / "log"))
    with scratch.temporary_file("t.csv") as (copy, file):
        file.write(b"x")
    assert copy.read_bytes() == b"x"
    assert [mode(p) for p in (path, made / "log", copy)] == [0o600] * 3
    assert [mode(p) for p in (folder, made, made.parent)] == [0o700] * 3
    copy.unlink()


def test_a_log_is_appended_to_and_through_no_link(tmp_path):
    kinds(tmp_path)
    for name in ("link", "dangling", "pipe", "folder", "socket"):
        with pytest.raises(OSError, match=r".+"):
            scratch.appending(tmp_path / name)
    assert (tmp_path / "file").read_text() == "mine"
    assert not (tmp_path / "nowhere").exists()
    (tmp_path / "file").chmod(0o644)
    handle = scratch.appending(tmp_path / "file")
    assert os.get_blocking(handle)
    os.write(handle, b" too")
    os.close(handle)
    assert (tmp_path / "file").read_text() == "mine too"
    assert mode(tmp_path / "file") == 0o600


def test_a_temporary_that_cannot_be_written_is_said_and_gone(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def work(error):
        with scratch.temporary_file("t.csv") as (_, file):
            file.write(b"x")
            raise error

    with pytest.raises(UnwrittenError, match=r"has no room for a copy of t\.csv"):
        work(OSError(errno.ENOSPC, "No space left on device"))
    with pytest.raises(OutputError, match=r"temporary file for t\.csv: Input/output"):
        work(OSError(errno.EIO, "Input/output error"))
    with pytest.raises(FileNotFoundError):  # another file, which is read meanwhile
        work(FileNotFoundError(errno.ENOENT, "no such file", "other.csv"))
    with pytest.raises(KeyboardInterrupt):
        work(KeyboardInterrupt())
    assert names(tmp_path) == []
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "no"))
    with pytest.raises(OutputError, match=r"temporary file for t\.csv: No such"):
        work(KeyboardInterrupt())


def test_a_folder_among_the_temporary_files_is_ones_own(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    path = scratch.own_folder()
    assert path == tmp_path / f"imbtui-{os.getuid()}"
    assert scratch.own_folder() == path
    path.chmod(0o755)
    with pytest.raises(OutputError, match="not a folder of your own"):
        scratch.own_folder()
    path.rmdir()
    (tmp_path / "theirs").mkdir(mode=0o700)
    path.symlink_to(tmp_path / "theirs")
    with pytest.raises(OutputError, match="not a folder of your own"):
        scratch.own_folder()
    path.unlink()
    path.write_text("")
    with pytest.raises(OutputError, match="no folder to keep files in"):
        scratch.own_folder()


def test_only_what_killed_processes_of_ours_left_is_swept(tmp_path):
    kinds(tmp_path)
    old, new = tmp_path / ".imbtui-a.part", tmp_path / ".imbtui-b.part"
    for path in (old, new, tmp_path / "c.part", tmp_path / ".imbtui-c"):
        path.write_text("")
        if path != new:
            os.utime(path, (1, 1))
    (tmp_path / ".imbtui-l.part").symlink_to("file")
    (tmp_path / ".imbtui-d.part").mkdir()
    os.utime(tmp_path / ".imbtui-d.part", (1, 1))
    before = names(tmp_path)
    assert scratch.sweep(tmp_path) == 1
    assert names(tmp_path) == [name for name in before if name != old.name]
    assert scratch.sweep(tmp_path / "no") == 0
