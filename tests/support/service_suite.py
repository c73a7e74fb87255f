"""What a service keeps whatever its child is: the tests of every kind of child.

A module that imports these has the fixtures `child`, which makes children of its kind,
`served`, a service of one, and `endless`, a source that is read for seconds.
"""

from __future__ import annotations

import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from engine.core.messages import (
    Failure,
    Load,
    LoadProgress,
    Look,
    PageRequest,
    Preview,
    Reply,
    TablePage,
)
from engine.service import Service
from tests.support.service_samples import _child, _gone, _load, _until

SOON = 60.0
"""Seconds: on a busy machine, and well under what waiting it out would take."""


def test_a_killed_child_is_told_and_the_next_request_works(child: None) -> None:
    told: list[Reply] = []
    with Service.start(on_status=told.append) as service:
        assert _load(service, "sample:blobs").rows == 300
        process = _child(service)._process
        process.send_signal(signal.SIGSTOP)
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(
                service.request, PageRequest(id=service.next_id(), start=0, count=3)
            )
            _until(lambda: bool(_child(service)._waiting))
            process.kill()
            failure = waiting.result(60)
        assert isinstance(failure, Failure)
        assert failure.code == "service-died"
        assert "killed" in failure.message
        assert "starts again" in failure.fix
        _until(lambda: isinstance(told[-1], Failure))
        # A fresh child reads the table again before it shows its rows.
        page = service.request(PageRequest(id=service.next_id(), start=0, count=3))
        assert isinstance(page, TablePage)
        assert (page.total, len(page.rows)) == (300, 3)


def test_a_look_at_a_file_does_not_wait_for_the_table_shown(child: None) -> None:
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
        page = service.request(PageRequest(id=service.next_id(), start=0, count=3))
        assert isinstance(page, TablePage)
        assert page.total == 300


def test_restart_cancels_what_waits(child: None) -> None:
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
        assert failure.fix
        _until(lambda: _gone(process.pid))
        assert _child(service).alive


def test_a_cancelled_read_is_killed_and_the_old_table_comes_back(
    served: Service,
    endless: str,
) -> None:
    total = _load(served, "sample:ecoli").rows
    pid = _child(served)._process.pid
    cancel = threading.Event()
    told: list[LoadProgress] = []

    def heard(reply: Reply) -> None:
        if isinstance(reply, LoadProgress) and reply.stage.startswith("reading"):
            told.append(reply)
            time.sleep(1)  # more comes meanwhile, and is not waited for
            cancel.set()

    answer = served.request(Load(id=served.next_id(), source=endless), heard, cancel)
    assert told[-1].total is None or told[-1].done < told[-1].total
    assert isinstance(answer, Failure)
    assert answer.code == "cancelled"
    _until(lambda: _gone(pid))
    page = served.request(PageRequest(id=served.next_id(), start=0, count=1))
    assert isinstance(page, TablePage)
    assert page.total == total


def test_a_load_cancelled_before_it_began_changes_no_table(
    served: Service,
    endless: str,
) -> None:
    total = _load(served, "sample:ecoli").rows
    process = _child(served)._process
    process.send_signal(signal.SIGSTOP)
    cancel = threading.Event()
    cancel.set()
    answer = served.request(Load(id=served.next_id(), source=endless), None, cancel)
    assert isinstance(answer, Failure)
    assert not _gone(process.pid)
    process.send_signal(signal.SIGCONT)
    page = served.request(PageRequest(id=served.next_id(), start=0, count=1))
    assert isinstance(page, TablePage)
    assert page.total == total


def test_a_closed_service_leaves_no_process_and_says_so(child: None) -> None:
    service = Service.start()
    process = _child(service)._process
    process.send_signal(signal.SIGSTOP)  # as busy as can be
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(service.request, PageRequest(id=1, start=0, count=3))
        _until(lambda: bool(_child(service)._waiting))
        started = time.monotonic()
        service.close()
        assert time.monotonic() - started < SOON
        late = waiting.result(60)
    assert _gone(process.pid)
    for answer in (late, service.request(PageRequest(id=2, start=0, count=3))):
        assert isinstance(answer, Failure)
        assert answer.code == "closed"
    service.close()
    service.restart()
    assert service._child is None
