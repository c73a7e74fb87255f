"""A real service child that is killed, stopped, restarted, or left alone in a read."""

from __future__ import annotations

import gzip
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine import children
from engine.client import (
    Failure,
    Load,
    LoadProgress,
    Look,
    Page,
    Preview,
    Reply,
    Rows,
    Service,
    wire,
)
from tests.support.service_samples import _child, _gone, _load, _until

pytestmark = pytest.mark.slow

SOON = 60.0
"""Seconds: on a busy machine, and well under what waiting it out would take."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service.start(tmp_path_factory.mktemp("log") / "service.log") as service:
        yield service


def _endless(folder: Path) -> str:
    """Write a table that takes seconds to read: 400 MB in a few hundred kB."""
    head = gzip.compress(b"a,b,label\n")
    block = gzip.compress(b"1.5,2.5,0\n3.5,4.5,1\n" * 50_000)
    path = folder / "endless.csv.gz"
    path.write_bytes(head + block * 400)
    return str(path)


def test_a_killed_child_is_told_and_the_next_request_works() -> None:
    told: list[Reply] = []
    with Service.start(on_status=told.append) as service:
        assert _load(service, "sample:blobs").rows == 300
        process = _child(service)._process
        process.send_signal(signal.SIGSTOP)
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(
                service.request, Rows(id=service.next_id(), start=0, count=3)
            )
            _until(lambda: bool(_child(service)._waiting))
            process.kill()
            failure = waiting.result(60)
        assert isinstance(failure, Failure)
        assert failure.code == "service-died"
        assert "killed" in failure.message
        assert "starts again" in failure.remedy
        _until(lambda: isinstance(told[-1], Failure))
        # A fresh child reads the table again before it shows its rows.
        page = service.request(Rows(id=service.next_id(), start=0, count=3))
        assert isinstance(page, Page)
        assert (page.total, len(page.rows)) == (300, 3)


def test_a_look_at_a_file_does_not_wait_for_the_table_shown() -> None:
    told: list[Reply] = []
    with Service.start() as service:
        _load(service, "sample:blobs")
        service.restart()
        look = Look(id=service.next_id(), source="sample:moons", rows=3)
        seen = service.request(look, told.append)
        assert isinstance(seen, Preview)
        assert len(seen.rows) == 3
        assert not [reply for reply in told if isinstance(reply, LoadProgress)]
        assert _child(service).load is None
        # The table shown is read again only when it is asked about.
        page = service.request(Rows(id=service.next_id(), start=0, count=3))
        assert isinstance(page, Page)
        assert page.total == 300


def test_restart_cancels_what_waits() -> None:
    with Service.start() as service:
        process = _child(service)._process
        process.send_signal(signal.SIGSTOP)
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(
                service.request, Load(id=service.next_id(), source="sample:blobs")
            )
            _until(lambda: bool(_child(service)._waiting))
            started = time.monotonic()
            service.restart()
            failure = waiting.result(60)
        assert time.monotonic() - started < SOON
        assert isinstance(failure, Failure)
        assert failure.code == "cancelled"
        assert failure.remedy
        _until(lambda: _gone(process.pid))
        assert _child(service).alive


def test_a_cancelled_read_is_killed_and_the_old_table_comes_back(
    service: Service, tmp_path: Path
) -> None:
    total = _load(service, "sample:ecoli").rows
    pid = _child(service)._process.pid
    cancel = threading.Event()
    told: list[LoadProgress] = []

    def heard(reply: Reply) -> None:
        if isinstance(reply, LoadProgress) and reply.stage == "reading":
            told.append(reply)
            cancel.set()

    answer = service.request(
        Load(id=service.next_id(), source=_endless(tmp_path)), heard, cancel
    )
    assert told[-1].total is None or told[-1].done < told[-1].total
    assert isinstance(answer, Failure)
    assert answer.code == "cancelled"
    _until(lambda: _gone(pid))
    page = service.request(Rows(id=service.next_id(), start=0, count=1))
    assert isinstance(page, Page)
    assert page.total == total


def test_a_load_cancelled_before_it_began_is_killed_once_it_reads(
    service: Service, tmp_path: Path
) -> None:
    total = _load(service, "sample:ecoli").rows
    process = _child(service)._process
    process.send_signal(signal.SIGSTOP)
    cancel = threading.Event()
    cancel.set()
    answer = service.request(
        Load(id=service.next_id(), source=_endless(tmp_path)), None, cancel
    )
    assert isinstance(answer, Failure)
    assert not _gone(process.pid)
    process.send_signal(signal.SIGCONT)
    _until(lambda: _gone(process.pid))
    _until(lambda: _child(service)._process is not process)
    page = service.request(Rows(id=service.next_id(), start=0, count=1))
    assert isinstance(page, Page)
    assert page.total == total


def test_a_closed_service_leaves_no_process_and_says_so() -> None:
    service = Service.start()
    process = _child(service)._process
    process.send_signal(signal.SIGSTOP)  # as busy as can be
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(service.request, Rows(id=1, start=0, count=3))
        _until(lambda: bool(_child(service)._waiting))
        started = time.monotonic()
        service.close()
        assert time.monotonic() - started < SOON
        late = waiting.result(60)
    assert _gone(process.pid)
    for answer in (late, service.request(Rows(id=2, start=0, count=3))):
        assert isinstance(answer, Failure)
        assert answer.code == "closed"
    service.close()
    service.restart()
    assert service._child is None


def test_a_child_ends_with_its_input_even_while_it_reads(tmp_path: Path) -> None:
    process = subprocess.Popen(
        children.command("engine.service"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(wire.encode(Load(id=1, source=_endless(tmp_path))))
    process.stdin.flush()
    with process.stdout:
        for line in process.stdout:
            reply = wire.decode_reply(line)
            if isinstance(reply, LoadProgress):
                break
        process.stdin.close()
        started = time.monotonic()
        assert process.wait(60) == 0
    assert time.monotonic() - started < SOON
