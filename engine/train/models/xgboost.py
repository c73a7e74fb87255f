"""XGBoost: boosters that grow round by round on quantile matrices.

Each grows exactly as it would by itself: `seed_per_iteration` gives every round its own
random numbers, where boosters that take turns would otherwise share one stream.

A category is one column of codes while trees grow, and each split by it sets one level
against the others: the very splits that there are on an indicator per level, found in
less time. `by_indicators` then writes them as such, so that whatever is done with a
model, which sees the columns of the encoding, need not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from engine.core.errors import DataError, UsageError, first_line, out_of_memory
from engine.core.experiment import ModelSpec
from engine.io.machine import one_thread
from engine.train.models.onnx_graph import INPUT, OPSET
from engine.train.models.port import (
    FittedModel,
    Growing,
    Model,
    Rounds,
    Setting,
    Tick,
    multiply_odds,
)
from engine.train.models.xgboost_file import check_booster

if TYPE_CHECKING:
    import onnx
    import xgboost

    from engine.features.encoding import Layout


def booster_params(
    params: Setting,
    *,
    seed: int,
    positive_weight: float = 1.0,
    classes: int = 2,
) -> dict[str, object]:
    """Return XGBoost's parameters: one thread, repeatable, log loss.

    Parameters
    ----------
    params : mapping
        The trial's setting with what the experiment fixes.
    seed : int
        XGBoost's seed.
    positive_weight : float, default=1
        Weight of a positive row (``scale_pos_weight``).
    classes : int, default=2
        With more than two, each class gets a score and weights are in the matrix.
    """
    settings: dict[str, object] = {
        "objective": "binary:logistic",
        "tree_method": "hist",
        "nthread": 1,
        "seed": seed,
        "seed_per_iteration": True,
        "verbosity": 0,
        **params,
    }
    if classes > 2:
        return settings | {"objective": "multi:softprob", "num_class": classes}
    if positive_weight != 1.0:
        settings["scale_pos_weight"] = positive_weight
    return settings


# Categories ---------------------------------------------------------------------------


def level_params(layout: Layout | None) -> dict[str, object]:
    """Return what makes every split by a category one of a level against the others.

    Examples
    --------
    >>> from engine.features.encoding import Layout
    >>> level_params(Layout(("age", "sex"), flat=1, flags=(), levels=((1, 3),)))
    {'max_cat_to_onehot': 3}
    """
    if layout is None or not layout.levels:
        return {}
    return {"max_cat_to_onehot": 1 + max(end - begin for begin, end in layout.levels)}


WIDE, BINS, FEWEST_BINS = 1_000, 256, 16
"""Columns that have all bins, how many those are, and how many a column has at least.
A round looks at all bins of all columns: in 10,000 it took 0.7 s of 1,067 rows."""


def bin_params(columns: int) -> dict[str, int]:
    """Return the bins of a column, where they are fewer than XGBoost's own.

    Parameters
    ----------
    columns : int
        Of the encoding.

    Examples
    --------
    >>> bin_params(1_000), bin_params(1_001), bin_params(10_000)
    ({}, {'max_bin': 128}, {'max_bin': 16})
    """
    if columns <= WIDE:
        return {}
    fitting = 1 << ((WIDE * BINS // columns).bit_length() - 1)
    return {"max_bin": max(FEWEST_BINS, fitting)}


def warn_of_bins(columns: int) -> str | None:
    """Say that numbers are rounded more coarsely in a wide table."""
    bins = bin_params(columns)
    if not bins:
        return None
    return (
        f"{columns:,} encoded columns: XGBoost has {bins['max_bin']} bins for the "
        f"numbers of each, not {BINS}, since its time grows with bins times columns"
    )


def feature_types(layout: Layout) -> list[str]:
    """Return XGBoost's types of the columns of rows in codes: numbers, categories.

    Examples
    --------
    >>> from engine.features.encoding import Layout
    >>> feature_types(Layout(("age", "sex"), flat=1, flags=(), levels=((1, 3),)))
    ['q', 'c']
    """
    return ["q"] * layout.flat + ["c"] * len(layout.levels)


def by_indicators(raw: bytes, layout: Layout) -> bytes:
    """Return a model that takes indicators from one that takes codes.

    Parameters
    ----------
    raw : bytes
        XGBoost's JSON, grown with `level_params`.
    layout : Layout
        Of the rows that it learned from.
    """
    model = msgspec.json.decode(raw)
    learner = model["learner"]
    learner["feature_types"] = []
    learner["learner_model_param"]["num_feature"] = str(layout.width)
    begins = dict(enumerate((begin for begin, _ in layout.levels), layout.flat))
    for tree in learner["gradient_booster"]["model"]["trees"]:
        tree["tree_param"]["num_feature"] = str(layout.width)
        chosen = zip(tree["categories_nodes"], tree["categories"], strict=True)
        for node, level in chosen:
            if tree["left_children"][node] < 0:
                continue  # pruning left no split here
            # To the right goes the level of the split, where its indicator is 1.
            tree["split_indices"][node] = begins[tree["split_indices"][node]] + level
            tree["split_conditions"][node] = 0.5
        tree["split_type"] = [0] * len(tree["split_type"])
        for name in ("", "_nodes", "_segments", "_sizes"):
            tree[f"categories{name}"] = []
    return msgspec.json.encode(model)


class LevelBins(NamedTuple):
    """A quantile matrix.

    Attributes
    ----------
    rows : xgboost.DMatrix
    layout : Layout or None
        Of the rows that it was made of, if their categories are in codes.
    highest : numpy.ndarray of shape (n_categories,)
        The highest code of each among the rows to fit on.
    bins : dict of str to int
        `bin_params` of the rows to fit on.
    """

    rows: xgboost.DMatrix
    layout: Layout | None = None
    highest: np.ndarray = np.empty(0)
    bins: Mapping[str, int] = {}


# Boosters -----------------------------------------------------------------------------


class Booster(FittedModel):
    """A booster that has grown.

    Parameters
    ----------
    booster : xgboost.Booster
    """

    def __init__(self, booster: xgboost.Booster) -> None:
        self.booster = booster

    @classmethod
    def of(cls, raw: bytes) -> Booster:
        """Return the booster of XGBoost's JSON that this process has written."""
        import xgboost

        made = xgboost.Booster({"nthread": 1})
        made.load_model(bytearray(raw))
        return cls(made)

    def scores(self, X: np.ndarray) -> np.ndarray:
        """Return the probability of the positive class, or of each of several."""
        with one_thread():
            return np.asarray(self.booster.predict(_matrix(X)))

    def with_odds(self, odds: float) -> Booster:
        """Return it with another ``base_score``, with which its scores begin."""
        model = msgspec.json.decode(self.dump())
        about = model["learner"]["learner_model_param"]
        base = np.array(float(about["base_score"].strip("[]")))
        about["base_score"] = f"[{float(multiply_odds(base, odds)):.17g}]"
        return Booster.of(msgspec.json.encode(model))

    def dump(self) -> bytes:
        """Return it as XGBoost's JSON."""
        return bytes(self.booster.save_raw("json"))

    def contributions(self, X: np.ndarray) -> np.ndarray:
        """Return what each column adds to the margin, the bias as the last."""
        with one_thread():
            return np.asarray(self.booster.predict(_matrix(X), pred_contribs=True))

    def gains(self) -> Mapping[int, float]:
        """Return what all splits by each column gained, of those that a split is by."""
        scores = self.booster.get_score(importance_type="total_gain")
        return {int(name.removeprefix("f")): float(v) for name, v in scores.items()}

    def onnx(self) -> onnx.ModelProto:
        """Return it as a graph of ONNX.

        Raises
        ------
        UsageError
            If onnxmltools does not know this version of XGBoost.
        """
        from onnxmltools.convert import convert_xgboost
        from onnxmltools.convert.common.data_types import FloatTensorType

        takes = [(INPUT, FloatTensorType([None, self.booster.num_features()]))]
        try:
            return convert_xgboost(
                self.booster, initial_types=takes, target_opset=OPSET
            )
        except Exception as error:  # whatever a version of XGBoost's is unlike
            raise UsageError(
                f"onnxmltools cannot convert this model: {first_line(error)}",
                "install another version of it, or export a bundle",
                field="kind",
            ) from None

    @property
    def trees(self) -> int:
        """How many trees one score takes."""
        return len(self.booster.get_dump())


class _Growing(Growing):
    def __init__(self, bins: LevelBins, params: dict[str, object], tick: Tick) -> None:
        import xgboost

        self._booster = xgboost.Booster(params, [bins.rows])
        self._bins = bins
        self._tick = tick
        self._done = 0

    def advance(self, rounds: int) -> None:
        for _ in range(rounds):
            self._tick()
            self._booster.update(self._bins.rows, self._done)
            self._done += 1

    def scores(self, matrix: LevelBins) -> np.ndarray:
        return np.asarray(self._booster.predict(matrix.rows))

    def scorer(self) -> Booster:
        if self._bins.layout is None:
            return Booster(self._booster)
        grown = bytes(self._booster.save_raw("json"))
        return Booster.of(by_indicators(grown, self._bins.layout))


class XGBoost(Model):
    """The library XGBoost, on the processor."""

    own_matrix = True
    takes_codes = True
    weights_are_rows = True

    def matrix(
        self,
        X: np.ndarray,
        y: np.ndarray | None = None,
        *,
        weights: np.ndarray | None = None,
        like: LevelBins | None = None,
        layout: Layout | None = None,
    ) -> LevelBins:
        """Return rows in bins, those of the rows to fit on."""
        import xgboost

        if like is not None:
            return self._like(X, like)
        bins = bin_params(X.shape[1])
        if layout is None or not layout.levels or not layout.is_exact(X):
            with one_thread():
                rows = xgboost.QuantileDMatrix(X, y, weight=weights, nthread=1, **bins)
            return LevelBins(rows, bins=bins)
        codes = layout.collapse(X)
        types = feature_types(layout)
        with one_thread():
            rows = xgboost.QuantileDMatrix(
                codes, y, weight=weights, feature_types=types, nthread=1, **bins
            )
        return LevelBins(rows, layout, codes[:, layout.flat :].max(axis=0), bins)

    @staticmethod
    def _like(X: np.ndarray, like: LevelBins) -> LevelBins:
        """Return rows to score as the rows to fit on are."""
        import xgboost

        if like.layout is None:
            with one_thread():
                made = xgboost.QuantileDMatrix(X, ref=like.rows, nthread=1, **like.bins)
            return LevelBins(made, bins=like.bins)
        rows, types = like.layout.collapse(X), feature_types(like.layout)
        codes = rows[:, like.layout.flat :]
        # Bins take a level that no row to fit on had for another one; unbinned, it is
        # none of those that splits are by.
        known = ((codes >= 0) & (codes <= like.highest)).all()
        given = {"feature_types": types, "nthread": 1}
        with one_thread():
            if known:
                made = xgboost.QuantileDMatrix(
                    rows, ref=like.rows, **given, **like.bins
                )
            else:
                made = xgboost.DMatrix(rows, **given)
        return LevelBins(made, like.layout, like.highest, like.bins)

    def matrix_bytes(self, rows: int, features: int) -> int:
        """Return the size of a quantile matrix: each bin twice, and 16 per row."""
        return rows * (2 * features + 16)

    def schedule(self, spec: ModelSpec, setting: Setting) -> Rounds:
        """Return the boosting rounds of the experiment."""
        return Rounds(spec.rounds, spec.evaluate_every, spec.early_stopping)

    def start(
        self,
        matrix: LevelBins,
        setting: Setting,
        *,
        seed: int,
        tick: Tick,
        positive_weight: float = 1.0,
        classes: int = 2,
    ) -> Growing:
        """Begin to boost."""
        params = booster_params(
            setting, seed=seed, positive_weight=positive_weight, classes=classes
        )
        params |= {**level_params(matrix.layout), **matrix.bins}
        return _Growing(matrix, params, tick)

    def load(self, raw: bytes, *, width: int, classes: int) -> Booster:
        """Return a booster from XGBoost's JSON, of nothing but what was checked."""
        import xgboost

        booster = xgboost.Booster()
        try:
            booster.load_model(check_booster(raw, width, classes))
        except (xgboost.core.XGBoostError, ValueError) as error:
            if out_of_memory(error):
                raise MemoryError from None
            raise DataError(
                "this version of XGBoost cannot read the model",
                "install the version that made it",
            ) from None
        booster.set_param({"nthread": 1})
        return Booster(booster)


def _matrix(X: np.ndarray) -> xgboost.DMatrix:
    import xgboost

    return xgboost.DMatrix(X, nthread=1)
