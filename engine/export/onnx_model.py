"""The model as ONNX: a table's columns in, probabilities out, for other languages.

Its scores of the test rows are compared with the run's before it is written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import msgspec
import numpy as np
import pandas as pd

from engine.core.errors import DataError, RunFailedError
from engine.core.exports import Parts, of_bytes
from engine.explain.model import open_model
from engine.export.bundle import points, repairs
from engine.export.case import Case
from engine.export.onnx_encoding import MISSING, input_name, surround
from engine.features.encoding import Encoding
from engine.train.models.onnx_graph import PROBABILITIES

CLOSE = 1e-5
"""Scores may differ by so much: ONNX adds 32-bit numbers in an order of its own."""
_ROWS = 65_536


def onnx_model(case: Case) -> Parts:
    """Return the model of an arm as ONNX.

    Parameters
    ----------
    case : Case

    Returns
    -------
    Parts
        One file. It holds the encoding and the repair of its scores; its metadata has
        them too, and the thresholds, as JSON.

    Raises
    ------
    RunFailedError
        When it is made, if there is no way to ONNX for the model of the arm.
    """
    notes: list[str] = []
    what = "the table's columns in, the probability of each class out"
    name = case.request.path or f"{case.run}.onnx"
    piece = of_bytes(name, what, lambda: _convert(case, notes))
    note = (
        "it takes an input for each column, of numbers (missing: NaN) or of texts as "
        'in the training table (missing: ""); what reads a file is not in it'
    )
    return Parts((piece,), (note,), lambda: tuple(notes))


def _convert(case: Case, notes: list[str]) -> bytes:
    name = case.chosen.name
    opened = open_model(case.bench, name)
    model = opened.scorer.onnx()
    if model is None:
        raise RunFailedError(
            f"there is no way to ONNX for {opened.learner}, the model of {name}",
            "export it as a bundle, or choose another arm",
            field="kind arm",
        )
    encoding, dataset = case.features().encoding_, case.bench.dataset
    maps = {label: one.map for label, one in repairs(case).items()}
    model = surround(model, encoding, dataset.labels, maps)
    for key, value in _metadata(case).items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    raw: bytes = model.SerializeToString()
    rows = dataset.frame.iloc[case.bench.split.test]
    most = _furthest(raw, feed(encoding, rows), case.scores(name))
    note = "onnxruntime is not installed: the scores were not compared with the run's"
    if most is not None:
        note = f"scores of the test rows differ from the run's by {most:.1g}"
        if not most <= CLOSE:
            raise DataError(
                f"as ONNX, {name} differs from the run by {most:.2g} on a test row, "
                f"more than {CLOSE:g}",
                "export it as a bundle",
                field="kind",
            )
    notes.append(note)
    return raw


def _metadata(case: Case) -> dict[str, str]:
    """Return what whoever loads the file needs to know, each as JSON."""
    features = case.features()
    values = {
        "names": features.names_,
        "encoding": json.loads(features.encoding_.to_json()),
        "classes": list(case.bench.dataset.labels),
        "positive": case.bench.dataset.info.positive,
        "points": msgspec.to_builtins(points(case)),
        "at": case.at,
        "calibration": msgspec.to_builtins(repairs(case)),
        "run": case.run,
        "arm": case.chosen.name,
        "versions": case.state.versions,
    }
    return {f"imbtui.{key}": json.dumps(value) for key, value in values.items()}


def feed(encoding: Encoding, rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return rows of the run's table as the file takes them."""
    found: dict[str, np.ndarray] = {}
    for one in encoding.numbers:
        found[one.name] = rows[one.name].to_numpy(np.float64, na_value=np.nan)
    for level in encoding.categories:
        cells = rows[level.name]
        texts = cells.astype(object).where(cells.notna(), MISSING).map(str)
        found[level.name] = texts.to_numpy(object)
    return {input_name(k): cells.reshape(-1, 1) for k, cells in found.items()}


def _furthest(
    raw: bytes, columns: Mapping[str, np.ndarray], scores: np.ndarray
) -> float | None:
    """Return how far the file's scores are from the run's, at most."""
    try:
        import onnxruntime
    except ImportError:
        return None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(
        raw, options, providers=["CPUExecutionProvider"]
    )
    most = 0.0
    for begin in range(0, len(scores), _ROWS):
        part = {k: cells[begin : begin + _ROWS] for k, cells in columns.items()}
        (found,) = session.run([PROBABILITIES], part)
        ours = scores[begin : begin + _ROWS].astype(np.float64)
        theirs = np.asarray(found, dtype=np.float64)
        if ours.ndim == 1:
            theirs = theirs[:, 1]
        far = np.abs(theirs - ours)
        most = max(most, float(far.max()) if np.isfinite(far).all() else np.inf)
    return most
