"""Every model that can learn in an arm, as plain data: what it takes, what is searched.

Light: no library is imported, so that a front end can list the models. How each of them
learns is in `engine.train.models`, at its `home`. Another package offers models under
the entry point group ``imbtui.models``; see `engine.core.plugins` and docs/plugins.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

import msgspec

from engine.core.errors import SpecError, unknown
from engine.core.methods.builtin import ENSEMBLES, Ensemble
from engine.core.methods.samplers import Method, Params, Range, number, whole
from engine.core.plugins import Need, Offered, PluginProblem, load

if TYPE_CHECKING:
    from engine.core.experiment import ModelSpec
    from engine.core.methods.grammar import Arm

XGBOOST: Final = "xgboost"
BOOSTING: Final = "boosting rounds"
TREES: Final = "model.trees"
"""The file of arrays in which models of trees are kept."""
FIXED: Final = "fixed"
"""The space in which nothing is searched; every model has it."""


class Needs(msgspec.Struct, frozen=True, kw_only=True):
    """What rows a model takes.

    Attributes
    ----------
    missing : bool
        Whether numbers may be missing; else they are filled.
    weights : bool
        Whether rows, and so classes, may weigh.
    classes : bool
        Whether there may be more than two classes.
    max_rows : int or None
        Rows to fit on that it bears; None if there is no limit.
    """

    missing: bool = False
    weights: bool = True
    classes: bool = True
    max_rows: int | None = None


class ModelEntry(Method, frozen=True, kw_only=True):
    """What is known of a model.

    `home` is the class of `engine.train.models` that makes it learn, and `package` the
    distribution that it comes from, which an extra of imbtui of the name `extra` brings
    if imbtui does not need it itself. Of `spaces`, by name, the first is searched where
    an experiment names another. `rounds` says what it grows by: nothing where it is
    fitted in one go. An ensemble has a `base`: the model that its members are like.
    `file` is what a bundle calls it.
    """

    spaces: dict[str, dict[str, Range]]
    needs: Needs = Needs()
    rounds: str = ""
    extra: str = ""
    base: str = ""
    file: str = "model.json"

    def space(self, name: str) -> dict[str, Range]:
        """Return what is searched in the space of that name.

        Examples
        --------
        >>> get("xgboost").space("wide")["max_depth"].high
        10
        >>> sorted(get("rus-boost").space("wide"))[:2]
        ['learning_rate', 'max_depth']
        """
        if name == FIXED:
            return {}
        return self.spaces.get(name) or next(iter(self.spaces.values()), {})

    def check(self, owner: str, params: Params) -> None:
        """Refuse parameters that it does not have, or values that do not fit.

        Raises
        ------
        SpecError
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        for name, value in params.items():
            if name not in known:
                raise unknown(f"no model parameter {name!r}", known, name)
            known[name].check(owner, value)


def _model(name: str, home: str, **fields: Any) -> ModelEntry:
    return ModelEntry(name=name, home=f"engine.train.models.{home}", **fields)


MODELS: tuple[ModelEntry, ...] = (
    _model(
        XGBOOST,
        "xgboost.XGBoost",
        title="XGBoost",
        summary="Gradient boosting of trees, one after another on what is left wrong.",
        when="tables with interactions, many columns or missing values",
        when_not="a few hundred rows, or a model that must be read by a person",
        source="Chen and Guestrin 2016, doi:10.1145/2939672.2939785",
        package="xgboost",
        needs=Needs(missing=True),
        rounds=BOOSTING,
        parameters=(
            number("learning_rate", 0.3, 0.0, 1.0, "each tree counts for more"),
            whole("max_depth", 6, 0, 64, "trees ask more questions; 0 is no limit"),
            whole("max_leaves", 0, 0, 65536, "trees have more leaves; 0 is no limit"),
            number("min_child_weight", 1.0, 0.0, 1e9, "leaves must hold more rows"),
            number("max_delta_step", 0.0, 0.0, 1e9, "leaves may say more; 0: no limit"),
            number("gamma", 0.0, 0.0, 1e9, "a split must gain more"),
            number("subsample", 1.0, 0.01, 1.0, "each tree sees more of the rows"),
            number("colsample_bytree", 1.0, 0.01, 1.0, "each tree sees more columns"),
            number("colsample_bylevel", 1.0, 0.01, 1.0, "each level sees more columns"),
            number("colsample_bynode", 1.0, 0.01, 1.0, "each split sees more columns"),
            number("reg_lambda", 1.0, 0.0, 1e9, "leaves are shrunk more, by squares"),
            number("reg_alpha", 0.0, 0.0, 1e9, "leaves are shrunk more, towards 0"),
        ),
        spaces={
            # Deep trees undo the effect of resampling (they learn each synthetic row),
            # so the article's study is done with shallow ones.
            "shallow": {
                "learning_rate": Range(0.02, 0.3, 0.1, log=True),
                "max_depth": Range(1, 4, 3, whole=True),
                "min_child_weight": Range(1.0, 50.0, 1.0, log=True),
                "subsample": Range(0.5, 1.0, 1.0),
                "colsample_bytree": Range(0.5, 1.0, 1.0),
                "reg_lambda": Range(0.1, 20.0, 1.0, log=True),
            },
            "wide": {
                "learning_rate": Range(0.005, 0.3, 0.1, log=True),
                "max_depth": Range(1, 10, 6, whole=True),
                "min_child_weight": Range(1.0, 100.0, 1.0, log=True),
                "subsample": Range(0.4, 1.0, 1.0),
                "colsample_bytree": Range(0.3, 1.0, 1.0),
                "reg_lambda": Range(0.01, 100.0, 1.0, log=True),
                "reg_alpha": Range(0.001, 10.0, 0.001, log=True),
                "gamma": Range(0.0, 5.0, 0.0),
            },
            # As SageMaker publishes them for its built-in XGBoost; depth 0 means no
            # limit there and is left out.
            "sagemaker": {
                "learning_rate": Range(0.1, 0.5, 0.3),
                "max_depth": Range(1, 10, 6, whole=True),
                "min_child_weight": Range(0.0, 120.0, 1.0),
                "reg_alpha": Range(0.0, 1000.0, 0.0),
                "reg_lambda": Range(0.0, 1000.0, 1.0),
                "gamma": Range(0.0, 5.0, 0.0),
                "subsample": Range(0.5, 1.0, 1.0),
                "colsample_bytree": Range(0.5, 1.0, 1.0),
            },
        },
    ),
    _model(
        "logistic",
        "logistic.Logistic",
        title="logistic regression",
        summary="Log odds that add up over the columns, with coefficients shrunk by "
        "ridge; how much is chosen on the validation rows, by log loss.",
        when="effects that add up, few rows, or a model that must be read by a person",
        when_not="strong interactions, unless columns stand for them",
        source="Hoerl and Kennard 1970, doi:10.1080/00401706.1970.10488634; le Cessie "
        "and van Houwelingen 1992, doi:10.2307/2347628",
        package="scikit-learn",
        rounds="values of C",
        parameters=(number("C", 1.0, 1e-9, 1e9, "coefficients are shrunk less"),),
        spaces={},
    ),
    _model(
        "random-forest",
        "forest.RandomForest",
        title="random forest",
        summary="Trees that each learn from rows and columns drawn anew; what they say "
        "is averaged.",
        when="a good model at its defaults; with few positives it gains from fewer "
        "negatives",
        when_not="a small file, or a model that must be read by a person",
        source="Breiman 2001, doi:10.1023/A:1010933404324",
        package="scikit-learn",
        rounds="trees",
        file=TREES,
        parameters=(
            whole("n_estimators", 100, 1, 10_000, "scores are steadier"),
            whole("max_depth", 0, 0, 64, "trees ask more questions; 0 is no limit"),
            whole("min_samples_leaf", 1, 1, 10_000, "leaves must hold more rows"),
            number(
                "max_features",
                *(0.0, 0.0, 1.0),
                "each split sees more columns; 0 is the square root of their number",
            ),
        ),
        spaces={
            "forest": {
                "max_depth": Range(3, 30, 20, whole=True),
                "min_samples_leaf": Range(1, 50, 1, log=True, whole=True),
                "max_features": Range(0.1, 1.0, 0.3),
            },
        },
    ),
    _model(
        "hist-gradient-boosting",
        "hist_gradient_boosting.HistGradientBoosting",
        title="histogram gradient boosting",
        summary="Gradient boosting of trees by scikit-learn, on numbers in bins.",
        when="as XGBoost, where scikit-learn is all that may be installed",
        when_not="a few hundred rows, or a model that must be read by a person",
        source="Ke et al. 2017 (LightGBM), NeurIPS 30, whose method it is",
        package="scikit-learn",
        file=TREES,
        needs=Needs(missing=True),
        rounds=BOOSTING,
        parameters=(
            number("learning_rate", 0.1, 1e-4, 1.0, "each tree counts for more"),
            whole("max_leaf_nodes", 31, 2, 65536, "trees have more leaves"),
            whole("max_depth", 0, 0, 64, "trees ask more questions; 0 is no limit"),
            whole("min_samples_leaf", 20, 1, 10_000, "leaves must hold more rows"),
            number("l2_regularization", 0.0, 0.0, 1e9, "leaves are shrunk more"),
            number("max_features", 1.0, 0.01, 1.0, "each split sees more columns"),
        ),
        spaces={
            "shallow": {
                "learning_rate": Range(0.02, 0.3, 0.1, log=True),
                "max_leaf_nodes": Range(2, 16, 8, log=True, whole=True),
                "min_samples_leaf": Range(5, 100, 20, log=True, whole=True),
                "l2_regularization": Range(0.001, 20.0, 0.001, log=True),
                "max_features": Range(0.5, 1.0, 1.0),
            },
            "wide": {
                "learning_rate": Range(0.005, 0.3, 0.1, log=True),
                "max_leaf_nodes": Range(2, 255, 31, log=True, whole=True),
                "min_samples_leaf": Range(1, 200, 20, log=True, whole=True),
                "l2_regularization": Range(0.001, 100.0, 0.001, log=True),
                "max_features": Range(0.3, 1.0, 1.0),
            },
        },
    ),
    _model(
        "lightgbm",
        "lightgbm.LightGBM",
        title="LightGBM",
        summary="Gradient boosting of trees that grow leaf by leaf, on bins.",
        when="as XGBoost, where rows are many",
        when_not="a few hundred rows, or a model that must be read by a person",
        source="Ke et al. 2017, NeurIPS 30",
        package="lightgbm",
        extra="lightgbm",
        file=TREES,
        needs=Needs(missing=True),
        rounds=BOOSTING,
        parameters=(
            number("learning_rate", 0.1, 1e-4, 1.0, "each tree counts for more"),
            whole("num_leaves", 31, 2, 65536, "trees have more leaves"),
            whole("max_depth", 0, 0, 64, "trees ask more questions; 0 is no limit"),
            whole("min_child_samples", 20, 0, 10_000, "leaves must hold more rows"),
            number("min_child_weight", 0.001, 0.0, 1e9, "leaves must hold more rows"),
            number("min_split_gain", 0.0, 0.0, 1e9, "a split must gain more"),
            number("subsample", 1.0, 0.01, 1.0, "each tree sees more of the rows"),
            number("colsample_bytree", 1.0, 0.01, 1.0, "each tree sees more columns"),
            number("reg_lambda", 0.0, 0.0, 1e9, "leaves are shrunk more, by squares"),
            number("reg_alpha", 0.0, 0.0, 1e9, "leaves are shrunk more, towards 0"),
        ),
        spaces={
            "shallow": {
                "learning_rate": Range(0.02, 0.3, 0.1, log=True),
                "num_leaves": Range(2, 16, 8, log=True, whole=True),
                "min_child_samples": Range(5, 100, 20, log=True, whole=True),
                "subsample": Range(0.5, 1.0, 1.0),
                "colsample_bytree": Range(0.5, 1.0, 1.0),
                "reg_lambda": Range(0.001, 20.0, 0.001, log=True),
            },
            "wide": {
                "learning_rate": Range(0.005, 0.3, 0.1, log=True),
                "num_leaves": Range(2, 255, 31, log=True, whole=True),
                "min_child_samples": Range(1, 200, 20, log=True, whole=True),
                "subsample": Range(0.4, 1.0, 1.0),
                "colsample_bytree": Range(0.3, 1.0, 1.0),
                "reg_lambda": Range(0.001, 100.0, 0.001, log=True),
                "reg_alpha": Range(0.001, 10.0, 0.001, log=True),
                "min_split_gain": Range(0.0, 5.0, 0.0),
            },
        },
    ),
    _model(
        "linear-svm",
        "svm.LinearMachine",
        title="linear support vector machine",
        summary="The plane that keeps the classes furthest apart; probabilities by a "
        "sigmoid of the distance to it.",
        when="many columns of which most matter a little",
        when_not="probabilities matter: logistic regression gives them by itself",
        source="Fan et al. 2008 (LIBLINEAR), JMLR 9; Platt 1999",
        package="scikit-learn",
        needs=Needs(classes=False, max_rows=200_000),
        parameters=(number("C", 1.0, 1e-9, 1e9, "rows on the wrong side cost more"),),
        spaces={"margins": {"C": Range(0.001, 100.0, 1.0, log=True)}},
    ),
    _model(
        "rbf-svm",
        "svm.GaussianMachine",
        title="support vector machine with a Gaussian kernel",
        summary="A boundary of any form, made of kernels around rows near it; "
        "probabilities by a sigmoid of the distance to it.",
        when="to see what a method does: of all models it gains the most by resampling",
        when_not="more than some thousand rows: its time grows with their square",
        source="Chang and Lin 2011 (LIBSVM), doi:10.1145/1961189.1961199; Platt 1999",
        package="scikit-learn",
        needs=Needs(classes=False, max_rows=20_000),
        parameters=(
            number("C", 1.0, 1e-9, 1e9, "rows on the wrong side cost more"),
            number(
                "gamma",
                *(1.0, 1e-9, 1e9),
                "kernels are narrower; 1 is scikit-learn's scale",
            ),
        ),
        spaces={
            "kernels": {
                "C": Range(0.01, 100.0, 1.0, log=True),
                "gamma": Range(0.1, 10.0, 1.0, log=True),
            },
        },
    ),
)


@cache
def _ensembles() -> dict[str, ModelEntry]:
    return {entry.name: _of_ensemble(entry) for entry in ENSEMBLES}


def _of_ensemble(entry: Ensemble) -> ModelEntry:
    """Return an ensemble, which is a method, as the model that learns in its arm."""
    copied = ("name", "title", "summary", "parameters", "source", "when", "when_not")
    return ModelEntry(
        **{name: getattr(entry, name) for name in copied},
        home="engine.train.models.ensembles.BalancedEnsemble",
        package=entry.package,
        spaces={"balanced": entry.space},
        needs=Needs(weights=entry.takes_weights),
        base="random-forest" if entry.name == "balanced-random-forest" else "",
        file=TREES,
    )


GROUP: Final = "imbtui.models"


def models() -> tuple[ModelEntry, ...]:
    """Return every model, but for the ensembles, which are methods."""
    return (*MODELS, *_load_plugins()[0])


def problems() -> tuple[PluginProblem, ...]:
    """Return what is wrong with the models that other packages offer."""
    return _load_plugins()[1]


def offered() -> tuple[Offered, ...]:
    """Return the package of each model of another one."""
    return _load_plugins()[2]


def forget() -> None:
    """Look the entry points up anew when asked for."""
    _load_plugins.cache_clear()


@cache
def _load_plugins() -> tuple[
    tuple[ModelEntry, ...], tuple[PluginProblem, ...], tuple[Offered, ...]
]:
    taken = (one.name for one in (*MODELS, *ENSEMBLES))
    return load(GROUP, ModelEntry, _needs, taken=taken)


def _needs(entry: ModelEntry) -> tuple[Need, ...]:
    """Return what a model of a package must keep to."""
    names = entry.parameter_names
    return tuple(
        (
            parameter in names,
            f"{entry.name} searches {parameter!r}, which it has not",
            "list it in its parameters",
        )
        for space in entry.spaces.values()
        for parameter in space
    )


def ensembles() -> tuple[ModelEntry, ...]:
    """Return the ensembles, each of which is the model of the method of its name."""
    return tuple(_ensembles().values())


def names() -> tuple[str, ...]:
    """Return the name of every model.

    Examples
    --------
    >>> "xgboost" in names(), "rus-boost" in names()
    (True, False)
    """
    return tuple(entry.name for entry in models())


def get(name: str) -> ModelEntry:
    """Return the model of that name, or the ensemble.

    Raises
    ------
    SpecError
        If there is none; suggests the nearest name.

    Examples
    --------
    >>> get("xgboost").rounds, get("balanced-random-forest").needs.weights
    ('boosting rounds', True)
    """
    for entry in models():
        if entry.name == name:
            return entry
    if name in _ensembles():
        return _ensembles()[name]
    raise unknown(f"no model {name!r}", names(), name)


def is_installed(entry: ModelEntry) -> bool:
    """Tell whether the package of a model is there; imbtui's own needs always are."""
    name = entry.package.replace("-", "_")
    return not entry.extra or find_spec(name) is not None


def install(entry: ModelEntry) -> str:
    """Return the command that brings the package of a model.

    Examples
    --------
    >>> from msgspec.structs import replace
    >>> install(replace(get("logistic"), extra="more"))
    "pip install 'imbtui[more]'"
    """
    return f"pip install 'imbtui[{entry.extra}]'"


def check_names(wanted: Iterable[str]) -> tuple[str, ...]:
    """Return models, each once, if there are such.

    Raises
    ------
    SpecError
        If one is no model, or there are none.
    """
    chosen = tuple(dict.fromkeys(wanted))
    for name in chosen:
        if name in _ensembles():
            raise SpecError(
                f"{name} is an ensemble, which is its own model",
                "name it among the methods",
                action="methods",
            )
        if name not in names():
            raise unknown(f"no model {name!r}", names(), name)
    return chosen


def fixed_params(model: ModelSpec, arm: Arm | None) -> Params:
    """Return the parameters of an arm's model that are not searched."""
    if arm is None or arm.learner == XGBOOST:
        return {**model.params, **(arm.params if arm else {})}
    return arm.params
