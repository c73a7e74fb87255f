"""`imbtui export` as a user uses it: files, lists, plans, one line for a mistake."""

from __future__ import annotations

import io
import json
import stat
from pathlib import Path

import pytest
from msgspec.structs import replace

from engine.core import exports
from engine.core.errors import UnwrittenError
from engine.core.events import Compared
from engine.core.exports import KINDS, Kind, Parts, Piece, of_text
from engine.core.outcome import Choice
from engine.store import open_store
from tests.support import store_samples
from tests.support.console_samples import HOSTILE, events, harmful
from tui.cli.parser import dispatch
from tui.text import files


@pytest.fixture
def run_id(tmp_path, monkeypatch):
    """A stored run with results, in a store of its own; the id."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("IMBTUI_STORE", str(tmp_path / "runs.sqlite"))
    choice = Choice(arm="smote-enn", at="recommended")
    some = [
        replace(event, verdict=replace(event.verdict, choice=choice))
        if isinstance(event, Compared)
        else event
        for event in events()
    ]
    with open_store(tmp_path / "runs.sqlite") as store:
        return store_samples.add(store, some).id


@pytest.fixture
def call(run_id, capsys):
    """Call the command; return what it printed."""

    def run(*args, code=0):
        assert dispatch(["export", *map(str, args)]) == code
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return said

    return run


@pytest.fixture
def form(monkeypatch):
    """Give a form another exporter."""

    def give(name: str, *pieces: Piece, **parts):
        made = Parts(pieces=pieces, **parts)
        monkeypatch.setattr(Kind, "load", lambda kind: lambda case: made)
        return exports.find(name)

    return give


def texts(*names: str) -> tuple[Piece, ...]:
    return tuple(
        of_text(name, f"what is in {name}", lambda: "text\n") for name in names
    )


def here() -> list[str]:
    return sorted(p.name for p in Path().iterdir())


# Writing -----------------------------------------------------------------------------


def test_a_file_gets_a_name_of_its_run_and_one_line(call, form, run_id):
    form("report", *texts("report.html"), notes=("a note",), remarks=lambda: ("late",))
    said = call("last", "--as", "report")
    path = Path(f"{run_id}-report.html").absolute()
    assert said.out == f"{path}  5 B\n"
    assert path.read_text() == "text\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert said.err.splitlines() == [
        "imbtui: writing report.html",
        "imbtui: a note",
        "imbtui: late",
        "imbtui: any browser opens it",
    ]
    quiet = call(run_id[:5], "--as=report", "-o", "b.html", "--quiet").err
    assert quiet.splitlines() == ["imbtui: a note", "imbtui: late"]


def test_a_folder_is_a_line_for_each_file_and_an_archive_is_one(call, form):
    form("bundle", *texts("a.json", "b/c.txt"))
    said = call("last", "--as", "bundle", "--arm", "smote", "-o", "out", "--quiet")
    out = Path("out").absolute()
    assert said.out == f"{out}/a.json  5 B\n{out}/b/c.txt  5 B\n"
    assert (out / "b" / "c.txt").read_text() == "text\n"
    said = call("last", "--as", "bundle", "--arm", "smote", "-o", "o.zip", "--quiet")
    assert said.out.startswith(f"{out.with_name('o.zip')}  ")
    assert said.out.count("\n") == 1
    assert call("last", "--as", "bundle", "--plan").out.splitlines()[1:] == [
        "  a.json   what is in a.json",
        "  b/c.txt  what is in b/c.txt",
    ]


def test_one_document_says_it_all(call, form, run_id):
    form("script", *texts("x.py"), notes=("a note",))
    said = call("last", "--as", "script", "--arm", "smote", "--json", "-o", "s.py")
    document = json.loads(said.out)
    assert document == {
        "schema": 1,
        "run": run_id,
        "kind": "script",
        "arm": "smote",
        "at": "fixed",
        "path": str(Path("s.py").absolute()),
        "files": [{"name": "s.py", "bytes": 5}],
        "notes": ["a note"],
    }
    plan = json.loads(call("last", "--as", "script", "--json", "--plan").out)
    assert plan["files"] == [
        {"name": f"{run_id}-smote-enn-script.py", "what": "what is in x.py"}
    ]
    assert plan["arms"][0] == "smote-enn", "what is proposed comes first"
    assert plan["exists"] is False
    assert plan["at"] in plan["points"]


def test_a_plan_writes_nothing_and_tells_what_is_there(call, form):
    def never(file):
        raise AssertionError

    form("script", Piece("x.py", "the script", never), notes=("a note",))
    Path("mine.py").write_text("mine")
    said = call("last", "--as", "script", "-o", "mine.py", "--plan")
    path = Path("mine.py").absolute()
    assert said.out == f"{path}  (exists already)\n  the script\n"
    assert said.err == "imbtui: a note\n"
    assert here() == ["mine.py"]
    assert path.read_text() == "mine"


def test_a_server_is_named_without_who_logs_in(call, form):
    sent = []

    def send():
        sent.append("it")
        return ("7 runs",)

    form("mlflow", send=send, place="https://host:5000")
    address = "https://ann:secret@host:5000"
    said = call("last", "--as", "mlflow", "-o", address)
    assert sent == ["it"]
    assert said.out == "https://host:5000\n"
    assert "secret" not in said.err
    assert "imbtui: 7 runs" in said.err
    said = call("last", "--as", "mlflow", "-o", address, "--json")
    assert json.loads(said.out)["path"] == "https://host:5000"
    assert "needs the address" in call("last", "--as", "mlflow", code=2).err


# Mistakes ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("last", "--as", "x"), "nothing is exported as 'x'. Choose one of: script,"),
        (("--as", "script"), "no run was named. Name one: imbtui export last --as"),
        (
            ("last", "--as", "report", "--arm", "smote"),
            "--as report exports the whole run, not a single arm. Leave --arm",
        ),
        (
            ("last", "--as", "script", "--arm", "gone"),
            "has no arm 'gone'. Choose one of: untreated, ",
        ),
        (
            ("last", "--as", "script", "--at", "x"),
            "has no operating point 'x'. Choose one of: ",
        ),
        (
            ("last", "--as", "data", "--at", "f1"),
            "Choose no operating point (--at)",
        ),
        (
            ("last", "--as", "script", "--table", "csv"),
            "Leave --table out; it applies to",
        ),
        (("zz", "--as", "report"), "zz"),
        (("last", "--as", "report", "-o", "x.pdf"), "a name that ends in .html or .md"),
        (("last", "--as", "report", "-o", "no/x.html"), "there is no folder "),
        (("last", "--as", "report", "-o", "there.html"), "overwrite it (--force)"),
    ],
)
def test_a_mistake_is_a_line_and_nothing_is_written(call, form, args, said):
    form("report", *texts("x.html"))
    Path("there.html").write_text("mine")
    told = call(*args, code=2)
    assert told.out == ""
    (line,) = (x for x in told.err.splitlines() if "writing" not in x)
    assert line.startswith("imbtui: ")
    assert said in line
    assert here() == ["there.html"]
    assert Path("there.html").read_text() == "mine"


def test_tables_of_another_format_are_refused(call):
    told = call("last", "--as", "data", "--table", "xlsx", code=2)
    (line,) = told.err.splitlines()
    assert "xlsx" in line
    assert "parquet" in line


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (KeyboardInterrupt(), 130, "imbtui: interrupted"),
        (MemoryError(), 1, "imbtui: there is not enough memory for this model bundle."),
        (OSError(28, "No space left on device"), 1, "No space left on device"),
        (UnwrittenError("cannot write it", "make room"), 1, "cannot write it. Make"),
        (RuntimeError("[red]\x1b[31m"), 1, "This is a bug in imbtui; the details"),
    ],
)
@pytest.mark.parametrize("out", ["out", "out.zip"])
def test_whatever_ends_it_in_the_middle_leaves_nothing(
    call, form, error, code, said, out
):
    def fails(file: io.BufferedIOBase):
        file.write(b"half")
        raise error

    form("bundle", *texts("a.txt"), Piece("b.txt", "more", fails))
    told = call("last", "--as", "bundle", "-o", out, "--quiet", code=code)
    assert told.out == ""
    (line,) = told.err.splitlines()
    assert said in line
    assert "\x1b" not in line
    assert here() == []


def test_a_missing_package_is_named_with_how_to_get_it(call, monkeypatch):
    odd = Kind(
        *("script", "Script", "for a test", "no:no", "arm", "file", (".py",)),
        needs="no_such_module:imbtui[more]",
    )
    monkeypatch.setattr(exports, "KINDS", (odd,))
    told = call("last", "--as", "script", code=2).err
    assert told.endswith(
        "the export script needs no_such_module, which is not installed. Install it: "
        "pip install 'imbtui[more]'\n"
    )
    assert "pip install 'imbtui[more]'" in call("last").out
    (listed,) = json.loads(call("--json").out)["kinds"]
    assert listed["lacking"] == files.lacking(odd)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_it_is_said_what_to_do_with_what_was_written(kind):
    assert files.usage(kind, "x y")


def test_hostile_notes_and_names_reach_no_terminal(call, form):
    notes = tuple(HOSTILE.values())
    form("report", *texts("x.html"), notes=notes)
    said = call("last", "--as", "report", "--plan")
    assert not harmful(said.out.replace("\n", ""))
    assert not harmful(said.err.replace("\n", ""))
    said = call("last", "--as", "report", "-o", "\x1b[31m\u202ex.html")
    assert not harmful((said.out + said.err).replace("\n", ""))


# Lists -------------------------------------------------------------------------------


def test_without_a_form_all_of_them_are_listed(call, monkeypatch):
    monkeypatch.setattr("engine.core.exports.find_spec", lambda name: name)
    said = call()
    lines = said.out.splitlines()
    assert len(lines) == len(KINDS)
    for line, kind in zip(lines, KINDS, strict=True):
        assert line.split() == [kind.name, *kind.summary.split()]
    assert said.err == "imbtui: choose one: imbtui export last --as script\n"
    found = json.loads(call("last", "--json").out)["kinds"]
    assert [one["kind"] for one in found] == [kind.name for kind in KINDS]
    assert {one["lacking"] for one in found} == {None}
