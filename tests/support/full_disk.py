"""Fill a small disk with a store, and see what is left; run by test_store_writes.

Prints ``ok``, or what went wrong.
"""

import sys
from pathlib import Path

from engine.core.errors import DiskError
from engine.core.events import RunFinished
from engine.store import RunOptions, open_store, usage
from tests.support.experiments import small


def ended(count):
    return RunFinished(status="cancelled", seconds=float(count))


def main(folder):
    filler = Path(folder) / "filler"
    filler.write_bytes(bytes(60_000))
    path = Path(folder) / "runs.sqlite"
    with open_store(path) as store:
        run = store.create(small("t.csv"), RunOptions())
        written = 0
        try:
            while written < 10_000:
                store.append(run.id, ended(written), {f"oof/{written}": bytes(5000)})
                written += 1
        except DiskError as error:
            line = str(error)
            assert "\n" not in line, line
            assert str(folder) in line, line
            assert "free" in line, line
        assert 0 < written < 10_000, written
        check(store, run.id, written)
        with open_store(path) as other:  # while another has it open
            check(other, run.id, written)
    with open_store(path) as store:
        check(store, run.id, written)
        try:
            store.append(run.id, ended(written), {f"oof/{written}": bytes(5000)})
        except DiskError:
            pass
        else:
            written += 1  # closing the store made a little room
        filler.unlink()
        store.append(run.id, ended(written), {f"oof/{written}": bytes(5000)})
        check(store, run.id, written + 1)
    with open_store(path) as store:
        assert store.problem is None, store.problem
        check(store, run.id, written + 1)
    print("ok")  # noqa: T201


def check(store, run_id, written):
    found = store.events(run_id)
    assert [e.seconds for _, e in found] == [float(n) for n in range(written)]
    assert len(store.artifacts(run_id)) == written
    assert usage.check(store) == ()


if __name__ == "__main__":
    main(sys.argv[1])
