"""Stores of each version as they were released, and all that one holds."""

import gzip

from engine.store import open_store
from tests.support.paths import STORES

FOLDER = STORES


def unpack(path, version):
    """Put the kept store of a version at a path."""
    packed = FOLDER / f"v{version}.sqlite.gz"
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
