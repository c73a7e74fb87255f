"""Where runs are kept: SQLite, so that nothing finished is lost.

A run's results are one row each, in order, with a checksum; of its progress only
the newest row per path is kept. The store is also the channel by which any front
end follows a run.

A module each: how the file is opened (opening, place, network, memo, shape,
migrations), read (reading, rows) and written (store), which process may write (lock,
machine), and what is done about damage (raw, backup, mend, carve, health) and room
(inputs, usage).
"""

from engine.store.store import Run, Store, default_path, open_store

__all__ = ["Run", "Store", "default_path", "open_store"]
