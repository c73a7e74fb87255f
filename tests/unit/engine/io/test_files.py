"""Files that are written: whole, private, over nothing, through no link."""

import errno
import os
import pickle
import stat

import pytest

from engine.core.errors import OutputError, UnwrittenError
from engine.io import files
from engine.io.files import put, put_all, put_beside
from tests.support.trees import kinds, mode, names

# --- what is written -----------------------------------------------------------------


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_a_file_is_its_owners_whatever_the_umask_is(tmp_path, umask, mask):
    umask(mask)
    put(tmp_path / "a", b"a" * 300_000)
    assert mode(tmp_path / "a") == 0o600
    assert (tmp_path / "a").read_bytes() == b"a" * 300_000
    assert names(tmp_path) == ["a"]


def test_an_older_file_is_whole_until_the_new_one_is(tmp_path):
    out = tmp_path / "a"
    out.write_bytes(b"old")
    out.chmod(0o644)
    with files.fresh(out, overwrite=True) as file:
        file.write(b"new" * 100_000)
        file.flush()
        assert out.read_bytes() == b"old"
    assert out.read_bytes() == b"new" * 100_000
    assert mode(out) == 0o600
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit, ValueError, OSError])
@pytest.mark.parametrize("old", [None, b"old"])
def test_whatever_ends_the_writing_nothing_is_left(tmp_path, end, old):
    out = tmp_path / "a"
    if old is not None:
        out.write_bytes(old)

    def work():
        with files.fresh(out, overwrite=True) as file:
            file.write(b"new")
            raise end

    with pytest.raises(end):
        work()
    assert names(tmp_path) == ([] if old is None else ["a"])
    assert old is None or out.read_bytes() == old


def test_the_first_free_name_is_taken(tmp_path):
    (tmp_path / "a-2.txt").symlink_to("nowhere")
    found = [put_beside(tmp_path / "a.txt", b"%d" % n).name for n in range(3)]
    assert found == ["a.txt", "a-3.txt", "a-4.txt"]
    with pytest.raises(OutputError, match="no folder"):
        put_beside(tmp_path / "no" / "a.txt", b"")


# --- what is there already -----------------------------------------------------------


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("folder", "is a folder. Name a file in it"),
        ("link", "is a symbolic link, which is never written through. Name the file"),
        ("dangling", "is a symbolic link"),
        ("loop", "is a symbolic link"),
        ("pipe", "is a pipe"),
        ("socket", "is a socket"),
    ],
)
def test_what_is_no_file_is_refused_even_if_files_may_be_replaced(
    tmp_path, name, said, overwrite
):
    kinds(tmp_path)
    before = names(tmp_path)
    for write in (
        lambda path: put(path, b"x", overwrite=overwrite),
        lambda path: files.check(path, overwrite=overwrite),
    ):
        with pytest.raises(OutputError, match=said):
            write(tmp_path / name)
    assert names(tmp_path) == before
    assert (tmp_path / "file").read_text() == "mine"


def test_a_device_is_refused():
    with pytest.raises(OutputError, match="/dev/null is a device"):
        put("/dev/null", b"x", overwrite=True)


def test_a_file_is_only_replaced_if_that_is_said(tmp_path):
    kinds(tmp_path)
    with pytest.raises(OutputError, match=r"file exists already.*overwrite it"):
        put(tmp_path / "file", b"x")
    with pytest.raises(OutputError, match="exists already"):
        files.check(tmp_path / "file")
    files.check(tmp_path / "file", overwrite=True)
    assert (tmp_path / "file").read_text() == "mine"
    put(tmp_path / "file", b"x", overwrite=True)
    assert (tmp_path / "file").read_text() == "x"


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("links", [True, False])
def test_a_link_that_is_made_after_the_look_is_not_followed(
    tmp_path, overwrite, links, monkeypatch
):
    target, out = tmp_path / "passwd", tmp_path / "out"
    target.write_text("theirs")
    if not links:
        monkeypatch.setattr(files.os, "link", refusing(os.link))

    def work():
        with files.fresh(out, overwrite=overwrite) as file:
            file.write(b"x")
            out.symlink_to(target)

    with pytest.raises(OutputError, match=r"symbolic link|exists already"):
        work()
    assert target.read_text() == "theirs"
    assert out.is_symlink()
    assert names(tmp_path) == ["out", "passwd"]


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_is_made_after_the_look_is_kept(tmp_path, links, monkeypatch):
    out = tmp_path / "out"
    if not links:
        monkeypatch.setattr(files.os, "link", refusing(os.link))

    def work():
        with files.fresh(out) as file:
            file.write(b"x")
            out.write_text("theirs")

    with pytest.raises(OutputError, match="exists already"):
        work()
    assert out.read_text() == "theirs"
    assert names(tmp_path) == ["out"]


def refusing(link):
    """Answers as a disk that knows no hard links."""

    def refuse(*args, **kwargs):
        raise OSError(errno.EPERM, "Operation not permitted")

    return refuse


def test_a_disk_without_hard_links_takes_files_as_well(tmp_path, monkeypatch):
    monkeypatch.setattr(files.os, "link", refusing(os.link))
    put_all([(tmp_path / "a", b"1"), (tmp_path / "b", b"2")])
    put(tmp_path / "a", b"3", overwrite=True)
    assert (tmp_path / "a").read_bytes() == b"3"
    assert names(tmp_path) == ["a", "b"]


def test_a_folder_that_is_swapped_meanwhile_gets_nothing(tmp_path):
    home, evil = tmp_path / "home", tmp_path / "evil"
    home.mkdir()
    evil.mkdir()

    def work():
        with files.fresh(home / "a") as file:
            file.write(b"x")
            home.rename(tmp_path / "moved")
            home.symlink_to(evil)

    with pytest.raises(OutputError, match="there is no folder"):
        work()
    assert names(evil) == []
    assert "a" not in names(tmp_path / "moved")


# --- files that belong together ------------------------------------------------------


def test_of_two_files_both_are_written_or_none(tmp_path):
    one, two = tmp_path / "1", tmp_path / "2"
    two.mkdir()
    with pytest.raises(OutputError, match="2 is a folder"):
        put_all([(one, b"a"), (two, b"b")], overwrite=True)
    assert names(tmp_path) == ["2"]


@pytest.mark.parametrize("old", [None, b"old"])
def test_if_the_second_name_cannot_be_given_the_first_is_taken_back(
    tmp_path, old, monkeypatch
):
    one, two = tmp_path / "1", tmp_path / "2"
    if old is not None:
        one.write_bytes(old)
    real = os.replace

    def replace(source, target, **kwargs):
        if target == two:
            raise OSError(errno.EIO, "Input/output error")
        real(source, target, **kwargs)

    monkeypatch.setattr(files.os, "replace", replace)
    with pytest.raises(UnwrittenError, match="2: Input/output error"):
        put_all([(one, b"new"), (two, b"new")], overwrite=True)
    assert names(tmp_path) == ([] if old is None else ["1"])
    assert old is None or one.read_bytes() == old


def test_what_somebody_else_put_there_meanwhile_is_not_taken_back(
    tmp_path, monkeypatch
):
    """Only what is certainly ours is removed when something fails."""
    out = tmp_path / "out"
    real = os.fsync

    def fsync(handle):
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            out.unlink()
            out.write_text("theirs")
            raise OSError(errno.EIO, "Input/output error")
        real(handle)

    monkeypatch.setattr(files.os, "fsync", fsync)
    with pytest.raises(UnwrittenError):
        put(out, b"ours")
    assert out.read_text() == "theirs"


# --- what is said --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("no/a.csv", r"there is no folder .*no\. Create it first: mkdir -p "),
        ("file/a.csv", "file is no folder"),
        ("loop/a.csv", "Too many levels"),
        ("x" * 300, "name too long. Choose a shorter one"),
        ("y" * 5_000, "name too long"),
        ("é" * 200, "name too long"),
        ("a\0b", "is no name that a file can have"),
        ("\ud800", "is no name that a file can have"),
        ("", "is a folder"),
        ("..", "names no file"),
        ("/", "names no file"),
    ],
)
def test_a_place_that_cannot_be_is_said_in_one_line(tmp_path, path, said):
    kinds(tmp_path)
    for write in (lambda out: put(out, b"x"), files.check):
        with pytest.raises(OutputError, match=said) as caught:
            write(tmp_path / path)
        assert len(str(caught.value)) < 700
        assert "\n" not in str(caught.value)
        again = pickle.loads(pickle.dumps(caught.value))
        assert str(again) == str(caught.value)
        assert again.exit_code == 2


@pytest.mark.parametrize(
    ("number", "code"),
    [("ENOSPC", 1), ("EDQUOT", 1), ("EFBIG", 1), ("EIO", 1), ("EROFS", 2)],
)
def test_a_disk_that_fails_is_a_failure_and_a_wrong_place_is_wrong_use(number, code):
    found = getattr(errno, number)
    error = files.write_error("a.csv", OSError(found, os.strerror(found)))
    assert error.exit_code == code
    assert str(error).startswith(f"cannot write a.csv: {os.strerror(found)}. ")
