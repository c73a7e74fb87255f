"""The model with the parameters that were found, and what the test rows say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.export.scripting.calls import Calls
from engine.export.scripting.words import WIDTH, Imports, assigned, literal
from engine.outcome import ClassPoint
from engine.resample import registry
from engine.resample.build import named
from engine.train.boost import booster_params
from engine.train.finish import costs_of

if TYPE_CHECKING:
    from engine.export.case import Case

__all__ = ["decided", "fitted", "judged", "undefined"]


def fitted(case: Case, rows: str, imports: Imports) -> tuple[str, ...]:
    """Return the code that fits the arm's model and scores the test rows.

    Parameters
    ----------
    case : Case
    rows : {"train", "fit"}
        The rows to fit on: as they were, or treated.
    imports : Imports
    """
    if case.chosen.arm.ensemble is not None:
        return _ensemble(case, imports)
    X, y = f"X_{rows}", f"y_{rows}"
    chosen, experiment = case.chosen, case.experiment
    labels = case.bench.dataset.labels
    params = booster_params(
        {**experiment.model.params, **chosen.params},
        seed=experiment.seed,
        classes=len(labels),
    )
    lines = [assigned("params", params)]
    weight = ""
    if chosen.arm.weights and case.multiclass:
        lines += _class_weights(case, y)
        weight = ", weight=weights"
    elif chosen.arm.weights == "cost":
        ratio = case.bench.plan.costs.ratio
        lines.append(
            f'params["scale_pos_weight"] = {ratio!r}  # the ratio of the costs'
        )
    elif chosen.arm.weights:
        lines.append(
            f'params["scale_pos_weight"] = ({y} == 0).sum() / ({y} == 1).sum()'
        )
    return (
        *lines,
        f"dtrain = xgb.QuantileDMatrix({X}, {y}{weight}, nthread=1)",
        f"model = xgb.train(params, dtrain, num_boost_round={chosen.best.rounds})",
        "scores = model.predict(xgb.QuantileDMatrix(X_test, ref=dtrain, nthread=1))",
    )


def _class_weights(case: Case, y: str) -> list[str]:
    if case.chosen.arm.weights == "cost":
        costs = costs_of(case.plan).tolist()
        lines = [f"weights = np.array({literal(costs)})[{y}]  # costs of a mistake"]
    else:
        lines = [
            f"counts = np.bincount({y})",
            f"weights = (counts.sum() / counts)[{y}]  # each class the same in sum",
        ]
    return [*lines, "weights = weights / weights.mean()"]


def _ensemble(case: Case, imports: Imports) -> tuple[str, ...]:
    """Return the code of an ensemble, which balances each of its members."""
    arm, seed = case.chosen.arm, case.experiment.seed
    entry = registry.ensemble(arm.ensemble or "")
    given = registry.check_ensemble(entry.name, {**arm.params, **case.chosen.params})
    member: dict[str, Any] = {}
    for home in reversed(entry.members):
        member = {"estimator": named(home)(**member)}
    model = named(entry.home)(random_state=seed, **member)
    model.set_params(**entry.given(given))
    ratio = float(given["ratio"])
    by_label = case.multiclass
    rarest = not by_label and entry.value_of("ratio", ratio).rarest
    order = ".sort_index()" if by_label else ""
    kept = "" if rarest else " if label != rarest"
    fewer = (
        "def fewer(y):",
        '    """Say how many rows of each class a member is given at most."""',
        f"    counts = pd.Series(y).value_counts(sort=False){order}",
        "    rarest = counts.idxmin()",
        f"    most = round(counts[rarest] / {ratio!r})",
        "    return {",
        "        label: count if label == rarest else min(count, most)"
        if rarest
        else "        label: min(count, most)",
        f"        for label, count in counts.items(){kept}",
        "    }",
    )
    column = "" if case.multiclass else "[:, 1]"
    return (
        *fewer,
        "",
        "",
        f"model = {Calls(imports).of(model, 0, WIDTH - 8)}",
        "model.fit(X_train, y_train)",
        f"scores = model.predict_proba(X_test){column}.astype(np.float32)",
    )


def decided(case: Case, imports: Imports) -> tuple[str, ...]:
    """Return the code that turns scores into classes, and counts them."""
    imports.name("sklearn.metrics", "confusion_matrix")
    point = case.chosen.point(case.policy)
    labels = case.bench.dataset.labels
    if isinstance(point, ClassPoint):
        weights = [point.weights[label] for label in labels]
        return (
            assigned("class_weights", weights),
            "said = np.argmax(scores.astype(float) * class_weights, axis=1)",
            "matrix = confusion_matrix(y_test, said, labels=range(len(labels)))",
            *_shown("matrix"),
        )
    return (
        f"threshold = {literal(float(point.threshold))}",
        "# In 64 bits, so that not a bit of the threshold is lost beside the scores.",
        "said = (scores.astype(float) >= threshold).astype(int)",
        "matrix = confusion_matrix(y_test, said, labels=[0, 1])",
        *_shown("matrix"),
    )


def _shown(matrix: str) -> tuple[str, ...]:
    return (
        "shown = pd.DataFrame(",
        f"    {matrix},",
        '    index=[f"is {label!r}" for label in labels],',
        '    columns=[f"said {label!r}" for label in labels],',
        ")",
        "print(shown)",
    )


def judged(case: Case, imports: Imports) -> tuple[str, ...]:
    """Return the code that works out the figures and prints them."""
    for name in ("average_precision_score", "roc_auc_score", "recall_score"):
        imports.name("sklearn.metrics", name)
    if case.multiclass:
        return _many(case)
    for name in ("precision_score", "brier_score_loss", "log_loss"):
        imports.name("sklearn.metrics", name)
    never = ", zero_division=np.nan" if undefined(case) else ""
    return (
        "figures = {",
        '    "recall": recall_score(y_test, said),',
        f'    "precision": precision_score(y_test, said{never}),',
        '    "average_precision": average_precision_score(y_test, scores),',
        '    "roc_auc": roc_auc_score(y_test, scores),',
        '    "brier": brier_score_loss(y_test, scores),',
        '    "log_loss": log_loss(y_test, scores),',
        "}",
        *_said(),
    )


def undefined(case: Case) -> bool:
    """Tell whether no row is called positive, so that there is no precision."""
    point = case.chosen.point(case.policy)
    if isinstance(point, ClassPoint):
        return False
    return point.confusion.tp + point.confusion.fp == 0


def _many(case: Case) -> tuple[str, ...]:
    there = np.unique(case.bench.y)
    every = len(there) == len(case.bench.dataset.labels)
    which = "range(len(labels))" if every else "np.unique(y_test)"
    return (
        "against_the_rest = [",
        f"    (y_test == place, scores[:, place]) for place in {which}",
        "]",
        "right = np.eye(len(labels))[y_test]",
        "least = np.finfo(scores.dtype).eps  # no score is taken for sure",
        "of_class = scores[np.arange(len(y_test)), y_test].astype(float)",
        "figures = {",
        '    "average_precision": np.mean(',
        "        [average_precision_score(*pair) for pair in against_the_rest]",
        "    ),",
        '    "roc_auc": np.mean([roc_auc_score(*pair) for pair in against_the_rest]),',
        '    "brier": ((scores.astype(float) - right) ** 2).sum(axis=1).mean(),',
        '    "log_loss": -np.log(of_class.clip(least, 1 - least)).mean(),',
        "}",
        "recalls = recall_score(",
        "    y_test,",
        "    said,",
        "    labels=range(len(labels)),",
        "    average=None,",
        "    zero_division=np.nan,",
        ")",
        "for label, recall in zip(labels, recalls):",
        '    print(f"recall of {label!r}  {recall:.6f}")',
        *_said(),
    )


def _said() -> tuple[str, ...]:
    return (
        "for name, figure in figures.items():",
        '    print(f"{name:<18} {figure:.6f}")',
    )
