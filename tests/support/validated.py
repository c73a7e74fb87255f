"""Bundles of drawn scores, and new rows on which they hold or do not."""

import numpy as np
from scipy.special import expit
from scipy.stats import binom

from engine.bundle import Scorer
from engine.bundle import manifest as forms
from engine.bundle import reference as references
from engine.core.costs import Costs, point_metrics
from engine.core.outcome import Calibration, CalibrationMap, OperatingPoint
from engine.core.validation import ValidatedRows
from engine.evaluate import choose_threshold, confusion_at, intervals, metrics
from engine.validation import ScoredRows, conclude

COSTS = Costs(cost_fn=15, cost_fp=1)
POINTS = ("cost", "recall>=0.8", "precision>=0.2", "alerts<=10%", "fixed")


def rows_of(rng, rows, *, odds=1.0, slope=1.0, spread=1.0, noise=0.0):
    """Draw labels and scores.

    Scores are the true risks where nothing else is given; the true odds are `odds`
    times those of the score to the power of `slope`; the log-odds of scores are spread
    out by `spread`, and a share `noise` of the scores says nothing.
    """
    logits = -3.0 + 1.5 * rng.normal(size=rows)
    y = (rng.random(rows) < expit(np.log(odds) + slope * logits)).astype(np.int8)
    said = np.where(rng.random(rows) < noise, rng.permutation(logits), logits)
    return y, expit(-3.0 + spread * (said + 3.0)).astype(np.float32)


def promised(rng, rows=20_000, at="recommended"):
    """Return the bundle of a run of so many rows, a fifth of them test rows."""
    fitted, tested = rows_of(rng, rows * 4 // 5), rows_of(rng, rows // 5)
    y, scores = tested
    found = metrics.ranking_metrics(y, scores)
    auc = intervals.auc_interval(y, scores)
    chosen = {
        name: choose_threshold(
            name, *fitted, prevalence=float(fitted[0].mean()), costs=COSTS
        ).threshold
        for name in POINTS
    }
    chosen["recommended"] = chosen["cost"]
    counts = {name: confusion_at(y, scores, t) for name, t in chosen.items()}
    figures = references.RunFigures(
        test={"no": int((y == 0).sum()), "yes": int(y.sum())},
        costs=COSTS,
        aim="cost",
        metrics=found,
        roc_auc_ci=auc.ci,
        roc_auc_error=auc.error,
        calibration=Calibration("none"),
        points=tuple(
            OperatingPoint(name, t, counts[name], point_metrics(counts[name], COSTS))
            for name, t in chosen.items()
        ),
        scores=references.count_numbers(scores),
    )
    positives = int(fitted[0].sum())
    reference = references.Reference(
        training={"no": len(fitted[0]) - positives, "yes": positives},
        columns=(),
        figures=figures,
    )
    return Scorer(bundle_manifest(chosen, at), None, None, "", reference=reference)


def bundle_manifest(chosen, at):
    """Return the manifest of a bundle with such thresholds."""
    return forms.Manifest(
        format=forms.FORMAT,
        version=forms.VERSION,
        imbtui="0",
        run="a1",
        arm="untreated",
        dataset="d",
        model="xgboost",
        target=forms.ColumnSpec(name="y", role="target", kind="category"),
        classes=("no", "yes"),
        positive="yes",
        at=at,
        points=tuple(forms.PointRule(at=n, threshold=t) for n, t in chosen.items()),
        calibration={"yes": forms.Repair(method="none", map=CalibrationMap())},
        columns=(),
        files={},
    )


def validated(scorer, y, scores, *, at=None, equal=0):
    """Validate a bundle on rows that were scored."""
    positives = int(y.sum())
    rows = ValidatedRows(
        read=len(y), used=len(y), positives=positives, equal=equal, compared=len(y)
    )
    return conclude(scorer, ScoredRows(rows, y, scores), "new.csv", at, 0.05)


def at_least(hits, of, share):
    """Tell whether a share is not shown to be below another (one-sided 0.1 %)."""
    return binom.cdf(hits, of, share) > 0.001
