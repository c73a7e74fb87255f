"""What the service answers about exports, and what the child carries."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from engine.core.exports import (
    ExportRequest,
    Kind,
    Parts,
    Planned,
    PlannedFile,
    Written,
    WrittenFile,
    of_text,
)
from engine.core.messages import (
    Answer,
    Exported,
    ExportPlanned,
    Failure,
    LoadProgress,
    PlanExport,
    WriteExport,
)
from engine.data import Table
from engine.export.case import Case
from engine.service import Service, handlers
from engine.service import protocol as wire
from tests.support.service_samples import Asker


@pytest.fixture(scope="module")
def stored(two_classes) -> tuple[str, str, Path]:
    """A run: its store, its id, and its table."""
    return two_classes


@pytest.fixture
def cases(monkeypatch) -> list[Case]:
    """Let every form be a text of two files; return the cases that it saw."""
    seen: list[Case] = []

    def parts(case: Case) -> Parts:
        seen.append(case)

        def told() -> str:
            case.progress("treating", 0, None)
            return f"{len(case.bench.table.frame)} rows of {case.chosen.name}\n"

        return Parts(pieces=(of_text("a.txt", "rows", told),), notes=("a note",))

    monkeypatch.setattr(Kind, "load", lambda kind: parts)
    return seen


def ask(asker: Asker, kind: type, stored, path: Path, **more: object) -> object:
    store, run, _ = stored
    wanted = ExportRequest(store=store, run=run, kind="data", path=str(path), **more)  # type: ignore[arg-type]
    return asker.desk.answer(wire.encode(kind(id=5, asked=wanted)))


def test_a_plan_opens_no_table_and_writes_nothing(stored, cases, tmp_path):
    asker = Asker()
    answer = ask(asker, PlanExport, stored, tmp_path / "out")
    assert isinstance(answer, ExportPlanned)
    planned = answer.planned
    assert (answer.id, planned.run, planned.notes) == (5, stored[1], ("a note",))
    assert planned.files == (PlannedFile(name="a.txt", what="rows"),)
    assert planned.arm in planned.arms
    assert planned.path == str(tmp_path / "out")
    assert not planned.exists
    assert list(tmp_path.iterdir()) == []
    assert "bench" not in cases[0].__dict__
    assert asker.said == []


def test_an_export_is_written_and_says_where_it_is(stored, cases, tmp_path):
    asker = Asker()
    answer = ask(asker, WriteExport, stored, tmp_path / "out", arm="smote")
    assert isinstance(answer, Exported)
    assert answer.written == Written(
        run=stored[1],
        arm="smote",
        path=str(tmp_path / "out"),
        files=(WrittenFile(name="a.txt", bytes=18),),
        notes=("a note",),
    )
    assert (tmp_path / "out" / "a.txt").read_text() == "900 rows of smote\n"
    stages = [r.stage for r in asker.said if isinstance(r, LoadProgress)]
    assert stages[0] == "writing a.txt"
    assert "treating" in stages
    assert ask(asker, PlanExport, stored, tmp_path / "out").planned.exists


def test_the_table_that_is_open_is_not_read_again(stored, cases, tmp_path):
    asker = Asker()
    asker.info(str(stored[2]), target="sick")
    assert isinstance(ask(asker, WriteExport, stored, tmp_path / "one"), Exported)
    held = asker.desk._handler._held
    assert held is not None
    assert cases[-1].table is held.table
    asker.info("sample:blobs")
    assert isinstance(ask(asker, WriteExport, stored, tmp_path / "two"), Exported)
    assert cases[-1].table is None


def test_what_cannot_be_is_a_failure_in_words(stored, cases, tmp_path):
    asker = Asker()
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "mine.txt").write_text("mine")
    found = {}
    for name, kind, more in (
        ("there", WriteExport, {}),
        ("arm", PlanExport, {"arm": "gone"}),
        ("no/out", WriteExport, {}),
    ):
        answer = ask(asker, kind, stored, tmp_path / name, **more)
        assert isinstance(answer, Failure), answer
        assert answer.id == 5
        found[name] = f"{answer.code}: {answer.message}"
    assert "exists already, and is not empty" in found["there"]
    assert "has no arm 'gone'" in found["arm"]
    assert "there is no folder" in found["no/out"]
    assert [p.name for p in tmp_path.rglob("*")] == ["there", "mine.txt"]
    assert ask(
        asker, WriteExport, stored, tmp_path / "there", overwrite=True
    ).written.path == str(tmp_path / "there")
    assert (tmp_path / "there" / "mine.txt").read_text() == "mine"


def test_too_little_memory_is_said_in_one_line(stored, monkeypatch, tmp_path):
    def parts(case):
        def told() -> str:
            raise MemoryError

        return Parts(pieces=(of_text("a.txt", "rows", told),))

    monkeypatch.setattr(Kind, "load", lambda kind: parts)
    answer = ask(Asker(), WriteExport, stored, tmp_path / "out")
    assert isinstance(answer, Failure)
    assert answer.code == "memory"
    assert list(tmp_path.iterdir()) == []


def test_an_exporter_that_is_wrong_ends_no_service(stored, monkeypatch, tmp_path):
    def parts(case):
        raise ZeroDivisionError("a\nb")

    monkeypatch.setattr(Kind, "load", lambda kind: parts)
    answer = ask(Asker(), PlanExport, stored, tmp_path / "out")
    assert isinstance(answer, Failure)
    assert (answer.code, answer.message) == ("internal", "ZeroDivisionError: a")


def test_the_table_at_hand_is_asked_for_by_where_the_run_has_it(
    stored, cases, tmp_path
):
    asked_for = []

    def at_hand(data) -> Table | None:
        asked_for.append(data)
        return None

    wanted = ExportRequest(
        store=stored[0], run=stored[1], kind="data", path=str(tmp_path / "o")
    )
    handlers.export(WriteExport(id=1, asked=wanted), at_hand=at_hand)
    assert [one.source for one in asked_for] == [str(stored[2])]


def test_a_plan_says_at_once_that_a_place_cannot_be_written_to(stored, cases, tmp_path):
    answer = ask(Asker(), PlanExport, stored, tmp_path / "no" / "out")
    assert isinstance(answer, Failure)
    assert answer.message == f"there is no folder {tmp_path / 'no'}"
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    there = ask(Asker(), PlanExport, stored, tmp_path / "out")
    assert isinstance(there, ExportPlanned)
    assert there.planned.exists


ENDED = """
import os, signal, sys
from engine.service import handlers
from engine.io.files import put_folder

def slow(file):
    file.write(b"x")
    assert len(os.listdir(sys.argv[1])) == 1
    os.kill(os.getpid(), signal.SIGTERM)
    while True:
        pass

with handlers._clean_up_on_sigterm():
    put_folder(os.path.join(sys.argv[1], "out"), [("a.txt", slow)])
"""


def test_a_service_that_is_told_to_end_leaves_no_hidden_files(tmp_path):
    done = subprocess.run([sys.executable, "-c", ENDED, str(tmp_path)], check=False)
    assert done.returncode == 143
    assert list(tmp_path.iterdir()) == []


def test_giving_an_export_up_leaves_all_of_it_or_nothing(stored, tmp_path):
    store, run, _ = stored
    cancel = threading.Event()
    wanted = ExportRequest(
        store=store, run=run, kind="data", path=str(tmp_path / "out")
    )
    with Service.start() as service:
        request = WriteExport(id=service.next_id(), asked=wanted)

        def told(reply: object) -> None:
            if isinstance(reply, LoadProgress):
                cancel.set()

        answer = service.request(request, told, cancel)
    assert isinstance(answer, Failure | Exported)
    assert [one.name for one in tmp_path.iterdir()] in ([], ["out"])


def test_messages_go_there_and_back():
    asked = ExportRequest(
        run="1", kind="script", path="/tmp/\udcff.py", arm="a", at="f1"
    )
    for kind in (PlanExport, WriteExport):
        request = kind(id=3, asked=asked)
        assert wire.decode_request(wire.encode(request)) == request
    planned = Planned(
        run="1",
        path="/tmp/x",
        files=(PlannedFile(name="x", what="y"),),
        arms=("a", "b"),
        notes=("n",),
    )
    written = Written(run="1", path="/tmp/x", files=(WrittenFile(name="x", bytes=1),))
    for reply in (
        ExportPlanned(id=3, planned=planned),
        Exported(id=3, written=written),
    ):
        assert wire.decode_reply(wire.encode(reply)) == reply
        # Without that, whoever asks would wait for ever.
        assert isinstance(reply, Answer)
