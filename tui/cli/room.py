"""What is free on the disk of a store."""

from __future__ import annotations

import shutil

from engine.store.store import Store

__all__ = ["free_bytes"]


def free_bytes(store: Store) -> int | None:
    """Return the room on the disk of a store; None if that cannot be told."""
    try:
        return shutil.disk_usage(store.path.parent).free
    except OSError:
        return None
