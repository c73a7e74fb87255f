"""Arms that change no row, as plain data: controls, and ensembles. Light.

An ensemble takes XGBoost's place in its arm: it balances by itself, member by member,
and judges a row by the mean probability of its members.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from engine.resample import ratio
from engine.resample.samplers import NO_YES, Parameter, choice, number, whole
from engine.spec import CONTROL, ParamValue
from engine.train.space import Range


class Control(NamedTuple):
    """An arm that changes no row."""

    name: str
    title: str
    summary: str
    weights: bool | Literal["cost"]
    when: str = ""
    when_not: str = ""
    source: str = ""


CONTROLS: tuple[Control, ...] = (
    Control(
        CONTROL,
        "as it is",
        "Leaves the training rows alone.",
        weights=False,
        when="Always: what a remedy gains is told by its distance from this one, and "
        "with a threshold that suits the costs this often is the best.",
        when_not="Only the threshold 0.5 can be used: it finds few positives there.",
        source="Elkan 2001, IJCAI, pages 973-978",
    ),
    Control(
        "weights",
        "class weights",
        "Weighs each positive by the class ratio; no row is added or removed.",
        weights=True,
        when="As the remedy without a draw: what random oversampling does to the loss, "
        "at no cost.",
        when_not="Probabilities are wanted: all of them are raised.",
        source="XGBoost's scale_pos_weight",
    ),
    Control(
        "cost-weights",
        "cost weights",
        "Weighs each positive by the cost of a miss over that of a false alarm.",
        weights="cost",
        when="The two costs are known, and the threshold is to stay at 0.5.",
        when_not="The costs may change, or probabilities are wanted: move the "
        "threshold of `none` instead, which needs no new training.",
        source="Elkan 2001, IJCAI, pages 973-978",
    ),
)


class Fewer(NamedTuple):
    """What an ensemble is told to balance to: rows per class, from those it has.

    Given as its ``sampling_strategy``, which as a plain fraction would be truncated,
    refused where the rows have that ratio already, and for two classes only.

    Attributes
    ----------
    ratio : float
        Rows of the rarest class for each row of any other, at most.
    rarest : bool
        Whether the rarest class is drawn too, with as many rows as it has.

    Examples
    --------
    >>> Fewer(0.5)([0, 0, 0, 0, 0, 1]), Fewer(1.0, rarest=True)([0, 0, 1])
    ({0: 2}, {0: 1, 1: 1})
    """

    ratio: float
    rarest: bool = False

    def __call__(self, y: Any) -> dict[int, int]:
        """Return the rows of each class that is drawn from."""
        counts: dict[int, int] = {}
        for label in map(int, y):
            counts[label] = counts.get(label, 0) + 1
        wanted = ratio.targets("under", counts, self.ratio)
        rare, _ = ratio.ends(counts)
        return {c: n for c, n in wanted.items() if self.rarest or c != rare}


class Ensemble(NamedTuple):
    """One ensemble of imbalanced-learn.

    `space` is what the search chooses among, by name of a parameter; the others keep
    their defaults. A parameter's `sets` is the path at which scikit-learn's
    ``set_params`` takes it: ``estimator__max_depth`` is the depth of a member's tree.
    `members` names the classes that must be put in place for that, outermost first:
    ``home(estimator=members[0](estimator=members[1]()))``.
    """

    name: str
    title: str
    home: str
    summary: str
    parameters: tuple[Parameter, ...]
    space: dict[str, Range]
    members: tuple[str, ...] = ()
    when: str = ""
    when_not: str = ""
    source: str = ""
    package: str = "imbalanced-learn"

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Names of its parameters."""
        return tuple(p.name for p in self.parameters)

    def path_of(self, name: str) -> str:
        """Return where ``set_params`` takes a parameter.

        Examples
        --------
        >>> [e.path_of("max_depth") for e in ENSEMBLES[:2]]
        ['max_depth', 'estimator__estimator__max_depth']
        """
        known = next(p for p in self.parameters if p.name == name)
        return known.sets or name

    def value_of(self, name: str, value: ParamValue) -> Any:
        """Return what ``set_params`` takes for a parameter's value.

        Examples
        --------
        >>> forest = ENSEMBLES[0]
        >>> forest.value_of("max_depth", 0) is None, forest.value_of("ratio", 0.5)
        (True, Fewer(ratio=0.5, rarest=True))
        """
        known = next(p for p in self.parameters if p.name == name)
        if name == "ratio":
            # A forest draws each tree's rows by this; the others draw before it.
            return Fewer(float(value), rarest=self.name == "balanced-random-forest")
        if value == known.absent:
            return _ABSENT.get(name)
        return known.passed(value)

    def given(self, values: Mapping[str, ParamValue]) -> dict[str, Any]:
        """Return what ``set_params`` takes, by path, for values by our names."""
        return {
            self.path_of(name): self.value_of(name, v) for name, v in values.items()
        }


_ABSENT: dict[str, Any] = {"max_features": "sqrt"}
"""What the library calls that which no number of ours stands for; None if not here."""


def _members(default: int, effect: str) -> Parameter:
    return whole("n_estimators", default, 1, 1_000, effect)


def _depth(default: int, path: str = "") -> Parameter:
    return whole(
        "max_depth",
        default,
        0,
        64,
        "deeper trees, which tell rows apart by more columns at once and overfit "
        "sooner; 0: no limit",
        sets=path,
        absent=0,
    )


def _leaf(path: str = "") -> Parameter:
    return whole(
        "min_samples_leaf",
        1,
        1,
        1_000,
        "more rows in each leaf, so smoother probabilities",
        sets=path,
    )


_AGAIN = choice(
    "replacement", NO_YES, "yes: a member may be given the same row more than once"
)
_RATIO = number(
    "ratio",
    1.0,
    0.01,
    1.0,
    "minority rows for each majority row that a member is given: fewer of those; 1 "
    "is balanced",
    sets="sampling_strategy",
)


def _rate(path: str = "") -> Parameter:
    return number(
        "learning_rate",
        1.0,
        0.001,
        10.0,
        "each tree counts more, so fewer are needed and it overfits sooner",
        sets=path,
    )


_TREE = "sklearn.tree.DecisionTreeClassifier"
_RATIOS = Range(0.1, 1.0, 1.0, log=True)
_LEAVES = Range(1, 20, 1, log=True, whole=True)

ENSEMBLES: tuple[Ensemble, ...] = (
    Ensemble(
        "balanced-random-forest",
        "balanced random forest",
        "imblearn.ensemble.BalancedRandomForestClassifier",
        "A random forest whose trees each see as many majority rows as minority rows.",
        (
            _members(100, "more trees: steadier, and slower in proportion"),
            _depth(0),
            _leaf(),
            number(
                "max_features",
                0.0,
                0.0,
                1.0,
                "each split looks at a larger share of the columns, so trees are more "
                "alike; 0: the square root of their number",
                absent=0.0,
            ),
            _RATIO,
            _AGAIN._replace(default="yes"),
        ),
        {
            "n_estimators": Range(50, 300, 100, log=True, whole=True),
            "max_depth": Range(3, 20, 10, whole=True),
            "min_samples_leaf": _LEAVES,
            "max_features": Range(0.1, 1.0, 0.3),
            "ratio": _RATIOS,
        },
        when="Many majority rows: each is seen by some tree, and none by all. "
        "Ensembles on fewer majority rows did best of 29 methods on 73 tables (CLIMB, "
        "2025).",
        when_not="The minority has a few dozen rows, or probabilities are wanted: they "
        "are those of balanced classes.",
        source="Chen, Liaw and Breiman 2004, report 666, University of California, "
        "Berkeley",
    ),
    Ensemble(
        "easy-ensemble",
        "EasyEnsemble",
        "imblearn.ensemble.EasyEnsembleClassifier",
        "Several AdaBoosts, each on all minority rows and as many majority rows.",
        (
            _members(10, "more AdaBoosts: steadier, and slower in proportion"),
            whole(
                "rounds",
                50,
                1,
                1_000,
                "more trees in each AdaBoost",
                sets="estimator__n_estimators",
            ),
            _rate("estimator__learning_rate"),
            _depth(1, "estimator__estimator__max_depth"),
            _RATIO,
            _AGAIN,
        ),
        {
            "n_estimators": Range(5, 30, 10, log=True, whole=True),
            "rounds": Range(10, 100, 50, log=True, whole=True),
            "learning_rate": Range(0.05, 1.0, 1.0, log=True),
            "max_depth": Range(1, 4, 1, whole=True),
            "ratio": _RATIOS,
        },
        ("sklearn.ensemble.AdaBoostClassifier", _TREE),
        when="Few minority rows, many majority rows, and a steady ranking is wanted.",
        when_not="Columns that mean nothing or labels that are wrong: AdaBoost leans "
        "on the rows it cannot get right. Its probabilities crowd around 0.5.",
        source="Liu, Wu and Zhou 2009, doi:10.1109/TSMCB.2008.2007853",
    ),
    Ensemble(
        "rus-boost",
        "RUSBoost",
        "imblearn.ensemble.RUSBoostClassifier",
        "AdaBoost that drops majority rows at random before each of its trees.",
        (
            _members(50, "more trees, each made for what the earlier ones got wrong"),
            _rate(),
            _depth(1, "estimator__max_depth"),
            _leaf("estimator__min_samples_leaf"),
            _RATIO,
            _AGAIN,
        ),
        {
            "n_estimators": Range(20, 200, 50, log=True, whole=True),
            "learning_rate": Range(0.05, 1.0, 1.0, log=True),
            "max_depth": Range(1, 6, 1, whole=True),
            "min_samples_leaf": _LEAVES,
            "ratio": _RATIOS,
        },
        (_TREE,),
        when="The fastest of the four: one boosting, on few rows at a time.",
        when_not="The minority has a handful of rows or labels are wrong: a tree may "
        "then be worse than guessing, and the fit fails.",
        source="Seiffert et al. 2010, doi:10.1109/TSMCA.2009.2029559",
    ),
    Ensemble(
        "balanced-bagging",
        "balanced bagging",
        "imblearn.ensemble.BalancedBaggingClassifier",
        "Trees on samples of the rows from which majority rows were dropped.",
        (
            _members(10, "more trees: steadier, and slower in proportion"),
            _depth(0, "estimator__max_depth"),
            _leaf("estimator__min_samples_leaf"),
            number(
                "max_samples",
                1.0,
                0.05,
                1.0,
                "each tree's sample is larger, before majority rows are dropped",
            ),
            number(
                "max_features",
                1.0,
                0.05,
                1.0,
                "each tree sees a larger share of the columns, so trees are more alike",
            ),
            _RATIO,
            _AGAIN,
        ),
        {
            "n_estimators": Range(10, 100, 50, log=True, whole=True),
            "max_depth": Range(3, 20, 10, whole=True),
            "min_samples_leaf": _LEAVES,
            "max_features": Range(0.3, 1.0, 1.0),
            "ratio": _RATIOS,
        },
        (_TREE,),
        when="As a balanced random forest, with columns drawn per tree, not per split.",
        when_not="The minority has a handful of rows: a sample may hold none of them, "
        "and the fit fails.",
        source="Hido, Kashima and Takahashi 2009, doi:10.1002/sam.10061",
    ),
)
