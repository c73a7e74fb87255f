"""A run that was really made, and a bundle of it."""

from __future__ import annotations

from pathlib import Path

from engine.core.exports import ExportRequest
from engine.export import write_export as write
from tests.support.experiments import make_table
from tests.support.finished import finished


def run_and_bundle(folder: Path) -> Path:
    """Put a table, a store with a run of it, and a bundle of that into a folder."""
    frame = make_table(300, share=0.15, seed=3)
    taken = finished(frame, "untreated", data__target="sick").copy(folder)
    path = str(folder / "bundle.zip")
    write(ExportRequest(store=taken.store, run=taken.run, kind="bundle", path=path))
    return folder
