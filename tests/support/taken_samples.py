"""A run that was really made, and a bundle of it."""

from __future__ import annotations

from pathlib import Path

from engine.cancel import CancelToken
from engine.export import Asked
from engine.export import write_export as write
from engine.process import execute
from engine.store import RunOptions, open_store
from tests.support.experiments import make_table, small


def run_and_bundle(folder: Path) -> Path:
    """Put a table, a store with a run of it, and a bundle of that into a folder."""
    make_table(300, share=0.15, seed=3).to_csv(folder / "rows.csv", index=False)
    experiment = small(
        str(folder / "rows.csv"), "none", data__target="sick", search__trials=1
    )
    with open_store(folder / "runs.sqlite") as store:
        run_ = store.create(experiment, RunOptions(executor="inline", cache=False))
        assert execute(store, run_, CancelToken()) == "done"
    wanted = Asked(
        store=str(folder / "runs.sqlite"),
        run=run_.id,
        kind="bundle",
        path=str(folder / "bundle.zip"),
    )
    write(wanted)
    return folder
