"""Make the store that tests open, damage and read.

Run when the tables change::

    PYTHONPATH=. python tests/stores/make_fixture.py tests/stores

It holds three runs of one small experiment on ``sample:moons``: one done, with a note
and tags, one interrupted after six results, one queued.
"""

import gzip
import sys
import tempfile
from pathlib import Path

import msgspec

from engine.core.execution import CancelToken
from engine.core.methods import grammar
from engine.core.presets import preset
from engine.service import execute
from engine.store import RunOptions, open_store


def main(folder):
    change = msgspec.structs.replace
    base = preset("quick", source="sample:moons")
    base = change(
        base,
        data=change(base.data, target="label"),
        arms=tuple(grammar.parse(name) for name in ("untreated", "smote")),
        model=change(base.model, rounds=20, early_stopping=10),
        search=change(base.search, trials=2, folds=2),
    )
    with tempfile.TemporaryDirectory() as made:
        path = Path(made) / "runs.sqlite"
        with open_store(path) as store:
            options = RunOptions(executor="inline")
            done = store.create(base, options)
            execute(store, done, CancelToken())
            store.annotate(done.id, note="the first one", tags=["moons", "kept"])
            part = store.create(base, options)
            store.begin(part.id, 1)
            for _, event in store.events(done.id)[:6]:
                store.append(part.id, event)
            store.create(base, options)
            # Where it was made is nobody's business.
            store._db.execute("UPDATE runs SET machine = 'elsewhere'")
            store._db.execute("PRAGMA journal_mode = DELETE")
            store._db.execute("VACUUM")
        target = Path(folder) / "runs.sqlite.gz"
        target.write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    sys.stdout.write(f"{target}: {target.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main(sys.argv[1])
