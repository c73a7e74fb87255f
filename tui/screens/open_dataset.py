"""The question which table to open."""

from __future__ import annotations

from engine.data import collection
from engine.data.catalogue import SAMPLES
from engine.data.make_spec import KINDS
from tui.screens.pick_path import Entry, PickPath

__all__ = ["SUFFIXES", "OpenDataset", "OpenTestRows"]

SUFFIXES = (
    ".csv",
    ".tsv",
    ".tab",
    ".psv",
    ".txt",
    ".gz",
    ".bz2",
    ".xz",
    ".zst",
    ".zip",
    ".parquet",
    ".pq",
    ".feather",
    ".arrow",
    ".ipc",
    ".json",
    ".jsonl",
    ".ndjson",
    ".arff",
    ".dat",
    ".data",
    ".xlsx",
    ".xlsm",
    ".xlsb",
    ".xls",
    ".ods",
)


class OpenDataset(PickPath):
    """A path to a table, or a sample."""

    def __init__(self) -> None:
        super().__init__(
            "Open a dataset",
            "tab completes   ↑ ↓ choose   enter opens   shift+tab goes up   "
            "sample: lists samples, dataset: public collections",
            SUFFIXES,
        )

    def extra(self, typed: str) -> list[Entry]:
        """List the samples once ``sample:`` is typed, and so for other schemes."""
        if not typed or ("/" in typed and not typed.startswith(collection.SCHEME)):
            return []
        notes = {f"sample:{name}": sample.title for name, sample in SAMPLES.items()}
        notes |= {f"make:{name}": kind.title for name, kind in KINDS.items()}
        for name, tables in collection.COLLECTIONS.items():
            for table in tables or ():
                note = f"fetched once through {name}"
                notes[f"{collection.SCHEME}{name}/{table}"] = note
        return [
            Entry(name, folder=False, note=note)
            for name, note in notes.items()
            if name.startswith(typed)
        ]


class OpenTestRows(PickPath):
    """A path to a second table, whose rows are the test rows.

    Parameters
    ----------
    source : str
        The first one, beside which it is looked for.
    """

    def __init__(self, source: str) -> None:
        folder = source.rpartition("/")[0] if ":" not in source else ""
        super().__init__(
            "Which file has the test rows?",
            "Columns are matched by name; all rows of the first file are learned from. "
            "tab completes   enter takes it",
            SUFFIXES,
            f"{folder}/" if folder else "",
        )
