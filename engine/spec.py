"""The experiment: one frozen value that says everything a run needs.

It is read from and written to TOML, and hashed in a canonical form, so that
two runs can be told to be the same experiment.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, ClassVar, Final, Literal, TypeAlias, get_args

import msgspec

from engine.doc import Doc, fields_of
from engine.spec_checks import CONTROL, check
from engine.spec_data import DataSpec, DecisionSpec, Part, ReadSpec, SplitSpec

__all__ = [
    "CONTROL",
    "DataSpec",
    "DecisionSpec",
    "ReadSpec",
    "SplitSpec",
]  # are imported from here too

ParamValue: TypeAlias = str | int | float | bool
Params: TypeAlias = dict[str, ParamValue]
Objective: TypeAlias = Literal["average_precision", "roc_auc", "log_loss", "brier"]
Space: TypeAlias = Literal["shallow", "wide", "sagemaker", "fixed"]
OBJECTIVES: tuple[Objective, ...] = get_args(Objective)


class FeatureSpec(Part, frozen=True):
    """How columns become numbers; the same for every arm."""

    SECTION: ClassVar = "features"

    missing: Annotated[
        Literal["impute", "native"],
        Doc(
            "impute: median and an indicator; native: left to XGBoost, which only arms "
            "that change no row can take",
            option="",
            form=False,
        ),
    ] = "impute"
    max_categories: Annotated[
        int, Doc("levels with an indicator each", ge=2, label="categories", option="")
    ] = 30


class Step(Part, frozen=True):
    """One sampler of a method, with the parameters that differ from its defaults."""

    SECTION: ClassVar = "arms.steps"

    sampler: Annotated[str, Doc("a name in docs/methods.md", example="smote")]
    params: Annotated[
        Params, Doc("settings that are fixed", example={"ratio": 0.5})
    ] = {}
    tune: Annotated[
        dict[str, tuple[ParamValue, ...]],
        Doc("values to search; []: the usual ones", example={"k_neighbors": [3, 5]}),
    ] = {}


class Arm(Part, frozen=True):
    """One way of treating imbalance; each is tuned under the same budget.

    One arm must be called "untreated" and leave the rows alone: the others are compared
    with it. An arm of nothing but a name is the method of that name.

    Examples
    --------
    >>> Arm(name="smote").steps
    (Step(sampler='smote', params={}, tune={}),)
    """

    SECTION: ClassVar = "arms"

    name: Annotated[str, Doc("what the board calls it, each once", example="mine")]
    steps: Annotated[
        tuple[Step, ...], Doc("samplers in order", example=[{"sampler": "enn"}])
    ] = ()
    weights: Annotated[
        bool | Literal["cost"],
        Doc('true: negatives / positives; "cost": the ratio of the costs'),
    ] = False
    ensemble: Annotated[
        str | None, Doc("takes XGBoost's place", example="balanced-random-forest")
    ] = None
    params: Annotated[
        Params,
        Doc("settings of the ensemble that are fixed", example={"n_estimators": 50}),
    ] = {}

    def __post_init__(self) -> None:
        """Take the method from the name where nothing else says it."""
        if self.name == CONTROL or self.weights or self.kind != "control":
            return
        from engine.resample.grammar import method

        named = method(self.name)
        values = msgspec.structs.asdict(named) | {"params": named.params | self.params}
        for field, value in values.items():
            msgspec.structs.force_setattr(self, field, value)

    @property
    def kind(self) -> Literal["control", "sampler", "ensemble"]:
        """``control`` if the arm changes no row and has XGBoost for a model."""
        if self.ensemble is not None:
            return "ensemble"
        return "sampler" if self.steps else "control"

    @property
    def tuned(self) -> tuple[tuple[int, str], ...]:
        """Step number and name of each parameter of a sampler that is searched."""
        return tuple((i, name) for i, s in enumerate(self.steps) for name in s.tune)


class ModelSpec(Part, frozen=True):
    """XGBoost: what is searched, and what is fixed."""

    SECTION: ClassVar = "model"

    space: Annotated[Space, Doc("for XGBoost's settings", label="search space")] = (
        "shallow"
    )
    params: Annotated[
        Params, Doc("fixed, and so not searched", option="", form=False)
    ] = {}
    rounds: Annotated[
        int, Doc("of a trial, at most", ge=1, label="boosting rounds", option="")
    ] = 300
    early_stopping: Annotated[
        int, Doc("rounds without a better score; 0: never", ge=0, option="")
    ] = 50
    evaluate_every: Annotated[
        int, Doc("rounds between evaluations", ge=1, option="", form=False)
    ] = 10


class SearchSpec(Part, frozen=True):
    """The budget, the same for every arm."""

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
        bool, Doc("stop trials that are worse than the median of earlier ones")
    ] = True
    patience: Annotated[
        float, Doc("seconds that resampling for an arm may take", gt=0)
    ] = 3600.0


class Experiment(Part, frozen=True):
    """A whole experiment.

    Examples
    --------
    >>> data = DataSpec(source="sample:moons")
    >>> experiment = Experiment(data=data, arms=(Arm(name="untreated"),))
    >>> load_toml(dump_toml(experiment)) == experiment
    True
    """

    data: DataSpec
    arms: tuple[Arm, ...]
    split: SplitSpec = SplitSpec()
    features: FeatureSpec = FeatureSpec()
    model: ModelSpec = ModelSpec()
    search: SearchSpec = SearchSpec()
    decision: DecisionSpec = DecisionSpec()
    seed: Annotated[int, Doc("random seed", ge=0, le=2**32 - 1)] = 42
    preset: Annotated[
        str | None,
        Doc("ready experiment that this began as", option="", example="article"),
    ] = None

    def __post_init__(self) -> None:
        """Refuse what cannot be run, before any work."""
        check(self)


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


def dump_toml(experiment: Experiment, *, comments: bool = False) -> str:
    """Write an experiment as TOML.

    Parameters
    ----------
    experiment : Experiment
        What to write; values that are None are left out.
    comments : bool, default=False
        Whether it is for a user to change: then it says what each field is, and what
        is as it would be anyway is commented out.

    Returns
    -------
    str
        Text that `load_toml` reads back to an equal value.
    """
    if comments:
        from engine.toml.writer import to_toml

        return to_toml(experiment)
    import tomli_w

    return tomli_w.dumps(_without_none(msgspec.to_builtins(experiment)))


def load_toml(text: str, *, name: str = "experiment") -> Experiment:
    """Read an experiment from TOML.

    Parameters
    ----------
    text : str
        The file's content.
    name : str, default="experiment"
        What to call it in an error.

    Returns
    -------
    Experiment

    Raises
    ------
    SpecError
        If the text is no TOML, or a value has the wrong name, kind or range; with its
        line, as far as it is known.
    """
    from engine.toml.reading import parse

    return parse(text, name=name)


def experiment_hash(experiment: Experiment) -> str:
    """Return the SHA-256 of the canonical form, as 64 hexadecimal digits."""
    canonical = msgspec.json.encode(experiment, order="deterministic")
    return hashlib.sha256(canonical).hexdigest()


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_none(v) for k, v in value.items() if v is not None}
    if isinstance(value, list | tuple):
        return [_without_none(v) for v in value]
    return value
