"""The fitted model of an arm, as the run made it."""

from __future__ import annotations

import io

from engine.bundle.classifier import BundleClassifier
from engine.bundle.scorer import open_scorer
from engine.export.bundle import bundle
from engine.export.case import Case


def open_model(case: Case, at: str | float | None = None) -> BundleClassifier:
    """Return the model of an arm as a fitted classifier of scikit-learn.

    It is the bundle that an export writes, opened without being written: every hash is
    checked, and the scores of the test rows are those of the run.

    Parameters
    ----------
    case : Case
        The run opened for an export, with the arm that is meant.
    at : str, float or None, default=None
        What `predict` decides by: the name of an operating point or, of two classes, a
        threshold from 0 to 1. The point of the case when None.

    Returns
    -------
    BundleClassifier
        From rows of the table to classes: it encodes, scores, and decides.
        `predict_proba` gives the scores as they are, `predict_calibrated` as
        probabilities. It cannot be fitted again: put it into
        ``sklearn.frozen.FrozenEstimator`` where something fits it.

    Raises
    ------
    SpecError
        If the arm has no such operating point, or a threshold is not for so many
        classes.
    DataError
        If the table is not at hand, or the model no longer gives the run's scores.
    """
    files: dict[str, bytes] = {}
    for piece in bundle(case).pieces:
        held = io.BytesIO()
        piece.write(held)
        files[piece.name] = held.getvalue()
    scorer = open_scorer(files)
    if isinstance(at, str):
        return BundleClassifier(scorer, at=case.chosen.point(at).name)
    threshold = None if at is None else float(at)
    scorer.point(threshold=threshold)  # refuses what is no threshold
    return BundleClassifier(scorer, threshold=threshold)
