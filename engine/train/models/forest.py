"""Random forests: each tree learns from rows drawn anew, and splits drawn columns.

More trees do not learn less (Probst and Boulesteix 2018, JMLR 18(181)), so that a
forest ends with the last of them, whatever the validation rows say.
"""

from __future__ import annotations

from sklearn.ensemble import RandomForestClassifier

from engine.core.experiment import ModelSpec
from engine.train.models.fitted_trees import ModelOfTrees, WarmTrees, of_forest
from engine.train.models.port import (
    Growing,
    PlainRows,
    Rounds,
    Setting,
    Tick,
    sample_weights,
)

TREES, STEP = 100, 25
"""Trees by default, and from one look to the next."""
_AT_ONCE = 100_000
"""Rows that trees learn from between two ticks: about a second's."""
_PER_ROW = 0.25 * 80
"""Bytes of a tree for each row: a node for every fourth."""


class RandomForest(ModelOfTrees):
    """The random forest of scikit-learn."""

    def growth_bytes(self, fit: int, held: int, features: int) -> int:
        """Return the bytes of the trees, where those are many more than by default."""
        return super().growth_bytes(fit, held, features) + int(TREES * _PER_ROW * fit)

    def schedule(self, spec: ModelSpec, setting: Setting) -> Rounds:
        """Return the trees, all of which are grown."""
        return Rounds(int(setting.get("n_estimators", TREES)), STEP)

    def start(
        self,
        matrix: PlainRows,
        setting: Setting,
        *,
        seed: int,
        tick: Tick,
        positive_weight: float = 1.0,
        classes: int = 2,
    ) -> Growing:
        """Begin the forest."""
        return WarmTrees(
            self.estimator(setting, seed=seed, rounds=STEP, shape=matrix.X.shape),
            of_forest,
            classes,
            rows=matrix,
            weights=sample_weights(matrix, positive_weight),
            tick=tick,
            counts="n_estimators",
            at_once=max(1, _AT_ONCE // len(matrix.X)),
        )

    def estimator(
        self,
        setting: Setting,
        *,
        seed: int,
        rounds: int,
        shape: tuple[int, int],
        class_weight: dict[int, float] | None = None,
        weighed: bool = False,
    ) -> RandomForestClassifier:
        """Return a forest of so many trees."""
        return RandomForestClassifier(
            n_estimators=rounds,
            max_depth=setting.get("max_depth") or None,
            min_samples_leaf=setting.get("min_samples_leaf", 1),
            max_features=setting.get("max_features") or "sqrt",
            n_jobs=1,
            random_state=seed,
            class_weight=class_weight,
        )
