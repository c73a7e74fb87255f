"""A store with runs of each kind in it, and all that one holds."""

import gzip
import os
import random
import tempfile
from pathlib import Path

import pytest

from engine.store import open_store
from tests.support.paths import STORES

PAGE = 4096


def unpack(path):
    """Put the kept store at a path."""
    packed = STORES / "runs.sqlite.gz"
    path.write_bytes(gzip.decompress(packed.read_bytes()))
    path.chmod(0o600)
    return path


def content(store):
    """All that a store holds, by run."""
    return {
        run.id: (
            (run.number, run.created, run.experiment, run.options, run.note, run.tags),
            store.events(run.id),
            store.artifacts(run.id),
        )
        for run in store.runs()
    }


def content_of(path):
    with open_store(path, create=False) as store:
        return content(store)


def files(folder):
    """The bytes of what is in a folder, but for the store's own folder."""
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}


def damaged(data, number):
    """A copy of a file with something wrong in it; the same for the same number."""
    random_ = random.Random(number)
    data = bytearray(data)
    kind = number % 4
    if kind == 0:
        return bytes(data[: random_.randrange(1, len(data))])
    if kind == 1:
        for _ in range(random_.randrange(1, 4)):
            data[random_.randrange(len(data))] ^= 1 << random_.randrange(8)
    elif kind == 2:
        at = random_.randrange(len(data))
        data[at : at + 600] = random_.randbytes(len(data[at : at + 600]))
    else:
        at = random_.randrange(len(data) // PAGE) * PAGE
        data[at : at + PAGE] = bytes(PAGE)
    return bytes(data)


@pytest.fixture
def quick_path(tmp_path):
    """A folder in memory, if there is one: nothing waits for a disk there."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)
