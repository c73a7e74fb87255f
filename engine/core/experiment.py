"""The experiment: one frozen value that says everything a run needs.

It is read from and written to TOML, and hashed in a canonical form, so that
two runs of the same experiment can be recognised.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Annotated, ClassVar, Final, Literal, TypeAlias, get_args

import msgspec

from engine.core import models as known_models
from engine.core.checks import check
from engine.core.doc import Doc, fields_of
from engine.core.methods.grammar import Arm, combine
from engine.core.methods.samplers import Params
from engine.core.sections import DataSpec, DecisionSpec, Part, ReadSpec, SplitSpec

__all__ = [
    "DataSpec",
    "DecisionSpec",
    "ReadSpec",
    "SplitSpec",
]  # are imported from here too

Objective: TypeAlias = Literal["average_precision", "roc_auc", "log_loss", "brier"]
Space: TypeAlias = Literal["shallow", "wide", "sagemaker", "fixed"]
OBJECTIVES: tuple[Objective, ...] = get_args(Objective)


class FeatureSpec(Part, frozen=True):
    """How columns become numbers; the same for every arm."""

    SECTION: ClassVar = "features"

    missing: Annotated[
        Literal["impute", "native"],
        Doc(
            "impute: median and an indicator; native: left to models that take "
            "them, in arms that change no row",
            option="",
            form=False,
        ),
    ] = "impute"
    max_categories: Annotated[
        int,
        Doc(
            "levels with an indicator each",
            ge=2,
            label="max. one-hot levels",
            option="",
        ),
    ] = 30


class ModelSpec(Part, frozen=True):
    """What is searched of the models, how far they grow, and what XGBoost has fixed."""

    SECTION: ClassVar = "model"

    space: Annotated[
        Space,
        Doc(
            "for XGBoost's settings; other models have their own, or none where fixed",
            label="search space",
        ),
    ] = "wide"
    params: Annotated[
        Params, Doc("fixed of XGBoost, and so not searched", option="", form=False)
    ] = {}
    rounds: Annotated[
        int, Doc("of a trial, at most", ge=1, label="boosting rounds", option="")
    ] = 300
    early_stopping: Annotated[
        int, Doc("rounds without a better score; 0 = off", ge=0, option="")
    ] = 30
    evaluate_every: Annotated[
        int, Doc("rounds between evaluations", ge=1, option="", form=False)
    ] = 10


class SearchSpec(Part, frozen=True):
    """The budget, the same for every arm: trials, and rounds that each may take."""

    SECTION: ClassVar = "search"

    trials: Annotated[int, Doc("settings tried per arm", ge=1)] = 20
    folds: Annotated[int, Doc("folds inside the training rows", ge=2)] = 5
    repeats: Annotated[int, Doc("repetitions of cross-validation", ge=1)] = 1
    objective: Annotated[Objective, Doc("metric of a trial")] = "average_precision"
    method: Annotated[
        Literal["tpe", "random"],
        Doc("how settings are chosen", label="search method", option=""),
    ] = "tpe"
    time_limit: Annotated[
        float | None, Doc("seconds; no new trial starts after it", gt=0, example=600.0)
    ] = None
    prune: Annotated[
        bool,
        Doc(
            "stop trials that are not in the best third after 20, 40, 80, … rounds",
            label="prune weak trials",
        ),
    ] = True
    patience: Annotated[
        float,
        Doc(
            "seconds that resampling for an arm may take",
            gt=0,
            label="max. preparation time",
        ),
    ] = 3600.0


class Experiment(Part, frozen=True):
    """A whole experiment.

    Examples
    --------
    >>> data = DataSpec(source="sample:moons")
    >>> experiment = Experiment(data=data, arms=(Arm(name="untreated"),))
    >>> experiment.search.folds
    5
    """

    data: DataSpec
    arms: tuple[Arm, ...]
    split: SplitSpec = SplitSpec()
    features: FeatureSpec = FeatureSpec()
    model: ModelSpec = ModelSpec()
    search: SearchSpec = SearchSpec()
    decision: DecisionSpec = DecisionSpec()
    schema: Annotated[
        Literal[1],
        Doc("version of this file; a file without it has 1", option="", form=False),
    ] = 1
    seed: Annotated[int, Doc("random seed", ge=0, le=2**32 - 1)] = 42
    splits: Annotated[
        int, Doc("hold-outs; each is drawn anew, and all is repeated in it", ge=1)
    ] = 1
    preset: Annotated[
        str | None,
        Doc("ready experiment that this began as", option="", example="article"),
    ] = None
    models: Annotated[
        tuple[str, ...],
        Doc(
            "every method with each of these; names in docs/models.md",
            option="",
            form=False,
            example=["xgboost", "logistic"],
        ),
    ] = ()

    def __post_init__(self) -> None:
        """Combine methods and models; refuse what cannot be run, before any work."""
        if self.models:
            arms = combine(self.arms, self.models)
            msgspec.structs.force_setattr(self, "arms", arms)
            msgspec.structs.force_setattr(self, "models", ())
        check(self)


def family(arm: Arm, arms: Sequence[Arm]) -> str:
    """Return the model whose untreated arm an arm is compared with.

    Parameters
    ----------
    arm : Arm
        One of the experiment.
    arms : sequence of Arm
        All of them.

    Returns
    -------
    str
        Its own model; of an ensemble the one that it is made of, if that is in the
        experiment, else the first.

    Examples
    --------
    >>> arms = [Arm(name=f"untreated@{model}") for model in ("xgboost", "logistic")]
    >>> family(Arm(name="smote@logistic"), arms), family(Arm(name="rus-boost"), arms)
    ('logistic', 'xgboost')
    """
    if arm.ensemble is None:
        return arm.model
    known = list(dict.fromkeys(one.model for one in arms if one.ensemble is None))
    base = known_models.get(arm.ensemble).base
    return base if base in known else known[0] if known else known_models.XGBOOST


def references(arms: Sequence[Arm]) -> dict[str, str]:
    """Return of each arm the name of the arm that it is compared with.

    An untreated arm is its own; an arm whose model has no untreated one is left out.

    Examples
    --------
    >>> references([Arm(name="untreated@logistic"), Arm(name="weights@logistic")])
    {'untreated@logistic': 'untreated@logistic', 'weights@logistic': 'untreated@logistic'}
    """  # noqa: E501
    untreated = {arm.model: arm.name for arm in arms if arm.is_untreated}
    known = ((arm.name, family(arm, arms)) for arm in arms)
    return {name: untreated[model] for name, model in known if model in untreated}


_PARTS: Final[tuple[type[Part], ...]] = (
    *(DataSpec, ReadSpec, SplitSpec, FeatureSpec),
    *(Arm, ModelSpec, SearchSpec, DecisionSpec),
)
SECTIONS: Final = {part.SECTION: part for part in _PARTS}
"""The parts of an experiment by their tables in a file, in the order they are read."""


def doc_of(field: str) -> Doc:
    """Return what is declared of a field.

    Examples
    --------
    >>> doc_of("search.folds").comment, doc_of("seed").default
    ('folds inside the training rows; 2 or more', 42)
    """
    section, _, name = field.rpartition(".")
    return fields_of(SECTIONS[section] if section else Experiment)[name]


def experiment_hash(experiment: Experiment) -> str:
    """Return the SHA-256 of the canonical form, as 64 hexadecimal digits."""
    canonical = msgspec.json.encode(experiment, order="deterministic")
    return hashlib.sha256(canonical).hexdigest()
