"""A real service child that is killed, stopped, restarted, or left alone in a read."""

from __future__ import annotations

import gzip
import subprocess
import time
from collections.abc import Iterator

import pytest

from engine.core.messages import Load, LoadProgress
from engine.io import machine
from engine.service import protocol as wire
from engine.service.client import Service
from tests.support.service_suite import (  # noqa: F401
    SOON,
    test_a_cancelled_read_is_killed_and_the_old_table_comes_back,
    test_a_closed_service_leaves_no_process_and_says_so,
    test_a_killed_child_is_told_and_the_next_request_works,
    test_a_load_cancelled_before_it_began_changes_no_table,
    test_a_look_at_a_file_does_not_wait_for_the_table_shown,
    test_restart_cancels_what_waits,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def child() -> None:
    """Children are the engine's own."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service.start(tmp_path_factory.mktemp("log") / "service.log") as service:
        yield service


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A table that takes seconds to read: 400 MB in a few hundred kB."""
    head = gzip.compress(b"a,b,label\n")
    block = gzip.compress(b"1.5,2.5,0\n3.5,4.5,1\n" * 50_000)
    path = tmp_path_factory.mktemp("endless") / "endless.csv.gz"
    path.write_bytes(head + block * 400)
    return str(path)


def test_a_child_ends_with_its_input_even_while_it_reads(endless: str) -> None:
    process = subprocess.Popen(
        machine.command("engine.service.main"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(wire.encode(Load(id=1, source=endless)))
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
