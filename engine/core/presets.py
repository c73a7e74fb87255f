"""Ready experiments: what most people want, by name. Light: data only."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from engine.core.errors import unknown
from engine.core.experiment import (
    DataSpec,
    Experiment,
    ModelSpec,
    SearchSpec,
    SplitSpec,
)
from engine.core.methods import grammar

ARTICLE_ARMS = (
    "untreated",
    "weights",
    "smote",
    "kmeans-smote",
    "svm-smote",
    "smote-enn",
)


class _Preset(NamedTuple):
    summary: str
    split: SplitSpec
    arms: tuple[str, ...]
    model: ModelSpec
    search: SearchSpec
    models: tuple[str, ...] = ()


PRESETS: dict[str, _Preset] = {
    "article": _Preset(
        "The article's study: 80/20 unstratified, six arms, shallow trees.",
        SplitSpec(stratify=False),
        ARTICLE_ARMS,
        ModelSpec(space="shallow"),
        SearchSpec(trials=10),
    ),
    "quick": _Preset(
        "Minutes: four cheap arms, three folds, few trials.",
        SplitSpec(),
        ("untreated", "weights", "smote", "random-under"),
        ModelSpec(space="shallow", rounds=200),
        SearchSpec(trials=5, folds=3),
    ),
    "thorough": _Preset(
        "Hours: every method, five folds drawn twice, forty trials.",
        SplitSpec(),
        (
            *ARTICLE_ARMS[:2],
            "random-over",
            *ARTICLE_ARMS[2:5],
            "random-under",
            "smote-enn",
        ),
        ModelSpec(rounds=1000),
        SearchSpec(trials=40, repeats=2),
    ),
    "classic": _Preset(
        "Which model gains from which method: three models with five methods.",
        SplitSpec(),
        ("untreated", "weights", "random-under", "smote", "smote-enn"),
        ModelSpec(space="shallow"),
        SearchSpec(trials=10),
        ("logistic", "random-forest", "xgboost"),
    ),
    "carriero": _Preset(
        "A published comparison: four models with five methods, and two ensembles.",
        SplitSpec(),
        (
            *("untreated", "random-under", "random-over", "smote", "smote-enn"),
            *("rus-boost", "easy-ensemble"),
        ),
        ModelSpec(space="shallow"),
        SearchSpec(trials=10, objective="log_loss"),
        ("logistic", "rbf-svm", "random-forest", "xgboost"),
    ),
}


def preset(
    name: str | None = "article",
    *,
    source: str,
    target: str | None = None,
    positive: str | None = None,
) -> Experiment:
    """Return a ready experiment on a table.

    Parameters
    ----------
    name : {"article", "quick", "thorough", "classic", "carriero"} or None
        Which one, by default "article"; None is its study with a stratified split
        and the wide search space.
    source : str
        Path of the table, or ``sample:NAME``.
    target, positive : str or None, default=None
        Target column and label of the positive class; guessed when None.

    Returns
    -------
    Experiment

    Raises
    ------
    SpecError
        If there is no such preset.
    """
    if name is None:
        article = preset("article", source=source, target=target, positive=positive)
        return msgspec.structs.replace(
            article, split=SplitSpec(), model=ModelSpec(), preset=None
        )
    if name not in PRESETS:
        raise unknown(f"no preset {name!r}", PRESETS)
    chosen = PRESETS[name]
    return Experiment(
        data=DataSpec(source=source, target=target, positive=positive),
        split=chosen.split,
        arms=tuple(grammar.parse(a) for a in chosen.arms),
        models=chosen.models,
        model=chosen.model,
        search=chosen.search,
        preset=name,
    )
