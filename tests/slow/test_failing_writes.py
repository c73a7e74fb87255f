"""The n-th write of a run process to its store fails, as on a full disk, for many n.

A small library that is loaded before all others makes it fail. Nothing that was stored
is lost, whoever waits says so in one line, and the run goes on when there is room.
"""

from __future__ import annotations

import errno
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest

from engine.store import RunOptions, open_store
from tests.support.experiments import small
from tests.support.ledger import committed, document, intact, last_word
from tests.support.paths import SUPPORT
from tests.support.pty_session import wait_until
from tests.support.warm import Warm, gone

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("_a_minute_later")]

PATIENCE = 120.0
SOURCE = SUPPORT / "failing.c"
ERRORS = {"full": errno.ENOSPC, "failing": errno.EIO, "over quota": errno.EDQUOT}


@pytest.fixture(scope="module")
def faulty(tmp_path_factory):
    """A process that is ready to become run processes whose writes fail."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("there is no C compiler (cc) to make the failing library with")
    library = tmp_path_factory.mktemp("failing") / "failing.so"
    subprocess.run(
        [compiler, "-O1", "-shared", "-fPIC", "-o", library, SOURCE, "-ldl"], check=True
    )
    made = Warm({"LD_PRELOAD": str(library)})
    yield made
    made.close()


class Patient:
    """A run whose process cannot write everything."""

    def __init__(self, folder: Path, warm: Warm) -> None:
        self.file = folder / "store" / "runs.sqlite"
        self.told, self.room = folder / "told", folder / "room"
        self._warm = warm
        experiment = small(
            "sample:moons", "untreated", "smote", model__rounds=40, search__folds=2
        )
        with open_store(self.file) as store:
            self.run = store.create(experiment, RunOptions(executor="inline")).id
            self.log = store.log_path(self.run)

    def start(self, **fault: object) -> int:
        environ = {
            "FAIL_PATH": str(self.file),
            "FAIL_TOLD": str(self.told),
            "FAIL_UNTIL": str(self.room),
            **{f"FAIL_{name.upper()}": str(value) for name, value in fault.items()},
        }
        # The log of the process is no file of the store's own.
        log = str(self.file.parent.parent / "log")
        self.log = Path(log)
        return self._warm.start(
            "run",
            self.file,
            self.run,
            log=log,
            environ=environ if fault else {},
            retry=0.05,
        )

    def end(self, pid: int) -> int:
        wait_until(lambda: gone(pid), PATIENCE, last_word(self.log))
        return self._warm.end(pid)

    def document(self):
        with open_store(self.file) as store:
            return document(store, self.run)

    def rows(self):
        with closing(sqlite3.connect(self.file)) as db:
            return committed(db, self.run)


@pytest.fixture(scope="module")
def whole(faulty, tmp_path_factory):
    """The document of a run that could write everything, and its writes."""
    patient = Patient(tmp_path_factory.mktemp("whole"), faulty)
    counted = patient.file.parent.parent / "count"
    code = patient.end(patient.start(count=counted))
    assert code == 0, last_word(patient.log)
    return patient.document(), int(counted.read_text())


def chosen(rng, many, writes):
    """The writes that are to fail: some of them, or many, the first ones always."""
    first = many((5,), range(1, 20))
    return sorted({*first, *rng.sample(range(1, writes * 4 // 5), many(2, 60))})


def test_whichever_write_fails_nothing_is_lost(
    faulty, whole, many, rng, tell, tmp_path
):
    expected, writes = whole
    went_on = resumed = 0
    numbers = chosen(rng, many, writes)
    for nth in numbers:
        folder = tmp_path / str(nth)
        folder.mkdir()
        patient = Patient(folder, faulty)
        name = rng.choice(sorted(ERRORS))
        code = patient.end(patient.start(nth=nth, times=1, error=ERRORS[name]))
        assert patient.told.exists(), "no write failed"
        before = patient.rows()
        intact(patient.file, patient.run, before)
        said = last_word(patient.log)
        assert "Traceback" not in said, f"{name} at write {nth}:\n{said}"
        if code == 0:
            went_on += 1
        else:
            resumed += 1
            resume(patient)
            intact(patient.file, patient.run, before)
        assert patient.document() == expected, f"{name} at write {nth}"
        shutil.rmtree(folder)
    tell(
        f"{len(numbers)} of {writes} writes failed once: 0 results lost; "
        f"{went_on} runs went on by themselves, {resumed} after a resume"
    )


def resume(patient):
    with open_store(patient.file) as store:
        assert store.queue(patient.run), store.run(patient.run).status
    assert patient.end(patient.start()) == 0, last_word(patient.log)


def test_a_full_disk_is_waited_for(faulty, whole, many, rng, tell, tmp_path):
    expected, writes = whole
    numbers = rng.sample(range(writes // 3, writes * 4 // 5), many(1, 20))
    for nth in numbers:
        folder = tmp_path / str(nth)
        folder.mkdir()
        patient = Patient(folder, faulty)
        pid = patient.start(nth=nth)
        wait_until(lambda p=patient: p.told.exists(), PATIENCE, "it did not fail")
        wait_until(lambda p=patient: "waiting" in last_word(p.log), PATIENCE, "silent")
        time.sleep(0.3)
        assert not gone(pid), last_word(patient.log)
        before = patient.rows()
        # It can be asked to end while it waits, or gets room.
        if rng.random() < 0.3:
            os.kill(pid, signal.SIGTERM)
            patient.end(pid)
            intact(patient.file, patient.run, before)
            resume(patient)
        else:
            patient.room.touch()
            assert patient.end(pid) == 0, last_word(patient.log)
        said = last_word(patient.log)
        assert "Traceback" not in said, said
        intact(patient.file, patient.run, before)
        assert patient.document() == expected
        shutil.rmtree(folder)
    tell(f"{len(numbers)} full disks: each run waited, and ended in the same document")
