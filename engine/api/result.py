"""What a comparison came to: its board, matrices, curves, thresholds and models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from engine.api import frames, page
from engine.api.displays import (
    BenefitDisplay,
    CalibrationDisplay,
    CostDisplay,
    CurveDisplay,
    MatrixDisplay,
    ReviewDisplay,
    SplitsDisplay,
    SubgroupsDisplay,
    ThresholdDisplay,
)
from engine.api.drive import drive
from engine.api.place import RunPlace, open_place
from engine.api.progress import How
from engine.api.table import Gathered, as_native
from engine.core.curve import NO_BENEFIT
from engine.core.errors import RunFailedError, SpecError, StoreError, unknown
from engine.core.events import RunStarted
from engine.core.execution import silent
from engine.core.exports import ExportRequest
from engine.core.result import Result as Document
from engine.core.result import of_run
from engine.explain import stored_run
from engine.explain.stored_run import StoredRun
from engine.export import report
from engine.export.case import Case
from engine.io import files
from engine.store import inputs

if TYPE_CHECKING:
    import pandas as pd
    from imblearn.pipeline import Pipeline

    from engine.bundle.classifier import BundleClassifier
    from engine.core.outcome import Verdict

Form = Literal["pr", "roc", "det", "lift", "gain"]


class Result:
    """What a run came to.

    It is what `compare` and `open_run` return. Where an arm can be left out, the one
    that the verdict recommends is meant (the first with a result, if it recommends
    none), and likewise the operating point `at`: a name such as ``"cost"`` or
    ``"recall>=0.8"``, see `points`.

    Frames are of pandas; of polars where polars came in.

    Attributes
    ----------
    run : str
        The run's id.
    """

    def __init__(
        self,
        place: RunPlace,
        run: str,
        gathered: Gathered | None = None,
        objects: Mapping[str, Any] | None = None,
    ) -> None:
        self.run = run
        self._place = place
        self._gathered = gathered
        self._objects = dict(objects or {})
        self._ended: StoredRun | None = None
        self._cases: dict[tuple[str, str | None], Case] = {}

    # What it is -----------------------------------------------------------------------

    @property
    def status(self) -> str:
        """``done``, ``cancelled``, ``failed``, ``running`` or ``interrupted``."""
        return self.document.status

    @property
    def document(self) -> Document:
        """The result document; its JSON is that of the command line."""
        return of_run(self._opened.state, self._opened.run)

    @property
    def verdict(self) -> Verdict | None:
        """The recommendation with its reasons and doubts; None of an unfinished run."""
        return self.document.verdict

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms with a result, in the order of the experiment."""
        return tuple(arm.name for arm in self.document.done)

    @property
    def points(self) -> tuple[str, ...]:
        """The operating points that `at` may name."""
        return self.document.point_names

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the run warned of."""
        return self.document.warnings

    def __repr__(self) -> str:
        return page.text(self.document)

    def _repr_html_(self) -> str:
        return page.html(self.document)

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._repr_html_()}

    # Frames ---------------------------------------------------------------------------

    def board(self, at: str | None = None) -> Any:
        """Return the arms at an operating point, the fewest missed first.

        Parameters
        ----------
        at : str or None, default=None
            The experiment's own when None.

        Returns
        -------
        DataFrame
            A row per arm: counts and rates on the test rows with their 95 % intervals,
            the scores that need no threshold, the threshold, and the cost per 1,000
            rows. Of more than two classes the rarest one is counted. Arms without a
            result come last, with the reason in ``error``.
        """
        return self._native(frames.board(self.document, at))

    def trials(self) -> Any:
        """Return every trial of the search.

        Returns
        -------
        DataFrame
            As ``optuna.Study.trials_dataframe``: ``number``, ``value`` (the objective,
            a mean over folds), ``state``, ``params_…``, with ``arm``, ``rounds`` and
            ``seconds``.
        """
        return self._native(frames.trials(self._opened.state))

    def differences(self, a: str | None = None, b: str | None = None) -> Any:
        """Return paired differences between arms on the test rows.

        Parameters
        ----------
        a, b : str or None, default=None
            Differences are those of `a` minus `b`; of all pairs that were tested when
            None.

        Returns
        -------
        DataFrame
            ``metric``, ``at``, ``difference``, its 95 % interval ``low`` to ``high``,
            ``p``, ``adjusted_p`` (Holm's correction over a family) and ``method``.

        Raises
        ------
        SpecError
            If there is no such arm, or the pair was not tested.
        """
        return self._native(frames.differences(self.document, a, b))

    def missed(self, arm: str | None = None, at: str | float | None = None) -> Any:
        """Return the positives among the test rows that an arm does not find.

        Parameters
        ----------
        arm : str or None, default=None
        at : str, float or None, default=None
            An operating point, or a threshold of two classes.

        Returns
        -------
        DataFrame
            The rows as they were given, with their index, the lowest score first;
            before them ``score`` and ``predicted``.
        """
        name = self._arm(arm)
        if not isinstance(at, int | float):
            at = self._point(name, at).name
        return self._native(frames.missed(self._case(name), name, at, self._gathered))

    # Displays -------------------------------------------------------------------------

    def matrix(
        self, arm: str | None = None, at: str | float | None = None
    ) -> MatrixDisplay:
        """Return the confusion matrix of an arm on the test rows.

        Parameters
        ----------
        arm : str or None, default=None
        at : str, float or None, default=None
            An operating point, or a threshold of two classes.
        """
        name = self._arm(arm)
        if isinstance(at, int | float):
            counts = frames.matrix_at(self._case(name), float(at))
            return MatrixDisplay(self, name, f"threshold {at:g}", counts)
        point = self._point(name, at)
        return MatrixDisplay(
            self, name, self.document.point_label(point.name), point.confusion
        )

    def curve(
        self,
        kind: Form = "pr",
        arms: Iterable[str] | None = None,
        *,
        positive: str | None = None,
    ) -> CurveDisplay:
        """Return a curve over all thresholds, of every arm or of some.

        Parameters
        ----------
        kind : {"pr", "roc", "det", "lift", "gain"}, default="pr"
        arms : iterable of str or None, default=None
        positive : str or None, default=None
            Of more than two classes the one that is set against the rest; the rarest
            when None.
        """
        return CurveDisplay(self, self._scored(arms, positive), kind)

    def calibration(
        self, arms: Iterable[str] | None = None, *, positive: str | None = None
    ) -> CalibrationDisplay:
        """Return how far scores can be read as probabilities."""
        return CalibrationDisplay(self, self._scored(arms, positive))

    def costs(
        self, arms: Iterable[str] | None = None, *, positive: str | None = None
    ) -> CostDisplay:
        """Return what arms cost at every ratio of a miss to a false alarm."""
        return CostDisplay(self, self._scored(arms, positive))

    def benefit(
        self, arms: Iterable[str] | None = None, *, positive: str | None = None
    ) -> BenefitDisplay:
        """Return the net benefit of arms by threshold probability (decision curves).

        Raises
        ------
        RunFailedError
            If a column says what each miss costs: the positives do not count alike.
        """
        if self.document.costs and self.document.costs.column:
            raise RunFailedError(NO_BENEFIT, "look at the costs: costs()")
        return BenefitDisplay(self, self._scored(arms, positive))

    def review(self) -> ReviewDisplay:
        """Return which scores of each arm go to a person, and what that costs.

        Raises
        ------
        SpecError
            If the experiment has no `cost_review`.
        """
        if not (found := self.document.review):
            raise SpecError(
                "the run has no cost of a review",
                'give one: compare(…, costs={"review": 0.5})',
            )
        return ReviewDisplay(self, found)

    def subgroups(
        self, by: str | None = None, at: str | None = None
    ) -> SubgroupsDisplay:
        """Return the errors of each arm on groups of people, and the gaps.

        Parameters
        ----------
        by : str or None, default=None
            Any column of the table with at most 50 levels; numbers are cut in quarters.
            The columns that the experiment names when None.
        at : str or None, default=None
            The operating point with `by`; that of the experiment when None.

        Raises
        ------
        SpecError
            If the experiment names no such columns and `by` is None, or there is no
            such column or operating point.
        """
        document = self.document
        if by is not None:
            name = self._arm(None)
            point = self._point(name, at or document.select_point(None)).name
            of = (frames.subgroups_by(self._case(name), by, point),)
            return SubgroupsDisplay(self, of, document.point_label(point))
        if not document.subgroups:
            raise SpecError(
                "the run names no columns of groups",
                'name one: subgroups("sex"), or compare(…, subgroups=["sex"])',
            )
        label = document.point_label("recommended")
        return SubgroupsDisplay(self, document.subgroups, label)

    def thresholds(self, arm: str | None = None) -> ThresholdDisplay:
        """Return the thresholds that each fold by itself would choose, of two classes.

        Their spread says how far the one that the run chose on all out-of-fold scores
        can be trusted.
        """
        name = self._arm(arm)
        return ThresholdDisplay(self, name, frames.thresholds(self._case(name)))

    def splits(self, at: str | None = None) -> SplitsDisplay:
        """Return what several splits come to: how far each figure spreads.

        Parameters
        ----------
        at : str or None, default=None
            The operating point of the figures; the experiment's own when None.

        Raises
        ------
        SpecError
            If the run has one split, or no such operating point.
        """
        document = self.document
        if not document.splits:
            raise SpecError("the run has one split", "compare with splits=20")
        return SplitsDisplay(self, document.splits, document.select_point(at))

    # Models and files -----------------------------------------------------------------

    def model(
        self, arm: str | None = None, at: str | float | None = None
    ) -> BundleClassifier:
        """Return the model of an arm as a fitted classifier of scikit-learn.

        Parameters
        ----------
        arm : str or None, default=None
        at : str, float or None, default=None
            What `predict` decides by: an operating point or, of two classes, a
            threshold.

        Returns
        -------
        classifier
            It takes rows as the table has them: it encodes, scores, and decides.
            `predict_proba` gives the scores of the run, `predict_calibrated`
            probabilities. Where something fits it again, it is to be in
            ``sklearn.frozen.FrozenEstimator``.
        """
        from engine.api.model import open_model

        return open_model(self._case(self._arm(arm)), at)

    def to_sklearn(
        self, arm: str | None = None, *, by_position: bool | None = None
    ) -> Pipeline:
        """Return an arm as an unfitted pipeline, with the parameters that were found.

        Parameters
        ----------
        arm : str or None, default=None
        by_position : bool or None, default=None
            Whether its columns are found by their place: needed for arrays, and for
            frames whose columns are not called by text. None does so where the
            comparison was of an array.

        Returns
        -------
        imblearn.pipeline.Pipeline
            Its steps are called ``encoder``, after the samplers (``smote``), and
            ``model``; it learns everything anew from the rows that it is fitted on.
        """
        from engine.api.pipeline import to_sklearn
        from engine.resample.objects import know

        know(self._objects)
        if by_position is None:
            given = self._gathered
            by_position = given is not None and given.library == "numpy"
        return to_sklearn(self._case(self._arm(arm)), by_position=by_position)

    def report(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write the report of the run: one page, or Markdown if `path` ends in .md.

        Parameters
        ----------
        path : str or Path
        overwrite : bool, default=False

        Returns
        -------
        Path
        """
        target = Path(path).expanduser()
        laid = report.layout(self.document, when=self._opened.run.queued)
        form = report.markdown if target.suffix.lower() == ".md" else report.html
        files.put(target, form(laid).encode(), overwrite=overwrite)
        return target

    def to_markdown(self) -> str:
        """Return the report as Markdown."""
        return report.markdown(report.layout(self.document))

    def save(self, store: str | Path | Literal[True] = True) -> Result:
        """Copy the run into a store, where the app and the command line find it.

        Parameters
        ----------
        store : str, Path or True, default=True
            The file; with True the one of the app.

        Returns
        -------
        Result
            The copy, with its own number and id.
        """
        place = open_place(store)
        run = self._opened.run
        experiment = self._opened.experiment
        with place.open() as ours, self._place.open(create=False) as theirs:
            data = experiment.data
            for name in ("source", "test_source"):
                source = getattr(data, name)
                if source and Path(source).parent == theirs.folder:
                    with Path(source).open("rb") as file:
                        kept = str(inputs.keep(ours.folder, file))
                    data = msgspec.structs.replace(data, **{name: kept})
            moved = msgspec.structs.replace(experiment, data=data)
            copy = ours.create(moved, run.options)
            held = theirs.artifacts(run.id)
            for _, event in theirs.events(run.id):
                if isinstance(event, RunStarted):
                    event = msgspec.structs.replace(event, experiment=moved)
                ours.append(copy.id, event, held)
                held = {}
        return Result(place, copy.id, self._gathered, self._objects)

    def resume(self, progress: How = "auto") -> Result:
        """Finish a run that was cancelled or interrupted, and return it.

        Parameters
        ----------
        progress : bool, "auto" or callable, default="auto"
            As of `compare`.

        Raises
        ------
        StoreError
            If it is done, or runs.
        """
        with self._place.open(create=False) as store:
            run = store.run(self.run)
            if not store.queue(run.id):
                raise StoreError(f"{run.title} is {run.status} already")
        self._ended = None
        self._cases.clear()
        drive(self._place, run, progress, self._objects)
        return self

    # ----------------------------------------------------------------------------------

    @property
    def _opened(self) -> StoredRun:
        """The run with its state; read once it is over, each time before."""
        if self._ended is not None:
            return self._ended
        with self._place.open(create=False) as store:
            opened = stored_run.open_run(store, self.run)
        if opened.run.ended:
            self._ended = opened
        return opened

    def _case(self, arm: str, at: str | None = None) -> Case:
        """Return the run opened for what takes its table."""
        key = (arm, at)
        if key not in self._cases:
            request = ExportRequest(
                run=self.run, store=str(self._place.path), kind="bundle", arm=arm, at=at
            )
            first = next(iter(self._cases.values()), None)
            table = first.bench.table if first else None
            case = Case(self._place.path, self._opened, request, silent, table)
            self._cases[key] = case
        return self._cases[key]

    def _arm(self, name: str | None) -> str:
        """Return the arm that is meant: one with a result."""
        document = self.document
        if name is None:
            chosen = document.choice.arm if document.choice else None
            name = chosen or next(iter(self.arms), None)
        if name not in self.arms:
            what = f"no arm {name!r} has a result" if name else "no arm has a result"
            raise unknown(what, self.arms, name or "", field="arm")
        return name

    def _point(self, arm: str, at: str | None) -> Any:
        """Return an arm at an operating point."""
        document = self.document
        if at is None and document.choice is not None and document.choice.arm == arm:
            at = document.choice.at
        one = next(a for a in document.arms if a.name == arm)
        name = document.select_point(at)
        if (found := one.at(name)) is None:
            names = [p.name for p in one.operating_points]
            raise unknown(f"{arm} has no operating point {at!r}", names, field="at")
        return found

    def _scored(self, arms: Iterable[str] | None, positive: str | None) -> Any:
        document = self.document
        klass = document.select_class(positive)
        scored = document.scored(klass)
        names = self.arms if arms is None else [self._arm(a) for a in _listed(arms)]
        return {name: scored[name] for name in names}

    def _native(self, frame: pd.DataFrame) -> Any:
        return as_native(frame, self._gathered.library if self._gathered else "pandas")


def _listed(arms: Iterable[str]) -> list[str]:
    return [arms] if isinstance(arms, str) else list(arms)
