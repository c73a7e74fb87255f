"""Bundles of stored runs, and the files that are scored by them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd

from engine.bundle import predict
from engine.core.execution import silent
from engine.core.exports import ExportRequest
from engine.core.messages import Predict, Predicted
from engine.export import Case
from engine.export import open_case as case
from engine.export import write_export as write
from tests.support.exported_runs import csv
from tests.support.finished import Finished, finished


def asked(where, **given) -> ExportRequest:
    return ExportRequest(
        store=str(where[0]), run=where[1], **{"kind": "bundle", **given}
    )


def opened(where, **given) -> Case:
    return case(asked(where, **given), silent)


def made(where, path: Path, **given) -> Path:
    """Export a bundle, unless it is there."""
    if not path.exists():
        write(asked(where, path=str(path), **given))
    return path


def copied(pristine: Path, folder: Path) -> Path:
    """Return a copy that may be spoilt."""
    folder.mkdir()
    for file in pristine.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


def forge(folder: Path, name: str, change) -> None:
    """Change a JSON file, and what the manifest says of it, as a forger would."""
    value = json.loads((folder / name).read_bytes())
    change(value)
    forge_bytes(folder, name, json.dumps(value).encode())


def forge_bytes(folder: Path, name: str, data: bytes) -> None:
    """Put another file, and what the manifest says of it, as a forger would."""
    (folder / name).write_bytes(data)
    if name == "manifest.json":
        return
    held = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    forge(folder, "manifest.json", lambda m: m["files"].update({name: held}))


def run_of(frame: pd.DataFrame, target: str, *arms, **changes) -> Finished:
    """A run of a small experiment on a table."""
    return finished(frame, *(arms or ("untreated",)), data__target=target, **changes)


def test_rows(where, path: Path) -> pd.DataFrame:
    """Write the test rows of a run as its file has them; return them as text."""
    one = opened(where)
    chosen = csv(Path(one.data.source)).iloc[np.asarray(one.bench.numbers) - 1]
    chosen.to_csv(path, index=False)
    return chosen.reset_index(drop=True)


test_rows.__test__ = False


def scored(
    bundle: Path, data: Path, out: Path, **given
) -> tuple[pd.DataFrame, Predicted]:
    """Score a file; return what was written and what was said."""
    told = predict(
        Predict(
            bundle=str(bundle),
            data=str(data),
            output=str(out),
            overwrite=True,
            **given,
        )
    )
    text = {"predicted": str}
    # pandas below 3.1 rounds the 17th digit wrongly, unless Arrow reads the numbers.
    return pd.read_csv(out, dtype=text, engine="pyarrow"), told


def same(frame: pd.DataFrame, kept: np.ndarray) -> bool:
    """Tell whether scores that were written are those of a run, bit for bit."""
    names = [name for name in frame if name.startswith("score")]
    found = frame[names].to_numpy()
    wanted = kept.astype(np.float64).reshape(len(kept), -1)
    return found.shape == wanted.shape and bool((found == wanted).all())


def code_of(bundle: Path) -> str:
    """Return the program that a bundle's letter shows."""
    text = (bundle / "README.md").read_text(encoding="utf-8")
    return text.rpartition("```python\n")[2].partition("\n```")[0]
