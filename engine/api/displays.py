"""Figures of a result that can be read as a frame and drawn: `frame` and `plot`.

matplotlib is loaded by `plot`, and not before.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from msgspec import UNSET
from msgspec.structs import asdict, replace

from engine.api import frames, page
from engine.core.curve import CURVES, cost_curve, decision_curve, treat_all
from engine.core.errors import unknown
from engine.core.format import cost
from engine.core.outcome import ClassConfusion, Confusion, Scored
from engine.core.repeated_splits import SplitSummary
from engine.core.review import Proportion, Review
from engine.core.subgroups import SubgroupColumn
from engine.core.views.calibration import LABELS
from engine.core.views.report.charts import PROBABILITIES, RATIOS
from engine.core.views.report.facts import Facts
from engine.core.views.report.subgroups import tables

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from engine.api.result import Result

Arms = Mapping[str, Scored]
MARKERS: Final = "osv^D*XPh<>"


class Display:
    """A frame and a picture of the same figures.

    Parameters
    ----------
    result : Result
        What they are of.
    """

    title = ""

    def __init__(self, result: Result) -> None:
        self._result = result

    def frame(self) -> Any:
        """Return the figures as a frame, of the library that the table came from."""
        return self._result._native(self._frame())

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the figures with matplotlib.

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

            _, ax = pyplot.subplots(layout="constrained")  # no label is cut
        self._draw(ax)
        return ax

    def _frame(self) -> pd.DataFrame:
        raise NotImplementedError

    def _draw(self, ax: Axes) -> None:
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{self.title}\n{self._frame().to_string(max_rows=20)}"

    def _repr_html_(self) -> str:
        return page.frame(self.title, self._frame())


class MatrixDisplay(Display):
    """A confusion matrix: a row per actual class, a column per prediction.

    Attributes
    ----------
    arm, at : str
        Of which arm, and at which operating point.
    counts : Confusion or ClassConfusion
    """

    def __init__(
        self, result: Result, arm: str, at: str, counts: Confusion | ClassConfusion
    ) -> None:
        super().__init__(result)
        self.arm, self.at, self.counts = arm, at, counts
        self.title = f"{arm} at {at}"

    def _frame(self) -> pd.DataFrame:
        counts, document = self.counts, self._result.document
        if isinstance(counts, Confusion):
            matrix = ((counts.tn, counts.fp), (counts.fn, counts.tp))
            both = (document.negative, document.positive)
            counts = ClassConfusion(labels=both, matrix=matrix)
        labels = counts.labels
        frame = pd.DataFrame(
            counts.matrix, columns=[f"predicted {name}" for name in labels]
        )
        frame.insert(0, "actual", labels)
        return frame

    def _draw(self, ax: Axes) -> None:
        frame = self._frame().set_index("actual")
        counts, names = frame.to_numpy(), list(frame.index)
        shares = counts / counts.sum(axis=1, keepdims=True).clip(min=1)
        ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        ax.set(
            xticks=range(len(names)),
            xticklabels=names,
            yticks=range(len(names)),
            yticklabels=names,
            xlabel="predicted",
            ylabel="actual",
            title=self.title,
        )
        for (row, column), count in np.ndenumerate(counts):
            share = shares[row, column]
            color = "white" if share > 0.5 else "black"
            text = f"{count:,}\n{share:.0%}"
            ax.text(column, row, text, ha="center", va="center", color=color)

    def _repr_html_(self) -> str:
        return page.matrix(self.title, self._frame())


class _OfArms(Display):
    """Figures of several arms."""

    def __init__(self, result: Result, scored: Arms) -> None:
        super().__init__(result)
        self.scored = scored

    def _sizes(self) -> tuple[int, int]:
        """Return the positives and the negatives among the test rows."""
        counts = next(iter(self.scored.values())).operating_points[0].confusion
        return counts.fn + counts.tp, counts.fp + counts.tn


def _by_arm(columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["arm", *columns])


class CurveDisplay(_OfArms):
    """A curve over all thresholds, a line per arm.

    Attributes
    ----------
    kind : {"pr", "roc", "det", "lift", "gain"}
    """

    def __init__(self, result: Result, scored: Arms, kind: str) -> None:
        super().__init__(result, scored)
        if kind not in CURVES:
            raise unknown(f"no curve {kind!r}", CURVES, kind)
        self.kind = kind
        self.title = f"{LABELS[kind].title} on the test rows"

    def _frame(self) -> pd.DataFrame:
        form, sizes = CURVES[self.kind], self._sizes()
        rows = [
            (name, point.x, point.y, point.threshold)
            for name, arm in self.scored.items()
            for point in form.points(arm.sweep, *sizes)
        ]
        return _by_arm((form.x, form.y, "threshold"), rows)

    def _draw(self, ax: Axes) -> None:
        form = CURVES[self.kind]
        for name, points in self._frame().groupby("arm", sort=False):
            figure = LABELS[self.kind].figure(self.scored[str(name)].test)
            ax.plot(
                points[form.x],
                points[form.y],
                drawstyle="steps-post" if self.kind == "pr" else "default",
                label=f"{name} {figure}".strip(),
            )
        x, y = (side.replace("_", " ") for side in (form.x, form.y))
        ax.set(xlabel=x, ylabel=y, title=self.title)
        ax.legend()

    def _repr_html_(self) -> str:
        return page.curves(self.title, CURVES[self.kind], self.scored, self._sizes())


class CalibrationDisplay(_OfArms):
    """Whether scores can be read as probabilities: mean score against the share."""

    title = "Calibration on the test rows"

    def _frame(self) -> pd.DataFrame:
        rows = [
            (name, fit.method, place, one.rows, one.positives, one.score, share)
            for name, arm in self.scored.items()
            for fit in arm.calibration
            for place, one in enumerate(fit.bins)
            for share in [one.positives / one.rows if one.rows else None]
        ]
        columns = ("scores", "bin", "rows", "positives", "mean_score", "share")
        return _by_arm(columns, rows)

    def measures(self) -> Any:
        """Return Brier score, log loss, slope, intercept and ECE as a frame.

        ``scores`` says of which scores: as they are, or after a repair; ``best`` marks
        the repair that did best on out-of-fold scores.
        """
        measured = ("brier", "log_loss", "slope", "intercept", "in_the_large")
        names = (*measured, "expected_calibration_error")
        rows = [
            (
                arm,
                fit.method,
                fit.method == scores.repair,
                *(getattr(fit, n) for n in names),
            )
            for arm, scores in self.scored.items()
            for fit in scores.calibration
        ]
        return self._result._native(_by_arm(("scores", "best", *names), rows))

    def _draw(self, ax: Axes) -> None:
        frame = self._frame()
        frame = frame[frame["scores"] == "none"]
        for marker, (name, bins) in zip(
            cycle(MARKERS), frame.groupby("arm", sort=False), strict=False
        ):
            ax.plot(bins["mean_score"], bins["share"], marker=marker, label=str(name))
        most = float(frame[["mean_score", "share"]].max().max()) if len(frame) else 1.0
        ax.plot([0, most], [0, most], color="gray", linestyle=":", label="ideal")
        ax.set(xlabel="mean score", ylabel="share of positives", title=self.title)
        ax.legend()


class CostDisplay(_OfArms):
    """What arms cost at ratios of a miss to a false alarm, at the best thresholds."""

    title = "Cost per 1,000 test rows, a false alarm costing 1"

    def _frame(self) -> pd.DataFrame:
        sizes, costs = self._sizes(), self._result.document.costs
        negative = costs.weight_of_negative(*sizes) if costs else 1.0
        count = costs.count(sizes[0]) if costs else None
        rows = [
            (name, point.ratio, point.threshold, point.cost, point.share)
            for name, arm in self.scored.items()
            for point in cost_curve(arm.cost_steps, *sizes, RATIOS, negative, count)
        ]
        columns = ("cost_ratio", "threshold", "cost", "share_of_trivial")
        return _by_arm(columns, rows)

    def _draw(self, ax: Axes) -> None:
        for name, points in self._frame().groupby("arm", sort=False):
            ax.plot(points["cost_ratio"], points["share_of_trivial"], label=str(name))
        costs = self._result.document.costs
        if costs is not None and not self._result.document.classes:
            ax.axvline(costs.ratio, color="gray", linestyle=":", label="your costs")
        ax.set(
            xscale="log",
            xlabel="cost of a miss in false alarms",
            ylabel="cost, as a share of the best trivial decision",
            title="Cost of errors on the test rows",
        )
        ax.legend()


class BenefitDisplay(_OfArms):
    """The net benefit of arms at their thresholds of least cost, with 95 % intervals.

    References
    ----------
    .. [1] Vickers, A. J. and Elkin, E. B. (2006). Decision curve analysis: a novel
       method for evaluating prediction models. Medical Decision Making 26(6), 565-574.
    """

    title = "Net benefit by threshold probability"

    def _share(self) -> float:
        positives, negatives = self._sizes()
        costs = self._result.document.costs
        there = costs.prevalence if costs else UNSET
        return there or positives / max(1, positives + negatives)

    def _frame(self) -> pd.DataFrame:
        sizes, share = self._sizes(), self._share()
        rows = [
            (name, at, threshold, value, *ci, treat_all(share, at))
            for name, arm in self.scored.items()
            for at, threshold, value, ci in decision_curve(
                arm.cost_steps, *sizes, PROBABILITIES, share
            )
        ]
        columns = ("probability", "threshold", "net_benefit", "low", "high", "all_rows")
        return _by_arm(columns, rows)

    def _draw(self, ax: Axes) -> None:
        for name, points in self._frame().groupby("arm", sort=False):
            at = points["probability"]
            (line,) = ax.plot(at, points["net_benefit"], label=str(name))
            color = line.get_color()
            ax.fill_between(at, points["low"], points["high"], color=color, alpha=0.15)
        share = self._share()
        everybody = [treat_all(share, at) for at in PROBABILITIES]
        ax.plot(PROBABILITIES, everybody, color="gray", linestyle=":", label="all rows")
        ax.axhline(0.0, color="gray", label="no row")
        ax.set(
            ylim=(-share / 4, 1.05 * share),
            xlabel="threshold probability",
            ylabel="net benefit",
            title="Net benefit on the test rows",
        )
        ax.legend()


class ReviewDisplay(Display):
    """What arms cost with a person for a band of scores, and without.

    Attributes
    ----------
    review : Review
        The price of a review, and all figures.
    """

    def __init__(self, result: Result, review: Review) -> None:
        super().__init__(result)
        self.review = review
        self.title = f"A person, assumed right, at {cost(review.price)} a row"

    def _frame(self) -> pd.DataFrame:
        return pd.DataFrame(
            {
                **{
                    name: value
                    for name, value in asdict(arm).items()
                    if name not in ("sets", "reviewed")
                },
                "reviewed": arm.reviewed.count,
                "reviewed_share": arm.reviewed.share,
                "reviewed_ci": arm.reviewed.ci,
            }
            for arm in self.review.arms
        )

    def sets(self) -> Any:
        """Return the conformal sets: rows of each kind, and what is held of a class."""
        rows = [
            (arm.arm, arm.sets.level, kind, one.count, one.of, one.share, one.ci)
            for arm in self.review.arms
            for kind, one in asdict(arm.sets).items()
            if isinstance(one, Proportion)
        ]
        columns = ["arm", "level", "kind", "count", "of", "share", "ci"]
        return self._result._native(pd.DataFrame(rows, columns=columns))

    def _draw(self, ax: Axes) -> None:
        frame = self._frame()
        places = np.arange(len(frame))
        ax.plot(frame["alone"], places, "o", color="0.6", label="alone")
        ax.plot(frame["cost"], places, "o", label="with a person")
        limits = [(at, ci) for at, ci in zip(places, frame["cost_ci"], strict=True)]
        for at, ci in limits:
            if ci is not None:
                ax.hlines(at, *ci)
        ax.set(
            yticks=places,
            yticklabels=frame["arm"],
            xlabel="cost per 1,000 test rows",
            title=self.title,
        )
        ax.invert_yaxis()
        ax.legend()


class ThresholdDisplay(Display):
    """Thresholds per fold, and the ones that the run chose on all out-of-fold scores.

    Attributes
    ----------
    arm : str
    elkan : float
        The threshold of least cost for true probabilities, at the run's costs.

    References
    ----------
    Elkan, C. (2001). The foundations of cost-sensitive learning. IJCAI, 973-978.
    """

    def __init__(self, result: Result, arm: str, frame: pd.DataFrame) -> None:
        super().__init__(result)
        self.arm, self._made = arm, frame
        self.title = f"Thresholds of {arm}, by fold (none: the run's own)"
        costs = result.document.costs
        ratio = costs.ratio if costs is not None else 1.0
        self.elkan = 1 / (1 + ratio)

    def _frame(self) -> pd.DataFrame:
        return self._made

    def spread(self) -> Any:
        """Return per operating point the run's threshold and those of the folds."""
        rows = []
        for name, of in self._made.groupby("at", sort=False):
            own = of.loc[of["fold"].isna(), "threshold"].iloc[0]
            folds = of.loc[of["fold"].notna(), "threshold"]
            ends = folds.min(), folds.median(), folds.max()
            rows.append((name, own, *ends, folds.std()))
        columns = ["at", "threshold", "lowest", "median", "highest", "std"]
        return self._result._native(pd.DataFrame(rows, columns=columns))

    def _draw(self, ax: Axes) -> None:
        names = list(dict.fromkeys(self._made["at"]))
        for place, name in enumerate(names):
            of = self._made[self._made["at"] == name]
            folds = of[of["fold"].notna()]["threshold"]
            ax.plot(folds, [place] * len(folds), "o", color="gray", alpha=0.6)
            ax.plot(of[of["fold"].isna()]["threshold"], [place], "D", color="black")
        ax.axvline(self.elkan, linestyle=":", color="gray", label="Elkan")
        ax.set(yticks=range(len(names)), yticklabels=names, xlabel="threshold")
        ax.set_title(f"Thresholds of {self.arm}: folds (dots) and the run (diamond)")
        ax.legend()


class SplitsDisplay(Display):
    """What several splits of a table come to.

    Attributes
    ----------
    summary : SplitSummary
        How often the recommendation stands, and all figures.
    at : str
        The operating point of the frame.
    """

    def __init__(self, result: Result, summary: SplitSummary, at: str) -> None:
        super().__init__(result)
        self.summary, self.at = summary, at
        self.title = (
            f"{summary.same} of {summary.others} other splits come to the same "
            f"recommendation; figures at {result.document.point_label(at)}"
        )

    def _frame(self) -> pd.DataFrame:
        columns = ("figure", "mean", "sd", "least", "most", "splits")
        rows = [
            (row.arm, name, one.mean, one.sd, one.least, one.most, one.splits)
            for row in self.summary.board
            if row.at == self.at
            for name, one in row.figures.items()
        ]
        return _by_arm(columns, rows)

    def outcomes(self) -> Any:
        """Return a row per split: its seed, its verdict and the recommended arm."""
        columns = ["number", "seed", "code", "arm", "error"]
        rows = [
            [getattr(one, name) for name in columns] for one in self.summary.outcomes
        ]
        return self._result._native(pd.DataFrame(rows, columns=columns))

    def tests(self) -> Any:
        """Return each arm against the control: corrected resampled t tests."""
        columns = ["a", "b", "metric", "difference", "low", "high", "p", "adjusted_p"]
        rows = [
            [c.a, c.b, c.metric, c.difference, *c.ci, c.p, c.adjusted_p]
            for c in self.summary.comparisons
        ]
        return self._result._native(pd.DataFrame(rows, columns=columns))

    def _draw(self, ax: Axes) -> None:
        frame = self._frame()
        costs = frame[frame["figure"] == "cost_per_1000"].reset_index(drop=True)
        places = range(len(costs))
        ax.hlines(places, costs["least"], costs["most"], color="0.6")
        ax.errorbar(costs["mean"], places, xerr=costs["sd"].fillna(0), fmt="o")
        ax.set(
            yticks=places,
            yticklabels=costs["arm"],
            xlabel="cost per 1,000 rows: range, mean ± standard deviation",
        )
        ax.invert_yaxis()


class SubgroupsDisplay(Display):
    """What each arm does on groups of people.

    Attributes
    ----------
    columns : tuple of SubgroupColumn
        The groups of each column, and the gaps between them.
    """

    def __init__(
        self, result: Result, columns: tuple[SubgroupColumn, ...], at: str
    ) -> None:
        super().__init__(result)
        self.columns = columns
        names = ", ".join(one.column for one in columns)
        self.title = f"Errors by {names} on the test rows, at {at}"

    def _frame(self) -> pd.DataFrame:
        return frames.subgroups(self.columns)

    def gaps(self) -> Any:
        """Return the gaps between groups: the largest rate minus the smallest.

        Their 95 % intervals, p and adjusted p; ``change`` is how far a gap is from
        that of the untreated arm, and ``effect`` what is shown of that.
        """
        return self._result._native(frames.gaps(self.columns))

    def _draw(self, ax: Axes) -> None:
        frame = self._frame().dropna(subset=["recall"]).reset_index(drop=True)
        several = len(self.columns) > 1
        labels = frame["column"] + ": " + frame["level"] if several else frame["level"]
        groups = list(dict.fromkeys(labels))
        arms = list(dict.fromkeys(frame["arm"]))
        for number, arm in enumerate(arms):
            own = frame[frame["arm"] == arm]
            off = (number - (len(arms) - 1) / 2) * 0.6 / max(1, len(arms))
            places = [groups.index(name) + off for name in labels[own.index]]
            ends = own["recall"] - own["recall_low"], own["recall_high"] - own["recall"]
            marker = MARKERS[number % len(MARKERS)]
            ax.errorbar(own["recall"], places, xerr=ends, fmt=marker, label=arm)
        ax.set(
            yticks=range(len(groups)),
            yticklabels=groups,
            xlim=(0, 1),
            xlabel="recall, with its 95 % interval",
            title=self.title,
        )
        ax.invert_yaxis()
        ax.legend()

    def _repr_html_(self) -> str:
        document = replace(self._result.document, subgroups=self.columns)
        return page.page_tables(self.title, tables(Facts(document)))
