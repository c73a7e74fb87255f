"""The question which table to open."""

from __future__ import annotations

from engine.data.catalogue import SAMPLES
from tui.screens.pick_path import Entry, PickPath

__all__ = ["SUFFIXES", "OpenDataset"]

SUFFIXES = (
    ".csv",
    ".tsv",
    ".txt",
    ".gz",
    ".bz2",
    ".xz",
    ".zst",
    ".zip",
    ".parquet",
    ".pq",
    ".data",
)


class OpenDataset(PickPath):
    """A path to a table, or a sample."""

    def __init__(self) -> None:
        super().__init__(
            "Open a dataset",
            "tab completes   ↑ ↓ choose   enter opens   shift+tab goes up   "
            "sample: lists samples",
            SUFFIXES,
        )

    def extra(self, typed: str) -> list[Entry]:
        """List the samples once ``sample:`` is being typed."""
        if not typed or not "sample:".startswith(typed[:7]) or "/" in typed:
            return []
        return [
            Entry(f"sample:{name}", folder=False, note=sample.title)
            for name, sample in SAMPLES.items()
            if f"sample:{name}".startswith(typed)
        ]
