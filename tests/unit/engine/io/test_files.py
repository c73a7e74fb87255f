"""Files that are written: whole, private, over nothing, through no link."""

import ast
import errno
import os
import pickle
import re
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from engine import files, part, scratch
from engine.errors import OutputError, UnwrittenError
from engine.files import inside, put, put_all, put_beside, slug, slugs

ROOT = Path(engine.__file__).parents[1]


@pytest.fixture
def umask():
    """Sets the umask for one test."""
    before = os.umask(0o022)
    os.umask(before)
    yield os.umask
    os.umask(before)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def mode(path):
    return stat.S_IMODE(path.lstat().st_mode)


# --- what is written -----------------------------------------------------------------


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077, 0o777])
def test_a_file_is_its_owners_whatever_the_umask_is(tmp_path, umask, mask):
    umask(mask)
    put(tmp_path / "a", b"a" * 300_000)
    put(tmp_path / "b", b"b", private=False)
    assert mode(tmp_path / "a") == 0o600
    assert mode(tmp_path / "b") == 0o666 & ~mask | 0o600
    assert (tmp_path / "a").read_bytes() == b"a" * 300_000
    assert names(tmp_path) == ["a", "b"]


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


def kinds(folder):
    """One of everything that a name may be."""
    import socket

    (folder / "file").write_text("mine")
    (folder / "folder").mkdir()
    (folder / "link").symlink_to("file")
    (folder / "dangling").symlink_to("nowhere")
    (folder / "loop").symlink_to("loop")
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as one:
        here = Path.cwd()
        os.chdir(folder)  # names of sockets must be short
        one.bind("socket")
        os.chdir(here)


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
    with pytest.raises(OutputError, match=r"file exists already.*with --force"):
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
        monkeypatch.setattr(part.os, "link", refusing(os.link))

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
        monkeypatch.setattr(part.os, "link", refusing(os.link))

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
    monkeypatch.setattr(part.os, "link", refusing(os.link))
    put_all([(tmp_path / "a", b"1"), (tmp_path / "b", b"2")])
    put(tmp_path / "a", b"3", overwrite=True)
    assert (tmp_path / "a").read_bytes() == b"3"
    assert names(tmp_path) == ["a", "b"]


def test_a_folder_that_is_moved_meanwhile_takes_the_file_along(tmp_path):
    home, evil = tmp_path / "home", tmp_path / "evil"
    home.mkdir()
    evil.mkdir()
    with files.fresh(home / "a") as file:
        file.write(b"x")
        home.rename(tmp_path / "moved")
        home.symlink_to(evil)
    assert names(evil) == []
    assert names(tmp_path / "moved") == ["a"]


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
        if target == "2":
            raise OSError(errno.EIO, "Input/output error")
        real(source, target, **kwargs)

    monkeypatch.setattr(part.os, "replace", replace)
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

    monkeypatch.setattr(part.os, "fsync", fsync)
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
    error = files.failed("a.csv", OSError(found, os.strerror(found)))
    assert error.exit_code == code
    assert str(error).startswith(f"cannot write a.csv: {os.strerror(found)}. ")


# --- names ---------------------------------------------------------------------------

HOSTILE = [
    "", ".", "..", "...", "/", "//", "../", "../../etc/passwd", "/etc/passwd",
    "a/b", "a/../b", "a/./b", "./a", "a/", "/a", "a//b", "~", "~root", "~/x", "a/~",
    "..\\..\\x", "C:\\x", "C:x", "a\\b", "\\\\host\\share", "a:b", "a\0b", "\0",
    "a\nb", "\n", "a\rb", "a\tb", "\x1b[2J", "\x7f", "\x9b31m", "a b", " a ", "-rf",
    "--help", "-", "$(id)", "`id`", "a;b", "a|b", "a&b", "a>b", "*", "?", "'", '"',
    "%2e%2e", "%2e%2e%2fx", "%252e%252e", "%00", "\u202egnp.exe", "\u2066a\u2069",
    "\u200b", "\ufeffa", "\ud800", "a\udcffb", "CON", "con", "nul.txt", "AUX.tar.gz",
    "COM1", "lpt9.csv", "CONIN$", "患者", "é", "e\u0301", "ﬁ", "．．／x", "‥", "🙂",
    "a" * 300, "é" * 300, "." * 300, ".hidden", "a.", "a ", "…", "null",
]  # fmt: skip


def assert_tame(name, most=60):
    assert name
    assert len(name.encode("ascii")) <= most
    assert all(c.isalnum() or c in "._-" for c in name)
    assert name[0].isalnum()
    assert name[-1].isalnum()
    assert ".." not in name
    reserved = {"con", "prn", "aux", "nul"}
    reserved |= {f"{port}{n}" for port in ("com", "lpt") for n in range(10)}
    assert name.partition(".")[0].lower() not in reserved


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_name_becomes_a_tame_one(text, tmp_path):
    name = slug(text)
    assert_tame(name)
    assert slug(name) == name
    assert inside(tmp_path, name).parent == tmp_path.resolve()
    put(tmp_path / name, b"x")
    assert names(tmp_path) == [name]


@settings(deadline=None)
@given(st.text(st.characters(), max_size=200), st.integers(8, 80))
def test_any_text_becomes_a_tame_name(text, most):
    name = slug(text, most=most)
    assert_tame(name, most)
    assert slug(name, most=most) == name


@settings(deadline=None)
@given(st.lists(st.sampled_from([*HOSTILE, "A", "a", "a-2", "A-2"]), max_size=30))
def test_names_of_many_texts_are_all_different(texts):
    found = slugs(texts, most=12)
    assert len({name.lower() for name in found}) == len(texts)
    for name in found:
        assert_tame(name, 12)


def test_what_is_readable_stays_so():
    assert slug("stroke_2024.v1") == "stroke_2024.v1"
    assert slug("Crème Brûlée (2)") == "Creme-Brulee-2"
    assert slug("smote+tomek") == "smote-tomek"
    assert slug("!!", fallback="arm") == "arm"


PLAIN = {
    "...", " a ", "a b", "a:b", "C:x", "-rf", "--help", "-", "$(id)", "`id`", "a;b",
    "a|b", "a&b", "a>b", "*", "?", "'", '"', "%2e%2e", "%2e%2e%2fx", "%252e%252e",
    "%00", "CON", "con", "nul.txt", "AUX.tar.gz", "COM1", "lpt9.csv", "CONIN$", "患者",
    "é", "e\u0301", "ﬁ", "．．／x", "‥", "🙂", ".hidden", "a.", "a ", "…", "null",
    "a/b", "a" * 300, "é" * 300, "." * 300,
}  # fmt: skip
"""Odd, and yet names of files in a folder, however often they are decoded by others."""


@pytest.mark.parametrize("text", HOSTILE)
def test_no_name_leads_out_of_its_folder(text, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    if text in PLAIN:
        found = inside(home, text)
        assert found.is_relative_to(home.resolve())
        assert found != home.resolve()
    else:
        with pytest.raises(OutputError, match="is no name in a folder"):
            inside(home, text)


def test_no_link_leads_out_of_its_folder(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "out").symlink_to(tmp_path)
    (home / "in").symlink_to(home)
    (home / "loop").symlink_to("loop")
    for name in ("out", "out/a", "in"):
        with pytest.raises(OutputError, match="leads out of"):
            inside(home, name)
    assert inside(home, "in/a") == home.resolve() / "a"


# --- what is no result ---------------------------------------------------------------


@pytest.mark.parametrize("mask", [0o000, 0o777])
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


# --- nobody else writes --------------------------------------------------------------

ALLOWED = {
    # path: calls that may write, and why
    "engine/part.py": {"os.open", "os.replace", "os.link"},  # the one way
    "engine/scratch.py": {"os.open", "os.fdopen", "mkstemp", "mkdtemp"},  # the other
    # A descriptor of `scratch.temporary` or `scratch.appending`.
    "engine/client/runs.py": {"os.fdopen"},
    "engine/data/read/open.py": {"os.fdopen"},
    "tui/errorlog.py": {"os.fdopen", ".replace"},  # puts an old log aside
    "tui/cli/parser.py": {"os.fdopen"},
    # To standard streams, or nowhere.
    "tui/cli/streams.py": {"os.open", "os.fdopen"},
    "engine/logs.py": {"os.open", "os.fdopen"},
    # A file of the kernel's.
    "engine/execute/priority.py": {".write_text"},
    # Into a private folder that gets its name when all is in it; told by digests.
    "engine/train/cache.py": {"np.save", ".write_bytes", ".rename"},
    # What a library fetched into a private folder gets its name.
    "engine/data/remote.py": {".rename", "pq.write_table"},
    # Asks `Jobs`, which takes `engine.files`.
    "tui/desk.py": {".write_text"},
    # Into memory.
    "engine/data/catalogue.py": {".to_parquet"},
    "engine/data/make_file.py": {".to_parquet"},
    "engine/data/generate.py": {".to_csv"},
    "engine/resample/balance.py": {"pq.write_table"},
    # Into a file that `engine.files` or `engine.folders` has made.
    "engine/export/tables.py": {"pq.write_table"},
    "engine/bundle/scoring.py": {".write_table", ".to_csv"},
    # A folder that is whole gets its name.
    "engine/folders.py": {"os.rename"},
    # Only to read.
    "engine/bundle/archive.py": {"os.open"},
    # Texts, and columns of a table.
    "engine/export/bundle.py": {".to_json"},
    "engine/export/onnx_model.py": {".to_json"},
    "engine/export/scripting/dividing.py": {".rename"},
}

STORE = "engine/store/"
"""SQLite writes there, and what mends and copies its files; its own tests see to it."""

WRITERS = {
    "mkstemp", "mkdtemp", "NamedTemporaryFile", "TemporaryFile", "TemporaryDirectory",
    "SpooledTemporaryFile", "write_text", "write_bytes", "touch", "to_csv",
    "to_parquet", "to_excel", "to_feather", "to_pickle", "to_json", "write_table",
    "write_feather", "savefig", "savez", "save_model", "symlink", "symlink_to",
    "hardlink_to", "link", "mkfifo", "copyfile", "copy2", "copytree",
    "FileHandler", "RotatingFileHandler", "deliver_text",
    "deliver_binary", "save_screenshot", "deliver_screenshot",
}  # fmt: skip
DEPENDS = {
    "open", "fdopen", "replace", "rename", "save", "dump", "copy", "move",
    "basicConfig",
}  # fmt: skip
"""What writes a file or does something else, as it is called."""
FLAGS = ("O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND", "flags", "_NEW")


def written(call: ast.Call) -> str | None:
    """Say how a call may write a file; None if it does not."""
    function = call.func
    name = getattr(function, "attr", getattr(function, "id", ""))
    if name not in WRITERS and name not in DEPENDS:
        return None
    dotted = ast.unparse(function)
    if dotted == "os.open":
        text = ast.unparse(call)
        return dotted if any(flag in text for flag in FLAGS) else None
    if name in ("open", "fdopen"):
        first = 1 if dotted in ("open", "io.open", "os.fdopen") else 0
        given = [*call.args[first : first + 1]]
        given += [k.value for k in call.keywords if k.arg == "mode"]
        modes = [a.value for a in given if isinstance(a, ast.Constant)]
        if len(given) > len(modes) and first:
            return dotted  # nobody knows
        writes = any(isinstance(m, str) and set(m) & set("wax+") for m in modes)
        return dotted if writes else None
    if dotted in ("os.replace", "os.rename", "os.link", "os.symlink", "np.save"):
        return dotted
    if dotted in ("json.dump", "pickle.dump", "shutil.copy", "shutil.move"):
        return dotted
    if name in ("replace", "rename") and isinstance(function, ast.Attribute):
        # Of a path: one argument, unlike that of a text, or of a struct.
        alone = len(call.args) == 1 and not call.keywords
        path = alone and not ast.unparse(call.args[0]).startswith(("[", "str("))
        return f".{name}" if path else None
    if name == "basicConfig":
        return dotted if "filename" in [k.arg for k in call.keywords] else None
    if name in WRITERS and isinstance(function, ast.Attribute):
        short = dotted if dotted.count(".") == 1 else f".{name}"
        if name in ("mkstemp", "mkdtemp"):
            return name
        return short if short.startswith("pq.") else f".{name}"
    return None


MAYBE = re.compile(rf"\b({'|'.join(sorted(WRITERS | DEPENDS))})\(")


def writers(path: Path) -> dict[str, int]:
    text = path.read_text(encoding="utf-8")
    found: dict[str, int] = {}
    if MAYBE.search(text) is None:
        return found
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (how := written(node)) is not None:
            found.setdefault(how, node.lineno)
    return found


def sources():
    for folder in ("engine", "tui"):
        yield from sorted((ROOT / folder).rglob("*.py"))


def test_no_other_module_writes_a_file():
    """Whoever needs one takes `engine.files`, or `engine.scratch`; or says why here."""
    wrong = []
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(STORE):
            continue
        for how, line in writers(path).items():
            if how not in ALLOWED.get(name, ()):
                wrong.append(f"{name}:{line}: {how}")
    assert wrong == []


def test_nothing_is_allowed_that_is_not_done():
    for name, allowed in ALLOWED.items():
        assert allowed <= set(writers(ROOT / name)), name


@pytest.mark.parametrize(
    "line",
    [
        "open(p, 'w')", "open(p, mode='ab')", "p.open('x')", "open(p, how)",
        "os.open(p, os.O_CREAT)", "os.fdopen(h, 'wb')", "p.write_text('')",
        "tempfile.mkstemp()", "tempfile.NamedTemporaryFile()", "p.rename(q)",
        "p.replace(q)", "os.replace(p, q)", "frame.to_csv(p)", "np.save(p, a)",
        "shutil.move(p, q)", "logging.FileHandler(p)", "json.dump(x, f)",
    ],
)  # fmt: skip
def test_the_census_sees(line):
    (node,) = ast.parse(line).body
    assert written(node.value) is not None


@pytest.mark.parametrize(
    "line",
    ["open(p)", "p.open('rb')", "os.open(p, os.O_RDONLY)", "t.replace('a', 'b')",
     "replace(s, a=1)", "msgspec.structs.replace(s, a=1)", "os.fdopen(h, 'rb')"],
)  # fmt: skip
def test_the_census_lets_pass(line):
    (node,) = ast.parse(line).body
    assert written(node.value) is None
