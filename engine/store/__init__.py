"""Where runs are kept: SQLite, so that nothing finished is lost.

A run's results are one row each, in order, with a checksum; of its progress only
the newest row per path is kept. The store is also the channel by which any front
end follows a run.

A module each: where the file is (place) and how it is opened (opening), its tables and
errors (database), runs as rows and the locks of their processes (rows), reading and
writing (store), tables from standard input (inputs), names of runs (names), and room
and checks (usage).
"""

from typing import TYPE_CHECKING

from engine.core.lazy import public

if TYPE_CHECKING:
    from engine.store.store import Run as Run
    from engine.store.store import Store as Store
    from engine.store.store import default_path as default_path
    from engine.store.store import open_store as open_store

__all__, __getattr__, __dir__ = public(
    __name__,
    {
        "rows": "* RunLock",
        "database": "VERSION",
        "store": "Run RunOptions Store default_path open_store",
    },
)
