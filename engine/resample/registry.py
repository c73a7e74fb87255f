"""Every remedy that can be an arm, as plain data.

Light on purpose: no sampler is imported here, so that a front end can list the
remedies and their parameters without loading the science stack.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

from engine.errors import SpecError
from engine.spec import Arm, Experiment, ParamValue, Step

__all__ = [
    "CONTROL",
    "CONTROLS",
    "SAMPLERS",
    "Control",
    "Parameter",
    "Sampler",
    "arm",
    "check",
    "check_step",
    "names",
    "sampler",
]

Kind = Literal["integer", "number", "choice"]


class Parameter(NamedTuple):
    """One parameter of a sampler.

    `low` and `high` bound it (inclusive); None means unbounded. `effect` says in
    plain words what turning it up does.
    """

    name: str
    kind: Kind
    default: ParamValue
    low: float | None
    high: float | None
    effect: str
    choices: tuple[str, ...] = ()


class Sampler(NamedTuple):
    """One sampler of imbalanced-learn.

    `neighbors` names the parameter that says how many minority rows it needs
    beyond one; None if it needs none. A `dear` one takes a time that grows with
    the square of the rows, so it is worth starting early.
    """

    name: str
    title: str
    home: str
    group: Literal["over", "under", "combined"]
    summary: str
    parameters: tuple[Parameter, ...]
    neighbors: str | None = None
    source: str = ""
    dear: bool = False


class Control(NamedTuple):
    """An arm that changes no row."""

    name: str
    title: str
    summary: str
    weights: bool


_RATIO = Parameter(
    "ratio",
    "number",
    1.0,
    0.01,
    1.0,
    "minority rows for each majority row afterwards; 1 is balanced",
)
_NEIGHBORS = Parameter(
    "k_neighbors",
    "integer",
    5,
    1,
    50,
    "synthetic rows reach further away from the rows they come from",
)

CONTROL = "none"
"""The arm that all others are compared with."""

CONTROLS: tuple[Control, ...] = (
    Control(CONTROL, "as it is", "Leaves the training rows alone.", weights=False),
    Control(
        "weights",
        "class weights",
        "Weighs each positive by the class ratio; no row is added or removed.",
        weights=True,
    ),
)

SAMPLERS: tuple[Sampler, ...] = (
    Sampler(
        "random-over",
        "random oversampling",
        "imblearn.over_sampling.RandomOverSampler",
        "over",
        "Repeats minority rows until the classes are balanced.",
        (_RATIO,),
    ),
    Sampler(
        "smote",
        "SMOTE",
        "imblearn.over_sampling.SMOTE",
        "over",
        "Adds minority rows on the lines between near minority rows.",
        (_RATIO, _NEIGHBORS),
        "k_neighbors",
        "Chawla et al. 2002, doi:10.1613/jair.953",
    ),
    Sampler(
        "kmeans-smote",
        "KMeans-SMOTE",
        "imblearn.over_sampling.KMeansSMOTE",
        "over",
        "SMOTE inside the clusters where the minority is common enough.",
        (
            _RATIO,
            Parameter(
                "k_neighbors",
                "integer",
                2,
                1,
                50,
                "synthetic rows reach further inside their cluster",
            ),
            Parameter(
                "clusters",
                "integer",
                8,
                1,
                500,
                "smaller clusters, so synthetic rows stay closer to dense spots",
            ),
            Parameter(
                "cluster_balance_threshold",
                "number",
                0.5,
                0.0,
                1.0,
                "only clusters with a larger minority share are used",
            ),
        ),
        "k_neighbors",
        "Douzas, Bacao and Last 2018, doi:10.1016/j.ins.2018.06.056",
    ),
    Sampler(
        "svm-smote",
        "SVM-SMOTE",
        "imblearn.over_sampling.SVMSMOTE",
        "over",
        "SMOTE at the border that a support vector machine finds.",
        (
            _RATIO,
            _NEIGHBORS,
            Parameter(
                "m_neighbors",
                "integer",
                10,
                1,
                100,
                "a border row is judged as noise or in danger by more neighbours",
            ),
        ),
        "k_neighbors",
        "Nguyen, Cooper and Kamei 2011, doi:10.1504/IJKESDP.2011.039875",
        dear=True,
    ),
    Sampler(
        "random-under",
        "random undersampling",
        "imblearn.under_sampling.RandomUnderSampler",
        "under",
        "Drops majority rows at random until the classes are balanced.",
        (_RATIO,),
    ),
    Sampler(
        "smote-enn",
        "SMOTE-ENN",
        "imblearn.combine.SMOTEENN",
        "combined",
        "SMOTE, then drops every row that its neighbours contradict.",
        (_RATIO, _NEIGHBORS),
        "k_neighbors",
        "Batista, Prati and Monard 2004, doi:10.1145/1007730.1007735",
        dear=True,
    ),
)

_BY_NAME = {s.name: s for s in SAMPLERS}
_CONTROL_BY_NAME = {c.name: c for c in CONTROLS}


def names() -> tuple[str, ...]:
    """Return the name of every arm there is, controls first."""
    return (*_CONTROL_BY_NAME, *_BY_NAME)


def sampler(name: str) -> Sampler:
    """Return the sampler of that name.

    Raises
    ------
    SpecError
        If there is none; suggests the nearest name.
    """
    try:
        return _BY_NAME[name]
    except KeyError:
        raise _unknown(name, _BY_NAME) from None


def arm(name: str) -> Arm:
    """Return the arm of that name with its default parameters.

    Parameters
    ----------
    name : str
        ``none``, ``weights`` or the name of a sampler.

    Raises
    ------
    SpecError
        If there is no such arm; suggests the nearest name.

    Examples
    --------
    >>> arm("smote").steps[0].sampler
    'smote'
    """
    if control := _CONTROL_BY_NAME.get(name):
        return Arm(name=name, weights=control.weights)
    if name not in _BY_NAME:
        raise _unknown(name, names())
    return Arm(name=name, steps=(Step(sampler=name),))


def check(experiment: Experiment) -> None:
    """Refuse arms that cannot be prepared, or compared.

    Raises
    ------
    SpecError
        If the untreated rows are not among the arms, or a step is not as the
        registry knows it.
    """
    untreated = next((a for a in experiment.arms if a.name == CONTROL), None)
    if untreated is None or untreated.steps or untreated.weights:
        raise SpecError(
            f"the arms have no untreated control called {CONTROL!r}",
            f"add an arm with the name {CONTROL!r}, without steps and weights: the "
            "others are compared with it",
        )
    for known in experiment.arms:
        for step in known.steps:
            check_step(step)


def check_step(step: Step) -> dict[str, Any]:
    """Return the step's parameters with the defaults filled in.

    Raises
    ------
    SpecError
        If the sampler, a parameter or a value does not exist or fit.
    """
    entry = sampler(step.sampler)
    known = {p.name: p for p in entry.parameters}
    values: dict[str, Any] = {name: p.default for name, p in known.items()}
    for name, value in step.params.items():
        if name not in known:
            raise SpecError(
                f"{step.sampler} has no parameter {name!r}",
                f"it has: {', '.join(known)}",
            )
        parameter = known[name]
        values[name] = _checked(step.sampler, parameter, value)
    return values


def _checked(owner: str, parameter: Parameter, value: ParamValue) -> ParamValue:
    wanted = "a whole number" if parameter.kind == "integer" else "a number"
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    if not numeric or (parameter.kind == "integer" and value != int(value)):
        raise SpecError(f"{parameter.name} of {owner} is {value!r}", f"give {wanted}")
    low, high = parameter.low, parameter.high
    number = float(value)
    if (low is not None and number < low) or (high is not None and number > high):
        raise SpecError(
            f"{parameter.name} of {owner} is {value}",
            f"give {wanted} from {low:g} to {high:g}",
        )
    return int(value) if parameter.kind == "integer" else number


def _unknown(name: str, known: Iterable[str]) -> SpecError:
    known = tuple(known)
    near = difflib.get_close_matches(name.lower().replace("_", "-"), known, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return SpecError(f"no arm {name!r}", f"{hint}There are: {', '.join(known)}")
