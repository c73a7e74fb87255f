"""The experiment: one frozen value that says everything a run needs.

It is read from and written to TOML, and hashed in a canonical form, so that
two runs can be told to be the same experiment.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, get_args

import msgspec

from engine.costs import Costs
from engine.spec_checks import CONTROL, check, take_number
from engine.spec_data import DataSpec, Part, ReadSpec

__all__ = ["CONTROL", "DataSpec", "ReadSpec"]  # are imported from here too

ParamValue: TypeAlias = str | int | float | bool
Objective: TypeAlias = Literal["average_precision", "roc_auc", "log_loss", "brier"]
OBJECTIVES: tuple[Objective, ...] = get_args(Objective)


class SplitSpec(Part, frozen=True):
    """The hold-out: which share of the rows is kept for the one last look.

    At most one of `group`, `time` and `by` may be given.

    Parameters
    ----------
    test_size : float, default=0.2
        Share of the rows, in (0, 1).
    stratify : bool, default=True
        Keep the class shares equal in train and test.
    group : str or None, default=None
        Column whose equal values must stay on one side (patients, accounts).
    time : str or None, default=None
        Column of dates or numbers: the latest rows are the test rows.
    by : str or None, default=None
        Column that says which rows are test rows (``test``, ``1``, ``true``).
    duplicates : {"together", "apart"}, default="together"
        Whether rows equal in every feature stay on one side, if few enough for copies.
    """

    test_size: float = 0.2
    stratify: bool = True
    group: str | None = None
    time: str | None = None
    by: str | None = None
    duplicates: Literal["together", "apart"] = "together"


class FeatureSpec(Part, frozen=True):
    """How columns become numbers; the same for every arm.

    Parameters
    ----------
    missing : {"impute", "native"}, default="impute"
        ``impute`` fills numbers with the median of the fitting rows and adds an
        indicator column. ``native`` leaves them missing for XGBoost, which only
        arms that change no row can take.
    max_categories : int, default=30
        Levels of a column that get an indicator of their own; the rarest
        others share one.
    """

    missing: Literal["impute", "native"] = "impute"
    max_categories: int = 30


class Step(Part, frozen=True):
    """One sampler of a method with the parameters that differ from default.

    Parameters
    ----------
    sampler : str
        Its name in `engine.resample.registry`.
    params : dict, default={}
        Values that are fixed.
    tune : dict of str to tuple, default={}
        Parameters that join the arm's search, each with the values to try; the
        registry's values where the tuple is empty.
    """

    sampler: str
    params: dict[str, ParamValue] = {}
    tune: dict[str, tuple[ParamValue, ...]] = {}


class Arm(Part, frozen=True):
    """One way of treating imbalance: a control, a method, or an ensemble.

    Parameters
    ----------
    name : str
        What the board calls it. Without steps, weights and ensemble it is the name of
        a method, as of ``--methods``, and the arm is that method (``untreated`` is the
        control); any other name is refused then.
    steps : tuple of Step, default=()
        Samplers in order; empty for the controls and the ensembles.
    weights : bool or "cost", default=False
        Weigh positives by the class ratio (XGBoost's ``scale_pos_weight``), or by
        the ratio of the costs.
    ensemble : str or None, default=None
        An ensemble of imbalanced-learn that takes XGBoost's place.
    params : dict, default={}
        Parameters of the ensemble that are fixed and so not searched.

    Examples
    --------
    >>> Arm(name="smote").steps
    (Step(sampler='smote', params={}, tune={}),)
    """

    name: str
    steps: tuple[Step, ...] = ()
    weights: bool | Literal["cost"] = False
    ensemble: str | None = None
    params: dict[str, ParamValue] = {}

    def __post_init__(self) -> None:
        """Take the method from the name where nothing else says it."""
        if self.name == CONTROL or self.weights or self.kind != "control":
            return
        from engine.resample.grammar import method

        found = method(self.name)
        values = msgspec.structs.asdict(found) | {"params": found.params | self.params}
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
    """XGBoost: the space to search and what is fixed in it.

    Parameters
    ----------
    space : str, default="shallow"
        Name of a search space of `engine.train.space`.
    params : dict, default={}
        XGBoost parameters that are fixed and so not searched.
    rounds : int, default=300
        Most boosting rounds of a trial.
    early_stopping : int, default=50
        Rounds without a better mean score over the folds before a trial stops;
        0 trains all rounds.
    evaluate_every : int, default=10
        Rounds between two looks at the validation rows.
    """

    space: str = "shallow"
    params: dict[str, ParamValue] = {}
    rounds: int = 300
    early_stopping: int = 50
    evaluate_every: int = 10


class SearchSpec(Part, frozen=True):
    """The budget, the same for every arm.

    Parameters
    ----------
    trials : int, default=20
        Settings tried per arm.
    folds : int, default=5
        Folds inside the training rows.
    repeats : int, default=1
        Times the folds are drawn anew.
    objective : str, default="average_precision"
        What a trial is judged by, on untouched validation rows.
    method : {"tpe", "random"}, default="tpe"
        Optuna's sampler of settings.
    time_limit : float or None, default=None
        Seconds after which no new trial starts.
    prune : bool, default=True
        Stop a trial that stays behind the median of the earlier ones.
    patience : float, default=3600
        Seconds that preparing an arm's rows may be estimated to take; an arm that
        would take longer is refused before the run begins.
    """

    trials: int = 20
    folds: int = 5
    repeats: int = 1
    objective: Objective = "average_precision"
    method: Literal["tpe", "random"] = "tpe"
    time_limit: float | None = None
    prune: bool = True
    patience: float = 3600.0


class DecisionSpec(Part, frozen=True):
    """What the user cares about when a score becomes a yes or a no.

    Parameters
    ----------
    at : str, default="recommended"
        Operating point the board is ordered by. One that is named here is also what
        the recommendation aims at, as long as no costs are given. The number in its
        name counts: it sets `recall_floor`, `precision_floor` or `alerts`.
    cost_fn, cost_fp : float or None, default=None
        Cost of a missed positive and of a false alarm. Without the first, a missed
        positive is taken to cost as many false alarms as there are negatives to a
        positive, which is what balancing the classes implies; see `costs`.
    cost_tp, cost_tn : float, default=0, 0
        Cost of a found positive and of a negative left alone; below the cost of the
        mistake that could be made instead.
    recall_floor : float, default=0.8
        The r of the operating point ``recall>=r``.
    precision_floor : float, default=0.2
        The p of the operating point ``precision>=p``.
    alerts : float, default=0.05
        The k of the point ``alerts<=k``: below 1 a share of the rows, from 1 on a
        number of the test rows.
    rope : float, default=0.01
        Differences of average precision up to this are the same in practice; up to a
        tenth of it where it is below 0.1.
    """

    at: str = "recommended"
    cost_fn: float | None = None
    cost_fp: float | None = None
    cost_tp: float = 0.0
    cost_tn: float = 0.0
    recall_floor: float = 0.8
    precision_floor: float = 0.2
    alerts: float = 0.05
    rope: float = 0.01

    def __post_init__(self) -> None:
        """Take the number of an operating point from its name."""
        take_number(self)

    @property
    def points(self) -> tuple[str, ...]:
        """Every operating point that is worked out, in the order shown."""
        few = f"{100 * self.alerts:.12g}%" if self.alerts < 1 else f"{self.alerts:.12g}"
        return (
            "recommended",
            "default",
            "prevalence",
            "f1",
            "cost",
            f"recall>={self.recall_floor:.12g}",
            f"precision>={self.precision_floor:.12g}",
            f"alerts<={few}",
        )

    @property
    def aim(self) -> str:
        """The point whose threshold is the recommended one: ``cost``, or one chosen.

        Examples
        --------
        >>> DecisionSpec().aim, DecisionSpec(at="recall>=0.8").aim
        ('cost', 'recall>=0.8')
        >>> DecisionSpec(at="recall>=0.8", cost_fn=10).aim
        'cost'
        """
        if self.cost_fn is not None or self.at == "recommended":
            return "cost"
        return self.at

    def costs(self, classes: Mapping[str, int], positive: str | None) -> Costs:
        """Return the costs that decide, as given or as balancing the classes implies.

        Parameters
        ----------
        classes : mapping of str to int
            Rows per class of the table.
        positive : str or None
            Label of the positive class; None of more than two classes, of which the
            most frequent one is the negative.

        Returns
        -------
        Costs

        Examples
        --------
        >>> assumed = DecisionSpec().costs({"0": 42_617, "1": 783}, "1")
        >>> round(assumed.cost_fn, 1), assumed.cost_fp, assumed.assumed
        (54.4, 1.0, True)
        >>> DecisionSpec(cost_fn=10).costs({"0": 90, "1": 10}, "1").ratio
        10.0
        """
        total = sum(classes.values())
        most = max(classes.values(), default=0)
        if positive is not None:
            few = classes.get(positive, 0)
            implied = {positive: (total - few) / max(few, 1)}
        else:
            implied = {k: most / max(n, 1) for k, n in classes.items()}
        alarm = 1.0 if self.cost_fp is None else self.cost_fp
        unit = alarm - self.cost_tn
        given = None if self.cost_fn is None else self.cost_fn - self.cost_tp
        saved = {k: unit * r if given is None else given for k, r in implied.items()}
        if positive is None and given is not None and classes:
            saved[max(classes, key=classes.__getitem__)] = unit
        return Costs(
            cost_fn=max(saved.values(), default=unit) + self.cost_tp
            if self.cost_fn is None
            else self.cost_fn,
            cost_fp=alarm,
            cost_tp=self.cost_tp,
            cost_tn=self.cost_tn,
            assumed=given is None,
            classes={} if positive is not None else saved,
        )


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
    seed: int = 42
    preset: str | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be run, before any work."""
        check(self)


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
        from engine.toml.writer import written

        return written(experiment)
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
        line, as far as it can be told.
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
