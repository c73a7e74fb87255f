"""An arm handed to SageMaker: tables and requests for its built-in XGBoost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec

from engine.errors import ArmError
from engine.export import sagemaker_job
from engine.export.pieces import Parts, Piece, of_bytes, of_text
from engine.export.tables import lines, put_table
from engine.filenames import escaped

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from engine.export.case import Case
    from engine.train.prepare import Rows

__all__ = ["sagemaker"]

FOLD = 0
"""The fold whose judged rows are for validation."""


def sagemaker(case: Case) -> Parts:
    """Return what SageMaker's built-in XGBoost needs to fit an arm, and to tune it.

    Parameters
    ----------
    case : Case

    Returns
    -------
    Parts

    Raises
    ------
    ArmError
        If the arm is an ensemble, which is no XGBoost.
    """
    chosen = case.chosen
    if chosen.arm.ensemble is not None:
        raise ArmError(
            f"{chosen.name} is an ensemble of imbalanced-learn, which SageMaker's "
            "built-in XGBoost cannot fit",
            "choose an arm whose model is XGBoost, or take the bundle of this one",
            code="ensemble",
        )
    hand = _HandOff(case)

    def table(name: str, what: str, of: Callable[[], Iterator[pd.DataFrame]]) -> Piece:
        def write(file: BinaryIO) -> None:
            for part in of():
                for text in lines(part, header=False):
                    file.write(text.encode())

        return Piece(name, what, write)

    def request(name: str, what: str, of: Callable[[], Any]) -> Piece:
        def make() -> bytes:
            return msgspec.json.format(msgspec.json.encode(of()), indent=2) + b"\n"

        return of_bytes(name, what, make)

    wanted, (_, unsearched) = (
        sagemaker_job.objective(case),
        sagemaker_job.searched(case),
    )
    notes = (
        "replace role, bucket and image in the requests: README.md says where",
        *(note for note in (wanted.note, unsearched) if note),
    )
    weighed = " and a weight" if hand.weighed else ""
    pieces = (
        table(
            "train.csv", f"rows to fit on, treated, label{weighed} first", hand.train
        ),
        table(
            "validation.csv",
            f"real rows to judge trials by, label{weighed} first",
            hand.validation,
        ),
        table("test.csv", "the test rows, label first", hand.test),
        Piece("columns.csv", "what each column of the tables is", hand.columns),
        Piece("classes.csv", "which number stands for which class", hand.classes),
        request(
            "hyperparameters.json",
            "the arm's best setting, as the built-in XGBoost calls it",
            lambda: sagemaker_job.hyperparameters(case, hand.positive_weight),
        ),
        request(
            "training-job.json",
            "a request of CreateTrainingJob",
            lambda: sagemaker_job.training_job(case, hand.positive_weight),
        ),
        request(
            "tuning-job.json",
            "a request of CreateHyperParameterTuningJob",
            lambda: sagemaker_job.tuning_job(case, hand.positive_weight),
        ),
        of_text("README.md", "the steps, and what differs from the run", hand.readme),
    )
    return Parts(pieces, notes)


@dataclass
class _HandOff:
    """The tables; what is cached is made when the first of them is written."""

    case: Case

    @property
    def weighed(self) -> bool:
        """Whether rows have weights: those of two classes are a hyper-parameter."""
        return self.case.multiclass and bool(self.case.chosen.arm.weights)

    @cached_property
    def rows(self) -> Rows:
        """The treated rows of the fold, and those that it judges."""
        return self.case.rows(FOLD)

    @cached_property
    def positive_weight(self) -> float:
        """What a positive row weighs in the fold, as in the run."""
        if self.case.multiclass:
            return 1.0
        if self.case.chosen.arm.weights == "cost":
            return self.case.plan.costs.ratio
        positives = int((self.rows.y == 1).sum())
        return (len(self.rows.y) - positives) / positives if positives else 1.0

    def train(self) -> Iterator[pd.DataFrame]:
        """Yield the rows to fit on."""
        from engine.train.matrices import row_weights

        plan, rows = self.case.plan, self.rows
        weights = row_weights(plan, self.case.chosen.arm, rows.y)
        yield from self._blocks(rows.y, rows.X, weights)

    def validation(self) -> Iterator[pd.DataFrame]:
        """Yield the rows to judge trials by: real, and of no weight of their own."""
        import numpy as np

        plan, judge = self.case.plan, self.rows.judge
        assert judge is not None
        y = plan.dataset.y[plan.indices(FOLD)[1]]
        yield from self._blocks(y, judge, np.ones(len(y)) if self.weighed else None)

    def test(self) -> Iterator[pd.DataFrame]:
        """Yield the test rows, encoded as those of the fold."""
        plan = self.case.plan
        test = plan.split.test
        X = self.case.features(FOLD).transform(plan.dataset.frame.iloc[test])
        yield from self._blocks(plan.dataset.y[test], X, None)

    def _blocks(
        self, y: np.ndarray, X: np.ndarray, weights: np.ndarray | None
    ) -> Iterator[pd.DataFrame]:
        """Yield rows with their label first; numbers as 32 bits need them."""
        import numpy as np
        import pandas as pd

        from engine.export.tables import BLOCK_ROWS

        for begin in range(0, len(y), BLOCK_ROWS):
            part = slice(begin, begin + BLOCK_ROWS)
            cells = X[part]
            texts = cells.astype(str).astype(object)
            texts[np.isnan(cells)] = None
            frame = pd.DataFrame(texts, dtype=object)
            if weights is not None:
                frame.insert(0, "weight", weights[part])
            frame.insert(0, "label", y[part].astype(np.int64))
            yield frame

    def columns(self, file: BinaryIO) -> None:
        """Write what each column is."""
        import pandas as pd

        from engine.explain.model import owners

        features = self.case.features(FOLD)
        names, of = ["label"], [self.case.bench.dataset.info.target]
        if self.weighed:
            names, of = [*names, "weight"], [*of, ""]
        names, of = [*names, *features.names_], [*of, *owners(features)]
        told = {
            "column": range(1, len(names) + 1),
            "name": map(escaped, names),
            "of": map(escaped, of),
        }
        put_table(file, pd.DataFrame(told))

    def classes(self, file: BinaryIO) -> None:
        """Write which number stands for which class."""
        import pandas as pd

        labels = [escaped(label) for label in self.case.bench.dataset.labels]
        put_table(file, pd.DataFrame({"number": range(len(labels)), "class": labels}))

    def readme(self) -> str:
        """Return the steps, and what differs from the run."""
        from engine.export.sagemaker_readme import readme

        plan = self.case.plan
        judged = plan.dataset.y[plan.indices(FOLD)[1]]
        counts = [self.rows.y, judged, plan.dataset.y[plan.split.test]]
        return readme(
            self.case, *(plan.counts(y) for y in counts), weighed=self.weighed
        )
