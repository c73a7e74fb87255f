"""The service child, and the app's side of it with a child that reads no tables.

What a real child does when it is killed in a read is in tests/slow/engine/service.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

import pytest

from engine.core.lab import LeakDemo
from engine.core.messages import (
    Answer,
    ColumnPicture,
    Failure,
    Load,
    LoadProgress,
    PageRequest,
    PictureRequest,
    Ready,
    Reply,
    Sketch,
    TableInfo,
    TablePage,
    Unused,
    Warming,
)
from engine.core.methods.grammar import parse
from engine.io import machine
from engine.service.client import Service
from tests.support import scripted_service
from tests.support.service_samples import HEAVY, _child, _gone, _load, _until
from tests.support.service_suite import (  # noqa: F401
    test_a_cancelled_read_is_killed_and_the_old_table_comes_back,
    test_a_closed_service_leaves_no_process_and_says_so,
    test_a_killed_child_is_told_and_the_next_request_works,
    test_a_load_cancelled_before_it_began_changes_no_table,
    test_a_look_at_a_file_does_not_wait_for_the_table_shown,
    test_restart_cancels_what_waits,
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service.start(tmp_path_factory.mktemp("log") / "service.log") as service:
        yield service


@pytest.fixture
def child(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let children be those of tests/support/scripted_service.py."""
    monkeypatch.setattr(machine, "command", scripted_service.command)


@pytest.fixture
def served(child: None) -> Iterator[Service]:
    with Service.start() as service:
        yield service


@pytest.fixture
def endless() -> str:
    return "endless.csv"


def test_a_look_at_many_columns_that_is_given_up_is_ended(served: Service) -> None:
    total, pid = _load(served, "sample:ecoli").rows, _child(served)._process.pid
    cancel = threading.Event()
    answer = served.request(
        Load(id=served.next_id(), source="endless columns"),
        lambda reply: cancel.set() if isinstance(reply, LoadProgress) else None,
        cancel,
    )
    assert isinstance(answer, Failure)
    _until(lambda: _gone(pid))
    page = served.request(PageRequest(id=served.next_id(), start=0, count=1))
    assert isinstance(page, TablePage)
    assert page.total == total


def test_what_is_cancelled_ends_and_the_table_stays(service: Service) -> None:
    arm = parse("smote")
    _load(service, "sample:blobs")
    service.request(LeakDemo(id=service.next_id(), arm=arm))  # it imports much
    total, child = _load(service, "sample:stroke").rows, _child(service)
    cancel = threading.Event()
    asked = LeakDemo(id=service.next_id(), arm=arm)
    threading.Timer(0.3, cancel.set).start()
    given_up = service.request(asked, None, cancel)
    assert isinstance(given_up, Failure)
    assert given_up.code == "cancelled"
    page = service.request(PageRequest(id=service.next_id(), start=0, count=1))
    assert isinstance(page, TablePage)
    assert (page.total, _child(service)) == (total, child)


def test_what_does_not_end_is_ended_and_others_are_asked_again(served: Service) -> None:
    total, child = _load(served, "sample:ecoli").rows, _child(served)
    cancel = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        sketch = Sketch(id=served.next_id(), source="endless")
        given_up = pool.submit(served.request, sketch, None, cancel)
        _until(lambda: child.busy)
        asked = PageRequest(id=served.next_id(), start=0, count=1)
        waiting = pool.submit(served.request, asked)
        _until(lambda: len(child._waiting) == 2)
        cancel.set()
        failure, page = given_up.result(60), waiting.result(60)
    assert isinstance(failure, Failure)
    assert failure.code == "cancelled"
    assert isinstance(page, TablePage)
    assert page.total == total
    _until(lambda: _gone(child._process.pid))


# --- the real child ------------------------------------------------------------------


def test_a_child_warms_up_and_serves_a_whole_session(tmp_path: Path) -> None:
    told: list[Reply] = []
    with Service.start(tmp_path / "log", told.append) as service:
        heard: list[Reply] = []
        request = Load(id=service.next_id(), source="sample:stroke")
        info = service.request(request, heard.append)
        assert isinstance(info, TableInfo)
        assert (info.id, info.target, info.positive) == (request.id, "stroke", "1")
        assert any(isinstance(r, Warming) for r in heard)
        stages = [r.stage for r in heard if isinstance(r, LoadProgress)]
        assert list(dict.fromkeys(stages)) == [
            "decompressing",
            "checking",
            "reading text",
            "converting",
            "cleaning",
            "profiling",
            "comparing",
            "measuring",
        ]
        warming = [r for r in told if isinstance(r, Warming)]
        assert [w.done for w in warming] == list(range(warming[0].total))
        assert told == [*warming, Ready()]

        heard.clear()
        other = service.request(
            Load(id=service.next_id(), source="sample:stroke", target="gender"),
            heard.append,
        )
        assert isinstance(other, TableInfo)
        assert other.target == "gender"
        # Not read again: the file's stages are missing.
        assert {r.stage for r in heard if isinstance(r, LoadProgress)} == {"measuring"}

        pid = _child(service)._process.pid
    assert _gone(pid)
    assert _child_log_is_private(tmp_path / "log")


def _child_log_is_private(path: Path) -> bool:
    return path.stat().st_mode & 0o077 == 0


def test_rows_and_pictures_come_by_id_to_whoever_asked(service: Service) -> None:
    _load(service, "sample:ecoli")

    def ask(n: int) -> Answer:
        id = service.next_id()
        answer = service.request(
            PictureRequest(id=id, column="mcg")
            if n % 2
            else PageRequest(id=id, start=n, count=1 + n % 3)
        )
        assert answer.id == id
        return answer

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(40)))
    for n, answer in enumerate(answers):
        if n % 2:
            assert isinstance(answer, ColumnPicture)
        else:
            assert isinstance(answer, TablePage)
            assert (answer.start, len(answer.rows)) == (n, 1 + n % 3)


def test_a_line_that_is_no_request_ends_nothing(service: Service) -> None:
    pipe = _child(service)._process.stdin
    assert pipe is not None
    told: list[Reply] = []
    service._on_status = told.append
    pipe.write(b'what?\n\n[1]\n{"request":"dance","id":0}\n\xff\xfe\n')
    pipe.flush()
    assert _load(service, "sample:blobs").rows > 0
    failures = [reply.code for reply in told if isinstance(reply, Failure)]
    assert failures == ["protocol"] * 4  # it may still say that it warms up
    service._on_status = None


def test_ctrl_c_of_the_terminal_does_not_end_a_child(service: Service) -> None:
    before = _load(service, "sample:blobs")
    process = _child(service)._process
    assert os.getsid(process.pid) == process.pid
    process.send_signal(signal.SIGINT)
    assert _load(service, "sample:blobs").rows == before.rows
    assert _child(service)._process is process


def test_giving_up_a_short_request_keeps_the_child(service: Service) -> None:
    _load(service, "sample:ecoli", target=None)
    process = _child(service)._process
    cancel = threading.Event()
    cancel.set()
    answer = service.request(
        Load(id=service.next_id(), source="sample:ecoli", target="mcg"), None, cancel
    )
    assert isinstance(answer, Failure)
    assert answer.code == "cancelled"
    # Its choices are given up as well.
    picture = service.request(PictureRequest(id=service.next_id(), column="mcg"))
    assert isinstance(picture, ColumnPicture)
    assert len(picture.counts) == 2
    assert _child(service)._process is process


def test_an_id_in_use_is_refused(service: Service) -> None:
    child = _child(service)
    id = service.next_id()
    waiting = PageRequest(id=id, start=0, count=1)
    child._waiting[id] = waiting, SimpleQueue()
    with pytest.raises(ValueError, match="waits already"):
        service.request(PageRequest(id=id, start=0, count=1))
    child.cancel(id)


# --- what the app's side does about a child -------------------------------------------


def test_a_child_that_cannot_start_is_a_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(machine, "command", lambda *_, **__: ["/no/such/python"])
    with Service.start() as service:
        answer = service.request(PageRequest(id=1, start=0, count=3))
    assert isinstance(answer, Failure)
    assert "cannot be started" in answer.message
    failing = [sys.executable, "-c", "1/0"]
    monkeypatch.setattr(machine, "command", lambda *_, **__: failing)
    with Service.start() as service:
        answer = service.request(PageRequest(id=1, start=0, count=3))
    assert isinstance(answer, Failure)
    assert answer.code == "service-died"


def test_an_unused_child_is_ended_and_the_next_request_starts_another() -> None:
    told: list[Reply] = []
    with Service.start(on_status=told.append, idle=0.01) as service:
        heard: list[Reply] = []
        assert _load(service, "sample:blobs").rows == 300
        _until(lambda: service._child is None)
        request = PageRequest(id=service.next_id(), start=0, count=3)
        page = service.request(request, heard.append)
    assert isinstance(page, TablePage)
    assert (page.total, len(page.rows)) == (300, 3)
    assert any(isinstance(reply, Warming) for reply in heard)
    assert not [reply for reply in told if isinstance(reply, Failure)]


def test_a_child_whose_answer_is_waited_for_is_not_unused(served: Service) -> None:
    _load(served, "sample:blobs")
    child = _child(served)
    child._process.send_signal(signal.SIGSTOP)
    with ThreadPoolExecutor(1) as pool:
        request = PageRequest(id=served.next_id(), start=0, count=3)
        waiting = pool.submit(served.request, request)
        _until(lambda: child.busy)
        served._receive(child, Unused())
        child._process.send_signal(signal.SIGCONT)
        assert isinstance(waiting.result(60), TablePage)
    served._receive(child, Unused())
    assert served._child is None
    _until(lambda: _gone(child._process.pid))


def test_a_table_that_is_gone_when_it_is_read_again_is_said(
    service: Service, tmp_path: Path
) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,y\n" + "1,0\n2,1\n" * 20)
    _load(service, str(path))
    path.unlink()
    service._receive(_child(service), Unused())
    answer = service.request(PageRequest(id=service.next_id(), start=0, count=3))
    assert isinstance(answer, Failure)
    assert "t.csv" in answer.message


def test_what_is_printed_does_not_reach_the_replies() -> None:
    code = (
        "import os, sys; from engine.service import main\n"
        "def noisy(say):\n"
        "    print('hello', flush=True); os.system('echo hello'); os.write(1, b'x')\n"
        "    os._exit(0)\n"
        "main.warm = noisy; main.main()"
    )
    stdin, held_open = os.pipe()
    done = subprocess.run(
        [sys.executable, "-c", code],
        stdin=stdin,
        capture_output=True,
        timeout=120,
        check=True,
    )
    os.close(stdin)
    os.close(held_open)
    assert done.stdout == b""
    assert done.stderr == b"", "nor the log: a library may print cells"


def test_the_app_s_side_imports_no_science() -> None:
    code = (
        "import sys, engine.service.client.service\n"
        "print([n for n in sys.modules if n.partition('.')[0] in "
        f"{(*HEAVY, 'pyarrow')!r}])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
