"""Folders and archives: whole or not there, never through a link, said in one line."""

import errno
import os
import signal
import stat
import time
import zipfile

import pytest

from engine.core.errors import EngineError, OutputError
from engine.io import files
from engine.io import files as folders
from engine.io.files import check_folder, put_archive, put_folder
from tests.support.trees import state, tree


def of(**files):
    """Files by name, ``__`` for a slash, each with its content."""
    return [
        (name.replace("__", "/"), lambda file, text=text: file.write(text))
        for name, text in files.items()
    ]


PAIR = of(a=b"1", deep__er__b=b"2")


def test_a_new_folder_holds_all_and_is_its_owners(tmp_path):
    before = os.umask(0)
    try:
        put_folder(tmp_path / "out", PAIR)
    finally:
        os.umask(before)
    assert state(tmp_path) == {"out/a": b"1", "out/deep/er/b": b"2"}
    for path in tmp_path.rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600)


def test_an_empty_folder_is_filled_and_stays_the_same_folder(tmp_path):
    """A user may stand in it."""
    out = tmp_path / "out"
    out.mkdir(mode=0o755)
    was = out.stat().st_ino
    put_folder(out, PAIR)
    assert out.stat().st_ino == was
    assert state(tmp_path) == {"out/a": b"1", "out/deep/er/b": b"2"}


def test_other_files_are_left_alone(tmp_path):
    out = tmp_path / "out"
    (out / "deep").mkdir(parents=True)
    (out / "mine").write_bytes(b"mine")
    (out / "deep" / "mine").write_bytes(b"mine")
    before = state(tmp_path)
    with pytest.raises(OutputError, match=r"is not empty.*overwrite"):
        put_folder(out, PAIR)
    assert state(tmp_path) == before
    (out / "a").write_bytes(b"old")
    put_folder(out, PAIR, overwrite=True)
    assert state(tmp_path) == {
        "out/mine": b"mine", "out/deep/mine": b"mine",
        "out/a": b"1", "out/deep/er/b": b"2",
    }  # fmt: skip


@pytest.mark.parametrize(
    "end",
    [
        OSError(5, "x"),
        KeyboardInterrupt(),
        SystemExit(),
        ValueError(),
        OutputError("x"),
    ],
)
@pytest.mark.parametrize("there", [None, "empty", "full"])
def test_whatever_ends_the_writing_nothing_is_left(tmp_path, end, there):
    out = tmp_path / "out"
    if there:
        out.mkdir()
    if there == "full":
        (out / "a").write_bytes(b"old")
    before = tree(tmp_path), state(tmp_path)

    def fails(file):
        file.write(b"half")
        raise end

    with pytest.raises(type(end)):
        put_folder(out, [*PAIR, ("deep/c", fails)], overwrite=there == "full")
    assert (tree(tmp_path), state(tmp_path)) == before
    with pytest.raises(type(end)):
        put_archive(tmp_path / "out.zip", [*PAIR, ("deep/c", fails)])
    assert (tree(tmp_path), state(tmp_path)) == before


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_link_is_never_written_through(tmp_path, overwrite):
    real, out = tmp_path / "real", tmp_path / "out"
    real.mkdir()
    out.symlink_to(real)
    for act in (check_folder, lambda p, **k: put_folder(p, PAIR, **k)):
        with pytest.raises(OutputError, match="symbolic link, which is never written"):
            act(out, overwrite=overwrite)
    (tmp_path / "nowhere").symlink_to("missing")
    with pytest.raises(OutputError, match="symbolic link"):
        put_folder(tmp_path / "nowhere", PAIR, overwrite=overwrite)
    assert list(real.iterdir()) == []


@pytest.mark.parametrize("leads", ["beside", "outside"])
def test_links_inside_the_folder_are_refused(tmp_path, leads):
    out = tmp_path / "out"
    target = (out if leads == "beside" else tmp_path) / "precious"
    out.mkdir()
    target.write_bytes(b"precious")
    (out / "a").symlink_to(target)
    with pytest.raises(OutputError, match=r"symbolic link|leads out"):
        put_folder(out, PAIR, overwrite=True)
    assert target.read_bytes() == b"precious"
    assert (out / "a").is_symlink()
    (out / "a").unlink()
    (out / "deep").symlink_to(tmp_path if leads == "outside" else out)
    with pytest.raises(OutputError, match=r"symbolic link|leads out"):
        put_folder(out, PAIR, overwrite=True)
    assert "er" not in {p.name for p in tmp_path.rglob("*")}
    assert not (out / "a").exists()


def test_a_link_that_is_made_meanwhile_is_not_followed(tmp_path):
    real, out = tmp_path / "real", tmp_path / "out"
    real.mkdir()

    def swap(file):
        file.write(b"x")
        out.symlink_to(real)

    with pytest.raises(OutputError, match="is no folder"):
        put_folder(out, [("a", swap)])
    assert list(real.iterdir()) == []
    assert tree(tmp_path) == ["out", "real"]


def test_a_folder_that_is_made_and_filled_meanwhile_is_kept(tmp_path):
    out = tmp_path / "out"

    def meanwhile(file):
        file.write(b"x")
        out.mkdir()
        (out / "theirs").write_bytes(b"theirs")

    with pytest.raises(OutputError):
        put_folder(out, [("a", meanwhile)])
    assert state(tmp_path) == {"out/theirs": b"theirs"}
    assert tree(tmp_path) == ["out", "out/theirs"]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("no/such/out", "there is no folder"),
        ("file", "is no folder"),
        ("file/out", "is no folder"),
        ("a\0b", "no name that a file can have"),
        ("\ud800", "no name that a file can have"),
        ("..", "names no file"),
        ("x" * 300, "File name too long"),
        ("x/" * 3_000 + "y", "File name too long"),
        ("~/out", "there is no folder"),
        ("fifo", "is no folder"),
    ],
)
def test_a_place_that_cannot_be_is_said_in_one_line(tmp_path, path, said):
    (tmp_path / "file").write_bytes(b"")
    os.mkfifo(tmp_path / "fifo")
    before = tree(tmp_path)
    for act in (check_folder, lambda p: put_folder(p, PAIR)):
        with pytest.raises(OutputError, match=said) as caught:
            act(f"{tmp_path}/{path}")
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 600
        assert tree(tmp_path) == before


def test_a_trailing_slash_says_nothing_new(tmp_path):
    put_folder(f"{tmp_path}/out/", PAIR)
    assert state(tmp_path) == {"out/a": b"1", "out/deep/er/b": b"2"}


def test_a_path_of_four_thousand_characters(tmp_path):
    deep = tmp_path
    home = os.getcwd()  # noqa: PTH109
    try:
        os.chdir(tmp_path)
        while len(str(deep)) < 3_850:
            deep = deep / ("d" * 120)
            os.mkdir("d" * 120)  # noqa: PTH102
            os.chdir("d" * 120)
        out = deep / ("o" * (4_000 - len(str(deep)) - 1))
        assert len(str(out)) == 4_000
        put_folder(out, PAIR)
        assert sorted(os.listdir(out)) == ["a", "deep"]  # noqa: PTH208

        def fails(file):
            raise OSError(errno.ENOSPC, "No space left on device")

        with pytest.raises(OSError, match="No space"):
            put_folder(f"{str(out)[:-9]}", [("c", fails)])
        assert os.listdir(deep) == [out.name]  # noqa: PTH208
    finally:
        os.chdir(home)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(tmp_path):
    tmp_path.chmod(0o500)
    try:
        for act in (check_folder, lambda p: put_folder(p, PAIR)):
            with pytest.raises(OutputError, match="Permission denied"):
                act(tmp_path / "out")
    finally:
        tmp_path.chmod(0o700)


def test_a_disk_that_is_only_read(tmp_path, monkeypatch):
    """As root, too."""
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(OutputError, match="Permission denied"):
        check_folder(tmp_path / "out")


def test_an_archive_holds_the_same_bytes_each_time(tmp_path):
    put_archive(tmp_path / "1.zip", PAIR)
    put_archive(tmp_path / "2.zip", PAIR)
    first = (tmp_path / "1.zip").read_bytes()
    assert first == (tmp_path / "2.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "1.zip") as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["a", "deep/er/b"]
        assert archive.read("deep/er/b") == b"2"
        assert [e.external_attr >> 16 for e in archive.infolist()] == [0o600] * 2
    assert stat.S_IMODE((tmp_path / "1.zip").stat().st_mode) == 0o600
    with pytest.raises(OutputError, match="exists already"):
        put_archive(tmp_path / "1.zip", of(a=b"other"))
    put_archive(tmp_path / "1.zip", of(a=b"other"), overwrite=True)
    assert (tmp_path / "1.zip").read_bytes() != first


def test_a_file_in_an_archive_says_where_it_is(tmp_path):
    told = []

    def write(file):
        file.write(memoryview(b"12345"))
        told.extend([file.tell(), file.seek(0, os.SEEK_END), file.writable()])
        file.flush()

    put_archive(tmp_path / "a.zip", [("a", write)])
    assert told == [5, 5, True]


def killed_in_the_middle(path, number):
    """Write in a process that gets a signal when half is written."""
    put = put_archive if path.suffix == ".zip" else put_folder
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        try:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)

            def slow(file):
                file.write(b"x" * 500_000)
                os.write(theirs, b"now")
                while True:  # a signal that comes before signal.pause() is slept over
                    time.sleep(0.01)

            put(path, [("a", lambda f: f.write(b"1")), ("b", slow)], overwrite=True)
        finally:
            os._exit(1)
    assert os.read(ours, 3) == b"now"
    os.kill(child, number)
    os.waitpid(child, 0)
    os.close(ours)
    os.close(theirs)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_program_that_is_killed_leaves_nothing_of_that_name(tmp_path, number):
    for name in ("out", "there", "out.zip"):
        folder = tmp_path / f"for {name}"
        folder.mkdir()
        if name == "there":
            (folder / name).mkdir()
            (folder / name / "b").write_bytes(b"old")
        before = state(folder)
        killed_in_the_middle(folder / name, number)
        left = {n: t for n, t in state(folder).items() if ".imbtui-" not in n}
        assert left == before, name
        assert not (folder / "out").exists()
        assert not (folder / "out.zip").exists()
        if number == signal.SIGINT:  # time was left to tidy up
            assert state(folder) == before, name


class Failing:
    """Stands for `os`: the n-th watched call fails."""

    WATCHED = ("mkdir", "open", "rename", "fsync")

    def __init__(self, number):
        self._left = number
        self.failed = ""

    def __getattr__(self, name):
        found = getattr(os, name)
        if name not in self.WATCHED:
            return found

        def call(*args, **kwargs):
            self._left -= 1
            if self._left == 0:
                self.failed = name
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return found(*args, **kwargs)

        return call


def caught_by(work):
    """Return the error of ours that work ends with, if any."""
    try:
        work()
    except EngineError as error:
        return error
    return None


def test_each_call_may_fail(tmp_path, monkeypatch):
    """That of the last fsync, too: the folder then has no name."""
    seen = []
    for number in range(1, 30):
        failing = Failing(number)
        with monkeypatch.context() as patch:
            patch.setattr(folders, "os", failing)
            patch.setattr(files, "os", failing)
            caught = caught_by(lambda: put_folder(tmp_path / "out", PAIR))
        if caught is None:
            break
        assert "No space left" in str(caught)
        assert "\n" not in str(caught)
        assert tree(tmp_path) == []
        seen.append(failing.failed)
    assert not failing.failed
    assert {"mkdir", "rename", "fsync"} <= set(seen)
    assert seen[-1] == "fsync"
    assert state(tmp_path) == {"out/a": b"1", "out/deep/er/b": b"2"}
