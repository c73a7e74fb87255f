"""What is asked of every form, ours and another package's: one list for all of them."""

from __future__ import annotations

import re
import stat
import sys
from pathlib import Path

import pytest

from engine.core import exports
from engine.core.errors import OutputError, SpecError
from engine.core.exports import KINDS, Kind
from engine.export.write import plan, write
from tests.support.exported_runs import asked, opened
from tests.support.paths import ROOT
from tests.support.trees import state, tree

OTHER = "missed"
NAMES = (*(kind.name for kind in KINDS), OTHER)
SENT = [kind.name for kind in KINDS if kind.target == "server"]
"""Where these go, no file is: their own tests read them back."""


def package(folder: Path, *blocks: str, entry: str = "missed") -> None:
    """Put a package of one module, as the docs have it, where Python finds it."""
    (folder / "imbtui_missed.py").write_text("\n".join(blocks))
    made = folder / "imbtui_missed-1.0.dist-info"
    made.mkdir()
    (made / "METADATA").write_text("Name: imbtui-missed\nVersion: 1.0\n")
    told = f"[imbtui.exporters]\n{entry} = imbtui_missed:MISSED\n"
    (made / "entry_points.txt").write_text(told)


def documented() -> str:
    """The module in the docs."""
    text = (ROOT / "docs" / "export.md").read_text(encoding="utf-8")
    return re.search(r"```python\n(.*?)```", text, re.DOTALL)[1]


@pytest.fixture
def others(tmp_path, monkeypatch):
    """Where a package is put; what it offers is looked up anew."""
    folder = tmp_path / "packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "imbtui_missed", raising=False)
    exports._others.cache_clear()
    yield folder
    exports._others.cache_clear()


@pytest.fixture(params=NAMES)
def kind(request, others) -> Kind:
    package(others, documented())
    found = exports.find(request.param)
    if found.lacking[0]:
        pytest.skip(f"{found.lacking[0]} is not installed")
    return found


@pytest.fixture
def where(tmp_path, kind) -> Path:
    home = tmp_path / "here"
    home.mkdir()
    return home / f"made{kind.suffixes[0] if kind.target == 'file' else ''}"


@pytest.fixture
def wish(kind, where, two_classes):
    arm = "smote" if kind.of == "arm" else None
    path = "sqlite:///made.db" if kind.target == "server" else str(where)

    def given(**more):
        return asked(two_classes, kind.name, **{"arm": arm, "path": path, **more})

    return given


def test_it_says_what_it_is(kind):
    assert re.fullmatch(r"[a-z][a-z0-9-]*", kind.name)
    assert kind.title[:1].isupper()
    assert kind.summary
    assert not kind.summary.endswith(".")
    assert kind in exports.every()


def test_a_preview_tells_all_without_the_table_and_makes_nothing(
    kind, wish, where, two_classes
):
    told = plan(wish())
    assert bool(told.files) != (kind.target == "server")
    assert all(file.what for file in told.files)
    assert len({file.name for file in told.files}) == len(told.files)
    assert bool(told.arms) == (kind.of == "arm")
    assert bool(told.points) == kind.points
    assert tree(where.parent) == []
    one = opened(two_classes, kind.name, arm=wish().arm, path=wish().path)
    kind.load()(one)
    assert "bench" not in vars(one)


def test_a_choice_that_has_no_say_or_is_none_is_refused(kind, wish, where):
    with pytest.raises(SpecError):
        write(wish(at="no-such-point"))
    if kind.of == "arm":
        with pytest.raises(SpecError, match="Choose one of: untreated, "):
            write(wish(arm="nobody"))
    if kind.target == "file":
        with pytest.raises(OutputError, match="Give a name that ends in"):
            write(wish(path=f"{where.parent}/made.other"))
    assert tree(where.parent) == []


def test_what_was_told_is_written_once(kind, wish, where, two_classes):
    if kind.name in SENT:
        pytest.skip("no file is written")
    kept = Path(two_classes.store).read_bytes(), two_classes.table.read_bytes()
    told = {file.name for file in plan(wish()).files}
    done = write(wish())
    files = {where} if kind.target == "file" else {*where.rglob("*")}
    files = {path for path in files if path.is_file()}
    base = where if kind.target == "folder" else where.parent
    found = {path.relative_to(base).as_posix(): path for path in files}
    assert {file.name: file.bytes for file in done.files} == {
        name: path.stat().st_size for name, path in found.items()
    }
    assert (set(found) == told) == (kind.target == "folder") or len(found) == 1
    for path in files:
        assert path.stat().st_size
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
        assert path.read_bytes()[:1] != b"\x80"  # as a pickle begins
    before = state(where.parent)
    with pytest.raises(OutputError, match="exists already"):
        write(wish())
    assert state(where.parent) == before
    assert (Path(two_classes.store).read_bytes(), two_classes.table.read_bytes()) == (
        kept
    )


# What another package may have wrong --------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("1 / 0", "division by zero"),
        ("MISSED = 3", "not iterable"),
        ("MISSED = ['x']", "'x' is no engine.export.Kind"),
        ("MISSED = Kind('Missed!', 'T', 's', 'm:f', suffixes=('.x',))", "'Missed!'"),
        ("MISSED = Kind('script', 'T', 's', 'm:f', suffixes=('.x',))", "is taken"),
        ("MISSED = Kind('missed', 'T', 's', 'm:f')", "names no ending"),
        ("MISSED = Kind('missed', 'T', 's', 'm:f', of='fold')", "is of 'fold'"),
    ],
)
def test_what_cannot_be_used_is_left_out_and_said(others, text, said):
    package(others, "from engine.export import Kind", text)
    assert exports.every() == KINDS
    (problem,) = exports.problems()
    assert said in problem.message
    assert "\n" not in problem.message
    assert exports.find("script") is KINDS[0]
    with pytest.raises(SpecError, match="nothing is exported as 'missed'"):
        exports.find("missed")


BROKEN = (
    "raise ValueError('odd')",
    "return None",
    "return Parts((of_text('a.txt', 'a text', lambda: 1 / 0),))",
)


@pytest.mark.parametrize("body", BROKEN)
def test_what_another_package_gets_wrong_is_said_to_be_its_own(
    body, others, two_classes, tmp_path
):
    package(
        others,
        "from engine.core.exports import Kind, Parts, of_text",
        f"def made(case):\n    {body}",
        "MISSED = Kind('missed', 'Missed', 'a text', 'imbtui_missed:made',",
        "              of='run', target='file', suffixes=('.txt',))",
    )
    where = tmp_path / "a.txt"
    with pytest.raises(OutputError, match="the exporter imbtui_missed:made fails"):
        write(asked(two_classes, "missed", path=str(where)))
    assert not where.exists()
