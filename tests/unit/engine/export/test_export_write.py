"""Where an export goes, what is refused, and that a preview makes nothing."""

import os
import shutil
import zipfile
from pathlib import Path

import pytest

from engine.core.errors import (
    EngineError,
    OutputError,
    SpecError,
    UnwrittenError,
    UsageError,
)
from engine.core.exports import (
    KINDS,
    ExportRequest,
    Kind,
    Parts,
    Piece,
    of_bytes,
    of_text,
)
from engine.export import write as write_module
from engine.export.write import plan, write
from engine.store import open_store
from tests.support.exported_runs import asked, opened
from tests.support.trees import state

KINDS_HERE = {
    "leaf": Kind("leaf", "Leaf", "", "x:x", suffixes=(".txt", ".md")),
    "tree": Kind("tree", "Tree", "", "x:x", of="arm", target="folder"),
    "crate": Kind(
        *("crate", "Crate", "", "x:x", "arm", "folder", (".zip",)), points=True
    ),
}
"""One of each target."""


@pytest.fixture
def run(two_classes, tmp_path, monkeypatch):
    home = tmp_path / "here"
    home.mkdir()
    monkeypatch.chdir(home)
    return two_classes


@pytest.fixture(autouse=True)
def exporter(monkeypatch):
    """Exports of two files, or of one; made in a moment."""
    made = []

    def parts(one):
        kind = KINDS_HERE[one.request.kind]
        made.append(kind.name)
        pieces = (
            of_text("a.txt", "a letter", lambda: "a"),
            of_bytes("b/c.bin", "some bytes", lambda: b"bc"),
        )
        return Parts(pieces[: 1 if kind.target == "file" else 2], ("note",), told)

    def told():
        return ("told",)

    monkeypatch.setattr(write_module.exports, "find", KINDS_HERE.__getitem__)
    monkeypatch.setattr(Kind, "load", lambda kind: parts)
    return made


def test_a_preview_says_all_and_writes_nothing(run):
    before = state(Path.cwd())
    found = plan(asked(run, "tree", arm="smote"))
    assert [f.name for f in found.files] == ["a.txt", "b/c.bin"]
    assert found.path == f"{Path.cwd()}/{run[1]}-smote-tree"
    assert (found.arm, found.at, found.exists) == ("smote", "", False)
    assert "smote" in found.arms
    assert found.points == {}
    assert found.notes == ("note",)
    crate = plan(asked(run, "crate", arm="smote"))
    assert crate.at == "recommended"
    assert crate.points["f1"] == "F1"
    assert crate.recommended in ("", crate.arms[0])
    assert plan(asked(run, "leaf")).path == f"{Path.cwd()}/{run[1]}-leaf.txt"
    assert plan(asked(run, "leaf")).arms == ()
    assert state(Path.cwd()) == before


def test_what_was_written_is_said(run):
    found = write(asked(run, "tree", arm="smote", path="out"))
    assert [(f.name, f.bytes) for f in found.files] == [("a.txt", 1), ("b/c.bin", 2)]
    assert found.path == f"{Path.cwd()}/out"
    assert found.notes == ("note", "told")
    assert state(Path.cwd()) == {"out/a.txt": b"a", "out/b/c.bin": b"bc"}
    found = write(asked(run, "leaf", path="one.MD"))
    assert [(f.name, f.bytes) for f in found.files] == [("one.MD", 1)]


def test_an_archive_is_asked_for_by_its_ending(run):
    found = write(asked(run, "crate", path="out.ZIP"))
    assert [f.name for f in found.files] == ["out.ZIP"]
    assert found.files[0].bytes == Path("out.ZIP").stat().st_size
    with zipfile.ZipFile("out.ZIP") as archive:
        assert archive.namelist() == ["a.txt", "b/c.bin"]
    # No ending of an archive, or that of a folder: a folder.
    write(asked(run, "tree", path="tree.zip"))
    assert Path("tree.zip/a.txt").read_bytes() == b"a"
    write(asked(run, "crate", path="crate.zip/"))
    assert Path("crate.zip/a.txt").read_bytes() == b"a"


@pytest.mark.parametrize("kind", ["leaf", "tree", "crate"])
def test_what_is_there_is_kept_unless_that_is_said(run, kind):
    name = "out.txt" if kind == "leaf" else "out"
    write(asked(run, kind, path=name))
    assert plan(asked(run, kind, path=name)).exists
    before = state(Path.cwd())
    with pytest.raises(OutputError, match="exists already"):
        write(asked(run, kind, path=name))
    assert state(Path.cwd()) == before
    write(asked(run, kind, path=name, overwrite=True))
    assert state(Path.cwd()) == before


def test_an_empty_folder_is_no_matter(run):
    Path("out").mkdir()
    assert not plan(asked(run, "tree", path="out")).exists
    write(asked(run, "tree", path="out"))
    assert Path("out/a.txt").exists()


@pytest.mark.parametrize(
    ("kind", "path", "said"),
    [
        ("leaf", "out.csv", r"has another ending.*\.txt or \.md"),
        ("leaf", "out", "has another ending"),
        ("leaf", "out.txt/", "is a folder, where one file"),
        ("leaf", "sqlite:///x.txt", r"is an address.*ends in \.txt"),
        ("tree", "https://host/model", "is an address.*name of a folder"),
        ("tree", "p.csv", "names one file, where a folder.*name of a folder"),
        ("tree", "rows.Parquet", "names one file, where a folder"),
        ("leaf", "no/out.txt", "there is no folder"),
        ("leaf", "a\0b.txt", "no name that a file can have"),
        ("leaf", "x" * 300 + ".txt", "File name too long"),
        ("leaf", "~nobody-of-that-name/out.txt", "there is no folder"),
        ("leaf", "folder.txt", "is a folder"),
        ("tree", "file.txt", "is no folder"),
        ("tree", "file.txt/out", "is no folder"),
        ("tree", "no/out", "there is no folder"),
        ("tree", "a\0b", "no name that a file can have"),
        ("tree", "/", "names no file"),
        ("tree", "link", "symbolic link"),
        ("leaf", "link.txt", "symbolic link"),
        ("crate", "link.zip", "symbolic link"),
        ("crate", "folder.zip", "is a folder"),
        ("tree", "x/" * 3_000 + "y", "File name too long"),
    ],
)
def test_a_wrong_place_is_said_before_anything_is_made(run, kind, path, said, exporter):
    Path("file.txt").write_text("mine")
    Path("folder.txt").mkdir()
    Path("folder.zip").mkdir()
    Path("elsewhere").mkdir()
    Path("link").symlink_to("elsewhere")
    for name in ("link.txt", "link.zip"):
        Path(name).symlink_to("file.txt")
    before = state(Path.cwd())
    for overwrite in (False, True):
        with pytest.raises(OutputError, match=said) as caught:
            write(asked(run, kind, path=path, overwrite=overwrite))
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 700
    with pytest.raises(OutputError):
        plan(asked(run, kind, path=path))
    assert exporter == []
    assert state(Path.cwd()) == before


def test_a_persons_home_is_meant_by_its_sign(run, monkeypatch, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    found = write(asked(run, "tree", path="~/out"))
    assert found.path == f"{home}/out"
    assert (home / "out" / "a.txt").exists()


def test_the_table_and_the_store_are_never_written_over(run, tmp_path):
    """Not even if files may be replaced, by whatever name."""
    folder = tmp_path / "copies"
    folder.mkdir()
    store = folder / "a.txt"
    shutil.copy(run[0], store)
    wish = ExportRequest(store=str(store), run=run[1], kind="leaf", overwrite=True)
    before = store.read_bytes()
    import msgspec

    for path in (store, f"{tmp_path}/copies/../copies/a.txt"):
        with pytest.raises(
            OutputError, match="is the store of the run, which is never"
        ):
            write(msgspec.structs.replace(wish, path=str(path)))
    with pytest.raises(OutputError, match="is the store of the run"):
        write(msgspec.structs.replace(wish, path=str(folder), kind="tree"))
    (folder / "same.txt").hardlink_to(store)
    with pytest.raises(OutputError, match="is the store of the run"):
        write(msgspec.structs.replace(wish, path=str(folder / "same.txt")))
    assert store.read_bytes() == before
    # The table: as a file of the folder, as a link to the same bytes.
    mine = run.copy(tmp_path / "own")
    for name in ("a.txt", "t.md"):
        (tmp_path / name).hardlink_to(mine.table)
    table = mine.table.read_bytes()
    with pytest.raises(OutputError, match="is the table itself, which is never"):
        write(asked(mine, "tree", path=str(tmp_path), overwrite=True))
    with pytest.raises(OutputError, match="is the table itself"):
        write(asked(mine, "leaf", path=str(tmp_path / "t.md"), overwrite=True))
    assert mine.table.read_bytes() == table
    assert (tmp_path / "a.txt").samefile(mine.table)


def test_the_usual_store_is_never_written_over(run, monkeypatch, tmp_path):
    store = tmp_path / "usual.txt"
    shutil.copy(run[0], store)
    monkeypatch.setenv("IMBTUI_STORE", str(store))
    with pytest.raises(OutputError, match="is the store of the run"):
        write(ExportRequest(run=run[1], kind="leaf", path=str(store), overwrite=True))
    with open_store(store, create=False) as found:
        assert found.run(run[1]).id == run[1]


def test_a_temporary_file_that_the_disk_does_not_take_is_said(run, monkeypatch):
    def full(file):
        raise OSError(28, "No space left on device", "/tmp/tmp123")

    def fails(one):
        return Parts((Piece("a.txt", "", full),))

    monkeypatch.setattr(Kind, "load", lambda kind: fails)
    for kind, path in (("leaf", "a.txt"), ("tree", "out"), ("crate", "out.zip")):
        with pytest.raises(UnwrittenError, match=r"No space left on device\. Make"):
            write(asked(run, kind, path=path))
        assert list(Path.cwd().iterdir()) == []


@pytest.mark.parametrize("error", [ValueError("x"), KeyError("x"), OSError(2, "gone")])
def test_a_mistake_of_an_exporter_stays_what_it_is(run, error, monkeypatch):
    """It is not taken for a name that a file cannot have."""

    def fails(one):
        def write(file):
            file.write(b"half")
            raise error

        return Parts((Piece("a.txt", "", write),))

    monkeypatch.setattr(Kind, "load", lambda kind: fails)
    monkeypatch.setattr(write_module.exports, "KINDS", tuple(KINDS_HERE.values()))
    for kind, path in (("leaf", "a.txt"), ("tree", "out"), ("crate", "out.zip")):
        with pytest.raises(type(error)) as caught:
            write(asked(run, kind, path=path))
        assert not isinstance(caught.value, EngineError)
        assert list(Path.cwd().iterdir()) == []


def test_an_arm_of_any_name_gives_a_tame_name(run):
    one = opened(run, "tree", arm="smote")
    one.chosen = one.chosen._replace(name="../../x\n; rm -rf ~")
    path = write_module._path(KINDS_HERE["tree"], one)
    assert path == f"{Path.cwd()}/{run[1]}-x-rm-rf-tree"


def test_wrong_wishes(run, monkeypatch):
    with pytest.raises(SpecError, match=r"no arm 'nobody'.*untreated, weights"):
        write(asked(run, "tree", arm="nobody", path="out"))
    with pytest.raises(SpecError, match="Choose no operating point"):
        write(asked(run, "tree", at="f1", path="out"))
    needing = KINDS_HERE["tree"]._replace(needs="no_such_module:imbtui[extra]")
    monkeypatch.setattr(write_module.exports, "find", lambda name: needing)
    with pytest.raises(UsageError, match=r"pip install 'imbtui\[extra\]'"):
        write(asked(run, "tree", path="out"))
    assert list(Path.cwd().iterdir()) == []


def test_every_form_is_declared_in_full():
    names = [kind.name for kind in KINDS]
    assert len(set(names)) == len(names)
    for kind in KINDS:
        assert kind.title
        assert kind.summary
        assert bool(kind.suffixes) or kind.target != "file"
        assert all(s.startswith(".") and s == s.lower() for s in kind.suffixes)
    assert os.fspath(Path.cwd())


def test_a_working_folder_that_is_gone_is_one_line(run, tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    for make in (plan, write):
        with pytest.raises(OutputError, match="the working folder is gone") as caught:
            make(asked(run, "leaf"))
        assert "\n" not in str(caught.value)
        with pytest.raises(OutputError, match="the working folder is gone"):
            make(asked(run, "leaf", path="a.txt"))
    monkeypatch.chdir(tmp_path)
