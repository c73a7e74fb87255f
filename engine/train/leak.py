"""The wrong way on purpose: rows are balanced, and then split. What that claims.

Beside it stands what the same model delivers on rows that were set aside before, and
the right way.
"""

from __future__ import annotations

import time
from itertools import count
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from sklearn.model_selection import train_test_split

from engine.core.costs import Costs, point_metrics
from engine.core.errors import ArmError
from engine.core.execution import Progress, silent
from engine.core.experiment import DataSpec, SplitSpec
from engine.core.lab import LeakScore, LeakShown
from engine.core.methods.grammar import Arm
from engine.core.methods.samplers import ParamValue
from engine.data.load import load_data
from engine.evaluate.metrics import confusion_at, score
from engine.io.balanced import check_arm
from engine.io.machine import one_thread
from engine.resample.training_rows import TrainingRows
from engine.train.models.port import FittedModel, find

if TYPE_CHECKING:
    from engine.data.load import Table
    from engine.resample.method import MethodRows


MODEL: dict[str, ParamValue] = {"max_depth": 6, "eta": 0.3}
"""XGBoost as it comes: what a notebook has that nobody tuned."""
ROUNDS = 100
THRESHOLD = 0.5
TEST_SHARE = 0.2
"""Share of the balanced rows that the wrong way scores itself on."""


def demonstrate(
    data: DataSpec,
    arm: Arm,
    *,
    table: Table | None = None,
    way: SplitSpec | None = None,
    seed: int = 42,
    progress: Progress = silent,
) -> LeakShown:
    """Score one model three times: the wrong way, what that delivers, the right way.

    Some rows are set aside first, as a run does. The wrong way then balances all
    others, draws a fifth of the outcome to score, and trains on the rest. The
    right way trains on all rows that were balanced, and is scored on those set aside.

    Parameters
    ----------
    data : DataSpec
        The table, and what its columns are for; of more than two classes with a
        positive one.
    arm : Arm
        A method.
    table : Table or None, default=None
        What was read of it; it is read when None.
    way : SplitSpec or None, default=None
        How rows are set aside; as a run does by default when None.
    seed : int, default=42
        Of both splits, the samplers and the model.
    progress : callable, optional
        Told the stages, and the rounds of each model.

    Returns
    -------
    LeakShown
        Its scores are in the order wrong, delivered, right.

    Raises
    ------
    EngineError
        If the arm changes no row, cannot work on these, or there are more than two
        classes and none is the positive one.
    """
    check_arm(arm, "nothing can leak through it")
    began = time.monotonic()
    way = SplitSpec() if way is None else way
    if table is None:
        table = load_data(data, progress=progress)
    bench = TrainingRows.prepare(
        table, data, way, seed=seed, multiclass=False, progress=progress
    )
    dataset, set_aside = bench.dataset, bench.split.test
    progress("treating", 0, None)
    with one_thread():
        X = bench.rows(np.arange(len(bench.y)))
        treated = bench.apply(arm, X, bench.y, weights=bench.weights)
        try:
            rows, y = np.arange(len(treated.y)), treated.y
            train, test = train_test_split(
                rows, test_size=TEST_SHARE, random_state=seed, stratify=y
            )
        except ValueError as error:
            raise ArmError(
                f"{arm.name} leaves {len(treated.y):,} rows, too few to be split "
                f"afterwards: {error}",
                "use another sampler, such as smote",
                code="too-few-rows",
            ) from None
        own = treated.weights
        part = _Rows(
            treated.X[train], treated.y[train], None if own is None else own[train]
        )
        wrong = _train(part, seed, progress, "wrong")
        right = _train(_Rows(treated.X, treated.y, own), seed, progress, "right")
        progress("scoring", 0, None)
        X = bench.features.transform(dataset.frame, set_aside)
        held_out = _Rows(X, dataset.y[set_aside])
        made, kin = _count_known(treated, train, test)
        scores = (
            _score("wrong", wrong, _Rows(treated.X[test], treated.y[test]), made, kin),
            _score("delivered", wrong, held_out),
            _score("right", right, held_out),
        )
    return LeakShown(
        arm=arm,
        scores=scores,
        positive=dataset.labels[1],
        prevalence=float(dataset.y.mean()),
        repairs=treated.repairs,
        seconds=time.monotonic() - began,
    )


class _Rows(NamedTuple):
    X: np.ndarray
    y: np.ndarray
    weights: np.ndarray | None = None


def _train(rows: _Rows, seed: int, progress: Progress, which: str) -> FittedModel:
    """Grow the model on rows."""
    done, model = count(), find("xgboost")
    growing = model.start(
        model.matrix(rows.X, rows.y, weights=rows.weights),
        MODEL,
        seed=seed,
        tick=lambda: progress(f"training {which}", next(done), ROUNDS),
    )
    growing.advance(ROUNDS)
    return growing.scorer()


def _score(
    way: Literal["wrong", "delivered", "right"],
    model: FittedModel,
    rows: _Rows,
    synthetic: int = 0,
    copies: int = 0,
) -> LeakScore:
    """Score a model on rows."""
    scores = model.scores(rows.X)
    counts = confusion_at(rows.y, scores, THRESHOLD)
    rates = point_metrics(counts, Costs(cost_fn=1, cost_fp=1))
    recall, precision, f1 = (
        rate if isinstance(rate, float) else None
        for rate in map(rates.get, ("recall", "precision", "f1"))
    )
    return LeakScore(
        way=way,
        tn=counts.tn,
        fp=counts.fp,
        fn=counts.fn,
        tp=counts.tp,
        recall=recall,
        precision=precision,
        f1=f1,
        average_precision=score("average_precision", rows.y, scores),
        roc_auc=score("roc_auc", rows.y, scores),
        synthetic=synthetic,
        copies=copies,
    )


def _count_known(
    treated: MethodRows, train: np.ndarray, test: np.ndarray
) -> tuple[int, int]:
    """Count validation rows that are synthetic, and those that are kin of trained ones.

    Two rows are kin if they are copies of one real row, or made from it.
    """
    kin = treated.lineage
    assert kin is not None
    family = np.stack([treated.origin, kin.first, kin.second])
    # The last place stands for no row.
    seen = np.zeros(int(family.max()) + 2, dtype=bool)
    seen[family[:, train]] = True
    seen[-1] = False
    known = seen[family[:, test]].any(axis=0)
    return int((treated.origin[test] < 0).sum()), int(known.sum())
