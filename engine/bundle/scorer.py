"""Score rows by a bundle's model, as the run did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd

from engine.bundle.archive import Known, Packed, damaged_bundle, read, read_files
from engine.bundle.cells import Fit, read_column
from engine.bundle.manifest import (
    ENCODING,
    MOST_THRESHOLD,
    REFERENCE,
    ROWS,
    Manifest,
    PointRule,
)
from engine.bundle.reference import Reference, decode
from engine.core.errors import ArmError, DataError, SpecError, UsageError, shortage
from engine.core.models import XGBOOST
from engine.core.outcome import CalibrationMap
from engine.core.seeds import versions
from engine.data.readers.values import Rules
from engine.evaluate import classes, probabilities
from engine.features.encoding import Encoding
from engine.train.models.port import FittedModel, find


@dataclass(frozen=True, repr=False)
class Scorer:
    """A model with its encoding.

    Attributes
    ----------
    manifest : Manifest
    encoding : Encoding
    model : FittedModel
    digest : str
        Tells the bundle from every other.
    notes : tuple of str
        What was noticed when it was opened: other versions.
    known : Known or None
        Its training rows, if the bundle has them.
    reference : Reference or None
        What new rows are compared with, if the bundle has it.
    """

    manifest: Manifest
    encoding: Encoding
    model: FittedModel
    digest: str
    notes: tuple[str, ...] = ()
    known: Known | None = None
    reference: Reference | None = None

    def __repr__(self) -> str:
        """Return where it is from: the whole of it would fill a screen."""
        return f"<{self.manifest.arm!a} of run {self.manifest.run!a}>"

    def read(
        self,
        frame: pd.DataFrame,
        rules: Rules,
        fit: Fit,
        *,
        first: int = 1,
        from_pandas: bool = False,
    ) -> pd.DataFrame:
        """Return rows of a new table as what the model learned from.

        Parameters
        ----------
        frame : pandas.DataFrame
            Cells as read, with all feature columns.
        rules : Rules
        fit : Fit
            Takes what is noticed.
        first : int, default=1
            Number of the first row.
        from_pandas : bool, default=False
            Whether pandas read the file.

        Raises
        ------
        DataError
            If cells are of the wrong kind.
        """
        shared = {one.name for one in self.encoding.categories if one.rare}
        made = {
            spec.name: read_column(
                frame[spec.name],
                spec,
                rules,
                fit,
                first=first,
                shared=spec.name in shared,
                from_pandas=from_pandas,
            )
            for spec in self.manifest.features
        }
        fit.refuse()
        return pd.DataFrame(made, index=frame.index)

    def encode(self, cells: pd.DataFrame) -> np.ndarray:
        """Return rows as the matrix that the model takes; see `read`."""
        try:
            return self.encoding.transform(cells)
        except MemoryError:
            doing = f"{len(cells):,} rows of {self.encoding.width:,} encoded columns"
            raise shortage(doing, "give fewer rows at a time") from None

    def scores(self, X: np.ndarray) -> np.ndarray:
        """Return the scores of encoded rows.

        Returns
        -------
        numpy.ndarray of shape (n_rows,) or (n_rows, n_classes), dtype float32
        """
        many = len(self.manifest.classes)
        shape = (len(X),) if many == 2 else (len(X), many)
        if not len(X):
            return np.empty(shape, dtype=np.float32)
        try:
            found = self.model.scores(X)
        except MemoryError:
            raise
        except Exception as error:  # whatever a made-up model leads to
            raise _useless(type(error).__name__) from None
        fine = found.shape == shape and (found >= 0) & (found <= MOST_THRESHOLD)
        if not np.all(fine):
            raise _useless("it gives no probability for each row")
        return found

    def calibrate(self, scores: np.ndarray) -> np.ndarray:
        """Return scores as probabilities, by the repair that the run chose.

        Of more than two classes they add up to 1 if the repair is ``none`` or
        ``prior``; by the others each is repaired against the rest.
        """
        labels, maps = self.manifest.classes, self.manifest.calibration
        if scores.ndim == 1:
            repair = maps.get(labels[-1])
            if repair is not None:
                scores = probabilities.apply(repair.map, scores)
            return np.asarray(scores, dtype=np.float64)
        same = CalibrationMap()
        return probabilities.apply_classes(
            [maps[name].map if name in maps else same for name in labels], scores
        )

    def point(self, at: str | None = None, threshold: float | None = None) -> PointRule:
        """Return what rows are called by.

        Raises
        ------
        SpecError
            If there is no such point, or a threshold is not for so many classes.
        """
        if threshold is None:
            return self.manifest.point(at)
        if at is not None:
            raise SpecError(
                "both an operating point and a threshold were given", "give one of them"
            )
        if len(self.manifest.classes) > 2:
            points = ", ".join(one.at for one in self.manifest.points)
            what = "a threshold is for two classes, and the model has more"
            raise SpecError(what, f"choose an operating point: {points}")
        if not 0 <= threshold <= 1:
            wrong = f"a threshold of {threshold:g}"
            raise SpecError(wrong, "give a number from 0 to 1")
        return PointRule(at="threshold", threshold=float(threshold))

    def predict(self, scores: np.ndarray, point: PointRule) -> np.ndarray:
        """Return the class that each row is called, as its place in the labels."""
        if scores.ndim == 1:
            assert point.threshold is not None
            return (scores >= np.float64(point.threshold)).astype(np.intp)
        weights = np.array([point.weights[name] for name in self.manifest.classes])
        return classes.predict_classes(scores, weights)

    @cached_property
    def rules(self) -> Rules:
        """How cells are read where nothing is known of their file."""
        return Rules(missing=frozenset(self.manifest.missing))


def open_scorer(path: str | Path | Mapping[str, bytes]) -> Scorer:
    """Open a bundle, every hash and every tree checked.

    Parameters
    ----------
    path : str, pathlib.Path, or mapping of str to bytes
        A folder or a zip archive; or the files themselves, by name.

    Raises
    ------
    DataError
        If it is no bundle, or damaged.
    UsageError
        If a package is missing that its model takes.
    OutOfMemoryError
        If this machine has too little memory for it.
    """
    try:
        if isinstance(path, Mapping):
            return _open(read_files(path, "the model"))
        return _open(read(path))
    except MemoryError:
        raise shortage("opening the bundle", "close other programs") from None


def _open(packed: Packed) -> Scorer:
    manifest = packed.manifest
    try:
        encoding = Encoding.from_json(packed.files[ENCODING])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        what = f"the encoding of the bundle cannot be read: {error}"
        raise damaged_bundle(what) from None
    # A category is read as text, everything else as numbers.
    needed = {(one.name, one.kind == "category") for one in manifest.features}
    made = {(one.name, False) for one in encoding.numbers}
    made |= {(one.name, True) for one in encoding.categories}
    if needed != made:
        what = "the bundle's columns are not those of its encoding"
        raise damaged_bundle(what)
    raw, width = packed.files[manifest.model_file], encoding.width
    classes = len(manifest.classes)
    try:
        model = find(manifest.model).load(raw, width=width, classes=classes)
    except ArmError:  # of its module: an installation for scoring alone
        raise UsageError(
            f"a model of {manifest.model} takes scikit-learn, which is not installed",
            "install imbtui whole: pip install imbtui",
        ) from None
    here, there = versions().get(XGBOOST), manifest.versions.get(XGBOOST)
    note = (
        f"the model was made by {XGBOOST} {there}, and here is {here}: scores may "
        "differ in their last digits"
    )
    # What else scores is imbtui itself.
    same = manifest.model != XGBOOST or there in (None, here)
    notes = () if same else (note,)
    known = Known.of(manifest, packed.files.get(ROWS))
    held = packed.files.get(REFERENCE)
    reference = None if held is None else decode(held, manifest.features)
    return Scorer(manifest, encoding, model, packed.digest, notes, known, reference)


def _useless(why: str) -> DataError:
    what = f"the model of the bundle cannot score these rows: {why}"
    return damaged_bundle(what)
