"""Every method that can be an arm, as plain data: ours, and samplers of other packages.

No sampler is imported here, so that a front end can list the methods and their
parameters without loading the science stack.

Another package offers samplers under the entry point group ``imbtui.samplers``; see
`engine.core.plugins` and docs/plugins.md.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING

from engine.core import models, plugins
from engine.core.errors import SpecError, unknown
from engine.core.methods.builtin import CONTROLS, ENSEMBLES, SAMPLERS, Ensemble
from engine.core.methods.samplers import (
    CONTROL,
    Parameter,
    Params,
    ParamValue,
    Sampler,
)
from engine.core.plugins import PluginProblem

if TYPE_CHECKING:
    from engine.core.experiment import Experiment
    from engine.core.methods.grammar import Arm, Step

__all__ = ["CONTROL", "CONTROLS", "ENSEMBLES", "SAMPLERS"]  # are read from here too
_BY_NAME = {s.name: s for s in SAMPLERS}
_ENSEMBLE_BY_NAME = {e.name: e for e in ENSEMBLES}


def samplers() -> tuple[Sampler, ...]:
    """Return every sampler: imbalanced-learn's, then those of other packages."""
    return (*SAMPLERS, *plugin_samplers(), *_offered.values())


def packages(arms: Iterable[Arm]) -> tuple[str, ...]:
    """Return the packages that the arms' samplers and models come from, in order."""
    chosen = tuple(arms)
    used = {sampler(step.sampler).package for arm in chosen for step in arm.steps}
    return tuple(sorted(used | {models.get(arm.learner).package for arm in chosen}))


def names() -> tuple[str, ...]:
    """Return the name of every arm there is: controls, samplers, ensembles."""
    return tuple(one.name for one in (*CONTROLS, *samplers(), *ENSEMBLES))


def sampler(name: str) -> Sampler:
    """Return the sampler of that name.

    Raises
    ------
    SpecError
        If there is none; suggests the nearest name.
    """
    known = (
        _BY_NAME.get(name)
        or _offered.get(name)
        or next((s for s in plugin_samplers() if s.name == name), None)
    )
    if known is None:
        raise no_method(name, (s.name for s in samplers()), what="sampler")
    return known


def ensemble(name: str) -> Ensemble:
    """Return the ensemble of that name.

    Raises
    ------
    SpecError
        If there is none; suggests the nearest name.

    Examples
    --------
    >>> ensemble("rus-boost").title
    'RUSBoost'
    """
    if name not in _ENSEMBLE_BY_NAME:
        raise no_method(name, _ENSEMBLE_BY_NAME, what="ensemble")
    return _ENSEMBLE_BY_NAME[name]


# Checks -------------------------------------------------------------------------------


def check(experiment: Experiment) -> None:
    """Refuse arms that cannot be prepared, or compared.

    Raises
    ------
    SpecError
        If the untreated rows are not among the arms of each model, or an arm is not
        as the registry knows it.
    """
    compared = {arm.model for arm in experiment.arms if arm.is_untreated}
    learning = [arm.model for arm in experiment.arms if arm.ensemble is None]
    for model in learning or [models.XGBOOST]:
        if model not in compared:
            one = len({*learning}) < 2
            name = CONTROL if one else f"{CONTROL}@{model}"
            raise SpecError(
                f"the arms have no untreated control called {name!r}",
                f"add an arm with the name {name!r}, without steps and weights: the "
                "others are compared with it",
            )
    for known in experiment.arms:
        check_arm(known)


def check_arm(arm: Arm) -> None:
    """Refuse an arm that cannot be prepared.

    Raises
    ------
    SpecError
        If a step or the ensemble is not as the registry knows it, or the arm is two
        things at a time.
    """
    if arm.ensemble is None:
        entry = models.get(arm.model)
        if arm.params and arm.model == models.XGBOOST:
            raise SpecError(
                f"{arm.name} has params and no ensemble",
                "give parameters of a sampler in its step, those of XGBoost in model",
            )
        entry.check(arm.model, arm.params)
        for step in arm.steps:
            check_step(step)
        return
    for name in ("steps", "weights"):
        if getattr(arm, name):
            raise SpecError(
                f"{arm.name} has {name} and an ensemble",
                "leave one of them out: an ensemble balances its members by itself",
            )
    check_ensemble(arm.ensemble, arm.params)


def check_step(step: Step) -> Params:
    """Return the step's parameters with the defaults filled in.

    Raises
    ------
    SpecError
        If the sampler, a parameter or a value does not exist or fit, or a parameter
        is both fixed and searched.
    """
    entry = sampler(step.sampler)
    values = _values(entry.name, entry.parameters, step.params)
    for name in step.tune:
        if name in step.params:
            raise SpecError(
                f"{name} of {step.sampler} is both fixed and searched",
                "leave it out of params, or out of tune",
            )
    searched = tries(step)
    if "counts" in searched:
        # A part of the rows may bear them and all of the rows not: nobody would know
        # before the search is over.
        raise SpecError(
            f"counts of {step.sampler} cannot be searched", "search ratio instead"
        )
    if values.get("counts") and ("ratio" in step.params or "ratio" in searched):
        raise SpecError(
            f"{step.sampler} is given a ratio and counts", "leave one of them out"
        )
    return values


def check_ensemble(name: str, params: Mapping[str, ParamValue]) -> Params:
    """Return an ensemble's parameters with the defaults filled in.

    Raises
    ------
    SpecError
        If the ensemble, a parameter or a value does not exist or fit.

    Examples
    --------
    >>> check_ensemble("rus-boost", {"n_estimators": 80})["n_estimators"]
    80
    """
    return _values(name, ensemble(name).parameters, params)


def tries(step: Step) -> dict[str, tuple[ParamValue, ...]]:
    """Return the values to try of each parameter that is searched.

    Parameters
    ----------
    step : Step
        Where it gives no values of its own, the registry's are taken.

    Raises
    ------
    SpecError
        If there is no such parameter, a value does not fit, or there are none.

    Examples
    --------
    >>> from engine.core.methods.grammar import Step
    >>> tries(Step("smote", tune={"k_neighbors": (), "ratio": (0.5, 1)}))
    {'k_neighbors': (3, 5, 10), 'ratio': (0.5, 1.0)}
    """
    entry = sampler(step.sampler)
    values_of: dict[str, tuple[ParamValue, ...]] = {}
    for name, given in step.tune.items():
        parameter = _parameter(entry.name, entry.parameters, name)
        values = given or parameter.tries
        if not values:
            raise SpecError(
                f"{name} of {step.sampler} has no default values to search",
                f"give some, as in {name}=A/B, or leave it out of tune",
            )
        checked = (parameter.check(entry.name, value) for value in values)
        values_of[name] = tuple(dict.fromkeys(checked))
    return values_of


def default(owner: str, name: str) -> ParamValue:
    """Return the default of a sampler's parameter.

    Examples
    --------
    >>> default("kmeans-smote", "clusters")
    8
    """
    return _parameter(owner, sampler(owner).parameters, name).default


def no_parameter(owner: str, name: str, known: Iterable[Parameter]) -> SpecError:
    """Return the error of a parameter that there is not."""
    names = (parameter.name for parameter in known)
    return unknown(f"{owner} has no parameter {name!r}", names, name)


def _values(
    owner: str, known: tuple[Parameter, ...], given: Mapping[str, ParamValue]
) -> Params:
    values = {p.name: p.default for p in known}
    for name, value in given.items():
        values[name] = _parameter(owner, known, name).check(owner, value)
    return values


def _parameter(owner: str, known: tuple[Parameter, ...], name: str) -> Parameter:
    parameter = next((p for p in known if p.name == name), None)
    if parameter is None:
        raise no_parameter(owner, name, known)
    return parameter


def no_method(name: str, known: Iterable[str], what: str = "method") -> SpecError:
    """Return the error of a name that no method has; suggests the nearest."""
    known = tuple(known)
    near = difflib.get_close_matches(name.lower().replace("_", "-"), known, n=1)
    fix = f"choose one of the {len(known)} there are"
    if near:
        fix = f"did you mean {near[0]!r}? Or {fix}"
    elif what != "method":
        fix = f"there are: {', '.join(known)}"
    return SpecError(
        f"no {what} {name!r}", fix, action="methods", given=name, allowed=known
    )


# Samplers of the user's own program ---------------------------------------------------

_offered: dict[str, Sampler] = {}


def offer(name: str, title: str) -> None:
    """Add a sampler that the user's program made, to this process alone.

    What it does is not known beforehand: `engine.resample.objects` holds it.

    Parameters
    ----------
    name : str
        As a method's: small letters, digits and hyphens.
    title : str
        What its class is called.
    """
    _offered[name] = Sampler(
        name=name,
        title=title,
        home=f"engine.resample.objects.{name.replace('-', '_')}",
        group="combined",
        summary="A sampler of the user's own program.",
        package="user",
    )


# Samplers of other packages -----------------------------------------------------------


GROUP = "imbtui.samplers"
_TAKEN = {"tune", *(one.name for one in (*CONTROLS, *SAMPLERS, *ENSEMBLES))}


def plugin_samplers() -> tuple[Sampler, ...]:
    """Return the samplers of other packages, in the order of their entry points.

    They are looked up once per process.
    """
    return _load_plugins()[0]


def problems() -> tuple[PluginProblem, ...]:
    """Return what is wrong with entry points of other packages, in their order."""
    return _load_plugins()[1]


def offered() -> tuple[plugins.Offered, ...]:
    """Return the package of each sampler of another one."""
    return _load_plugins()[2]


def forget() -> None:
    """Look the entry points up anew when asked for; drop what was offered."""
    _load_plugins.cache_clear()
    _offered.clear()


@cache
def _load_plugins() -> tuple[
    tuple[Sampler, ...], tuple[PluginProblem, ...], tuple[plugins.Offered, ...]
]:
    return plugins.load(GROUP, Sampler, _needs, taken=_TAKEN)


def _needs(sampler: Sampler) -> tuple[plugins.Need, ...]:
    """Return what a sampler of a package must keep to."""
    name, names = sampler.name, sampler.parameter_names
    whole = "give both (engine.core.methods.samplers has them), or none if it cleans"
    near = sampler.neighbors
    return (
        (("ratio" in names) == ("counts" in names), f"{name} has one ratio", whole),
        (sampler.group == "under" or sampler.has_ratio, f"{name} has no ratio", whole),
        (near in (None, *names), f"{name} has no {near!r}", plugins.NAMES),
    )
