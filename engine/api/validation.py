"""A bundle on new labelled rows, for notebooks: `imbtui.validate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pandas as pd

from engine.api import page
from engine.bundle.cells import Fit, read_numbers
from engine.bundle.classifier import BundleClassifier, load_bundle
from engine.bundle.scoring import places
from engine.core.errors import DataError
from engine.core.validation import Validation, ValidationVerdict
from engine.core.views import validation as view
from engine.validation.report import write_report
from engine.validation.rows import WIDTH, NewRows, cost_column, validate_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class ModelValidation:
    """What a validation came to: `validate` returns it.

    Attributes
    ----------
    document : Validation
        All of it; its JSON is what the command line prints.
    """

    def __init__(self, document: Validation) -> None:
        self.document = document

    @property
    def verdict(self) -> ValidationVerdict:
        """The verdict; it has a `code`, a `headline`, reasons and doubts."""
        return self.document.verdict

    def frame(self) -> pd.DataFrame:
        """Return the metrics, now and on the test rows of the run.

        Returns
        -------
        pandas.DataFrame
            A row per metric: ``metric``, ``now``, ``low``, ``high``, ``then``.
        """
        found, fit = self.document, self.document.calibration
        share = found.prevalence
        rows = [
            ("prevalence", share.now, share.ci, share.then),
            *((one.metric, one.now, one.ci, one.then) for one in found.metrics),
            ("calibration_slope", fit.slope, fit.slope_ci, None),
            ("calibration_intercept", fit.intercept, fit.intercept_ci, None),
            ("calibration_in_the_large", fit.in_the_large, fit.in_the_large_ci, None),
        ]
        return pd.DataFrame(
            [(name, now, *(ci or (None, None)), then) for name, now, ci, then in rows],
            columns=["metric", "now", "low", "high", "then"],
        )

    def points(self) -> pd.DataFrame:
        """Return the operating points: counts, rates, requested and delivered."""
        rows = []
        for one in self.document.points:
            counts, came = one.confusion, one.delivered
            rates = {rate.metric: rate.now for rate in one.metrics}
            rows.append(
                {"at": one.name, "threshold": one.threshold}
                | msgspec.structs.asdict(counts)
                | rates
                | {
                    "requested": came.requested if came else None,
                    "delivered": came.value if came else None,
                    "low": came.ci[0] if came and came.ci else None,
                    "high": came.ci[1] if came and came.ci else None,
                    "suggested": one.suggested,
                }
            )
        return pd.DataFrame(rows)

    def drift(self) -> pd.DataFrame:
        """Return the columns against the training rows, as `ColumnDrift` has them."""
        rows = [msgspec.structs.asdict(one) for one in self.document.columns]
        return pd.DataFrame(rows)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw observed shares against calibrated probabilities with matplotlib.

        Parameters
        ----------
        ax : matplotlib.axes.Axes or None, default=None
            Where to; the current axes of a new figure when None.

        Returns
        -------
        matplotlib.axes.Axes
        """
        if ax is None:
            from matplotlib import pyplot

            _, ax = pyplot.subplots(layout="constrained")
        bins = self.document.calibration.bins
        said, seen = [b.score for b in bins], [b.positives / b.rows for b in bins]
        ax.plot(said, seen, marker="o", label=self.document.arm)
        most = max(*said, *seen, 1e-9)
        ax.plot([0, most], [0, most], color="gray", linestyle=":", label="ideal")
        ax.set(
            xlabel="mean probability",
            ylabel="share of positives",
            title=f"Calibration on {self.document.dataset}",
        )
        ax.legend()
        return ax

    def report(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write a page of it: ``.md`` is Markdown, everything else HTML.

        Raises
        ------
        OutputError
            If it cannot be written; nothing has that name then.
        """
        write_report(self.document, path, overwrite=overwrite)

    def _lead(self) -> list[str]:
        found, verdict = self.document, self.document.verdict
        return [
            f"{verdict.headline} ({verdict.code}): {verdict.recommendation}",
            f"{found.arm} at {found.at}, {view.rows_text(found)}",
            *(f"· {one.text}" for one in verdict.reasons),
            *(f"! {one.text}" for one in verdict.doubts),
        ]

    def __repr__(self) -> str:
        tables = view.metrics(self.document), view.points(self.document)
        texts = ("\n".join(page.aligned(table)) for table in tables)
        return "\n\n".join(["\n".join(self._lead()), *texts])

    def _repr_html_(self) -> str:
        tables = [view.metrics(self.document), view.points(self.document)]
        if self.document.columns:
            tables.append(view.drift(self.document))
        return page.views(self._lead(), tables)


def validate(
    bundle: str | Path | BundleClassifier,
    X: Any,
    y: Any,
    *,
    at: str | None = None,
    width: float = WIDTH,
    keep_equal: bool = False,
) -> ModelValidation:
    """Validate an exported model on new labelled rows.

    Parameters
    ----------
    bundle : str, pathlib.Path or BundleClassifier
        The folder or zip of an exported bundle, or what `load_bundle` returned.
    X : DataFrame or numpy.ndarray of shape (n_rows, n_columns)
        As of `BundleClassifier.predict_proba`.
    y : str or array-like of shape (n_rows,)
        The labels, or the name of their column in `X`.
    at : str or None, default=None
        The operating point that the verdict is about; the bundle's own when None.
    width : float, default=0.05
        Half width that intervals are wanted to have, in (0, 0.5).
    keep_equal : bool, default=False
        Whether rows that are equal to training rows count.

    Returns
    -------
    ModelValidation
        Its rules and error rates are in docs/validate.md.

    Raises
    ------
    DataError
        If the bundle or the rows cannot be used, or more than half of the rows are
        equal to training rows.
    TargetError
        If no label is a class that the model knows.
    SpecError
        If the model has more than two classes, or there is no such operating point.

    Notes
    -----
    Two lines validate a model::

        found = imbtui.validate("bundle", pandas.read_csv("new.csv"), "stroke")
        found.verdict.code, found.frame()
    """
    model = bundle if isinstance(bundle, BundleClassifier) else load_bundle(bundle)
    if isinstance(y, str):
        if y not in X.columns:
            raise DataError(f"the table has no column {y!r}", "name that of the labels")
        y = X[y]
    fit, manifest = Fit("the table"), model.bundle.manifest
    cells = model.read(X, fit)
    labels = pd.Series(y if isinstance(y, pd.Series) else np.asarray(y).ravel())
    if len(labels) != len(cells):
        raise DataError(
            f"{len(cells):,} rows were given with {len(labels):,} labels",
            "give one label a row",
        )
    column = cost_column(model.bundle)
    known = column and isinstance(X, pd.DataFrame) and column in X.columns
    rules = model.bundle.rules
    costs = read_numbers(X[column], column, rules) if known else None
    classes = places(manifest, labels.reset_index(drop=True), model.bundle.rules)
    found = validate_rows(
        model.bundle,
        NewRows(cells, classes, costs),
        fit,
        name="the table",
        at=at if at is not None else model.at,
        width=width,
        keep_equal=keep_equal,
    )
    return ModelValidation(found)
