"""An arm as code that needs no imbtui: read, split, encode, treat, fit, judge.

As a Python file in percent-cell form, which editors open as a notebook, and as a
Jupyter notebook with charts: JSON of format 4.5 without outputs. The text is in
`scripting/templates`; nothing is run here but what comes to the run's rows, to compare
them.
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
from collections.abc import Callable
from itertools import chain
from textwrap import wrap
from typing import Any, Literal, NamedTuple

import numpy as np

from engine.core import models
from engine.core.errors import DataError, SpecError
from engine.core.exports import Parts, of_text
from engine.core.methods import ratio, registry
from engine.core.methods.samplers import LIBRARY
from engine.core.models import XGBOOST, fixed_params
from engine.core.outcome import ClassPoint
from engine.core.version import __version__
from engine.export.case import Case
from engine.export.estimator import estimator
from engine.export.scripting.rows import EncodingNeeds, rows
from engine.export.scripting.words import WIDTH, imports, literal, render
from engine.resample.method import build
from engine.resample.neighbours import (
    ExactNeighbors,
    SearchingAllKNN,
    SearchingTomekLinks,
)
from engine.train.finish import cost_ratio, costs_of
from engine.train.models.ensembles import make_ensemble
from engine.train.models.port import find
from engine.train.models.xgboost import bin_params, booster_params, level_params

OF_SCRIPTS = (
    "it reads what it names from the working folder, or the file or folder given as "
    "its argument: python SCRIPT.py PATH"
)
OF_NOTEBOOKS = "its charts need matplotlib, besides the libraries of the script"


def script(case: Case) -> Parts:
    """Return the script of an arm."""
    what = f"{case.chosen.name} at {case.point}, with the libraries alone"
    return _parts(case, "script.py", what, OF_SCRIPTS)


def notebook(case: Case) -> Parts:
    """Return the notebook of an arm."""
    what = f"{case.chosen.name} at {case.point}, explained, with charts"
    return _parts(case, "notebook.ipynb", what, OF_NOTEBOOKS)


def _parts(case: Case, name: str, what: str, note: str) -> Parts:
    notes: list[str] = []

    def make() -> str:
        if name.endswith(".py"):
            return percent(script_cells(case, say=notes.append))
        return book(script_cells(case, notebook=True, say=notes.append))

    return Parts((of_text(name, what, make),), (note,), lambda: tuple(notes))


# Cells --------------------------------------------------------------------------------

WRAP = 86
_LIBRARIES = ("pandas", "numpy", "scikit-learn", "imbalanced-learn")
_MARK = re.compile(r"^# %%( \[markdown\])?\n", re.MULTILINE)


class ScriptCell(NamedTuple):
    """A part of a script: text that explains, or code."""

    kind: Literal["markdown", "code"]
    text: str


def script_cells(
    case: Case, *, notebook: bool = False, say: Callable[[str], None] | None = None
) -> tuple[ScriptCell, ...]:
    """Return the cells of an arm, from its table to its confusion matrix.

    Parameters
    ----------
    case : Case
    notebook : bool, default=False
        Whether it is for a notebook, which has charts and no command line.
    say : callable, optional
        Told what is to be done before it can be run, if anything is.

    Raises
    ------
    SpecError
        If the libraries alone cannot do what the run did.
    DataError
        If the table or the versions are others than the run's.
    """
    calls = Calls()
    found = rows(case)
    treated = method_values(case, found.encoding, calls)
    source, here = found.source, case.state.versions
    if say is not None and source.advice:
        why = ""
        if source.instead:
            why = f"pandas alone does not read the run's table ({source.instead}): "
        say(f"{why}{source.advice[:1].lower()}{source.advice[1:]}")
    foreign = [*treated.foreign] if treated else []
    if not source.read:
        foreign.append("pyarrow")
    learner = models.get(case.chosen.arm.learner).package
    libraries = dict.fromkeys((*_LIBRARIES, learner))
    quoted = shown if notebook else ascii
    given = {
        **found._asdict(),
        **decision_values(case),
        "model": {"params": None, "ratio": None, "dtype": "", "close": 0.0}
        | model_values(case, calls),
        "treatment": treated,
        "table": case.bench.dataset.info.name,
        "arm": case.chosen.name,
        "at": case.at,
        "run": case.run,
        "version": __version__,
        "versions": ", ".join(f"{n} {here[n]}" for n in libraries if n in here),
        "libraries": ", ".join([*libraries][:-1]) + f" and {[*libraries][-1]}",
        "foreign": ", ".join(map(quoted, foreign)),
        "notebook": notebook,
        "multiclass": case.multiclass,
        "quoted": quoted,
    }
    text = render("script", imports=(), **given)
    return cells(render("script", imports=imports(text, calls.homes), **given))


def cells(text: str) -> tuple[ScriptCell, ...]:
    r"""Return the cells of a script in percent form.

    Examples
    --------
    >>> cells("# %% [markdown]\n# Text\n\n# %%\n1 + 1\n")
    (ScriptCell(kind='markdown', text='Text'), ScriptCell(kind='code', text='1 + 1'))
    """
    found = []
    _, *parts = _MARK.split(text)
    for mark, part in zip(parts[::2], parts[1::2], strict=True):
        body = part.strip("\n")
        if mark:
            lines = (x.removeprefix("#").removeprefix(" ") for x in body.splitlines())
            body = "\n".join(lines)
        if body:
            found.append(ScriptCell("markdown" if mark else "code", body))
    return tuple(found)


def shown(text: str) -> str:
    """Return a name for a text cell: a literal, without what Markdown understands.

    Examples
    --------
    >>> print(shown("smote-enn"), shown("<b>`x`"))
    'smote-enn' '&#60;b&#62;&#96;x&#96;'
    """
    plain = ascii(text)
    safe = "'\" .,-+:"
    return "".join(c if c.isalnum() or c in safe else f"&#{ord(c)};" for c in plain)


def percent(cells: tuple[ScriptCell, ...]) -> str:
    """Return cells as a Python file with a mark before each.

    Examples
    --------
    >>> from engine.export.script import ScriptCell
    >>> print(percent((ScriptCell("markdown", "Text"), ScriptCell("code", "1 + 1"))))
    # %% [markdown]
    # Text
    <BLANKLINE>
    # %%
    1 + 1
    <BLANKLINE>
    """
    parts = []
    for cell in cells:
        if cell.kind == "markdown":
            lines = [wrap(line, WRAP) or [""] for line in cell.text.splitlines()]
            text = [f"# {line}".rstrip() for line in chain(*lines)]
            parts.append("\n".join(["# %% [markdown]", *text]))
        else:
            parts.append(f"# %%\n{cell.text}")
    return "\n\n".join(parts) + "\n"


def book(cells: tuple[ScriptCell, ...]) -> str:
    """Return cells as the JSON of a notebook.

    Examples
    --------
    >>> from engine.export.script import ScriptCell
    >>> made = json.loads(book((ScriptCell("code", "1 + 1"),)))
    >>> made["nbformat"], made["cells"][0]["source"]
    (4, ['1 + 1'])
    """
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    document = {
        "cells": [_cell(number, cell) for number, cell in enumerate(cells, 1)],
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(document, indent=1) + "\n"


def _cell(number: int, cell: ScriptCell) -> dict[str, object]:
    found: dict[str, object] = {
        "cell_type": cell.kind,
        "id": f"{cell.kind}-{number}",
        "metadata": {},
        "source": cell.text.splitlines(keepends=True),
    }
    if cell.kind == "code":
        found |= {"execution_count": None, "outputs": []}
    return found


# The method, the model and the threshold as code --------------------------------------

INSTEAD = "export another arm, or this one as a bundle"
OLD = "install the versions of the libraries that the run used"


class StepCode(NamedTuple):
    """A sampler as a script has it.

    `coded` tells whether it takes categories as codes, `widened` whether it returns
    wider numbers.
    """

    call: str
    coded: bool
    widened: bool


class Treatment(NamedTuple):
    """The samplers as a script has them.

    Attributes
    ----------
    steps : list of StepCode
    made : bool
        Whether there are synthetic rows.
    foreign : tuple of str
        Packages besides imbalanced-learn.
    """

    steps: list[StepCode]
    made: bool
    foreign: tuple[str, ...]

    @property
    def coded(self) -> bool:
        """Whether a step takes categories as codes."""
        return any(step.coded for step in self.steps)


def method_values(case: Case, rows: EncodingNeeds, calls: Calls) -> Treatment | None:
    """Return an arm's method; None if it treats no rows.

    The rows are treated again: what each sampler is settled to depends on them.

    Raises
    ------
    SpecError
        If a step is of no library.
    DataError
        If other rows come of it than in the run.
    """
    if not case.chosen.arm.steps:
        return None
    if case.data.weight:
        message = (
            f"a script cannot say what the rows of {case.chosen.name} weigh: its "
            "samplers pass no weights on"
        )
        raise SpecError(message, INSTEAD, field="arm kind")
    treated = case.treated()
    settled, made = treated.steps, bool((treated.origin < 0).any())
    y = case.bench.dataset.y[case.bench.split.train]
    between = ratio.ends(dict(enumerate(np.bincount(y).tolist())))
    steps = []
    for step in settled:
        sampler = build(
            step.sampler,
            step.params,
            step.counts,
            seed=case.experiment.seed,
            between=between,
            labels=case.bench.dataset.labels,
            layout=case.features().layout_,
        )
        typed = registry.sampler(step.sampler).columns != "any"
        call = calls.of(sampler, 0, WIDTH - 10)
        widened = typed or step.dtype != "float32"
        steps.append(StepCode(call, typed and rows.levels, widened))
    # The script makes all rows legal: what is real must stay as it is.
    if made and not np.array_equal(case.features().legalise(rows.X), rows.X):
        raise DataError(
            "rows of this table change when synthetic rows are corrected", OLD
        )
    packages = {registry.sampler(step.sampler).package for step in settled}
    foreign = tuple(sorted(packages - {LIBRARY}))
    return Treatment(steps, made, foreign)


def model_values(case: Case, calls: Calls) -> dict[str, object]:
    """Return what a script says of the arm's model."""
    chosen, experiment = case.chosen, case.experiment
    arm, many = chosen.arm, len(case.bench.dataset.labels)
    if arm.ensemble is not None:
        return _ensemble(case, calls, arm.ensemble)
    if arm.learner != XGBOOST:
        model = find(arm.learner)
        return {
            "call": calls.of(estimator(case), 0, WIDTH - 8),
            "dtype": model.estimator_dtype,
            "close": model.estimator_close,
        }
    params = {**fixed_params(experiment.model, arm), **chosen.params}
    layout = case.features().layout_
    by_cost = arm.weights == "cost"
    return {
        "params": booster_params(params, seed=experiment.seed, classes=many)
        | level_params(layout)
        | bin_params(layout.width),
        "rounds": chosen.best.rounds,
        "weights": "classes" if arm.weights and case.multiclass else arm.weights,
        "costs": costs_of(case.plan).tolist() if by_cost else None,
        "ratio": repr(cost_ratio(case.plan)) if by_cost and not case.multiclass else "",
    }


def _ensemble(case: Case, calls: Calls, name: str) -> dict[str, object]:
    """Return an ensemble, which balances the rows of each of its members."""
    entry = registry.ensemble(name)
    params = {**case.chosen.arm.params, **case.chosen.params}
    share = float(registry.check_ensemble(name, params)["ratio"])
    model = make_ensemble(name, params, seed=case.experiment.seed)
    return {
        "call": calls.of(model, 0, WIDTH - 8),
        "ratio": repr(share),
        "rarest": not case.multiclass and entry.value_of("ratio", share).rarest,
    }


def decision_values(case: Case) -> dict[str, object]:
    """Return what turns scores into classes."""
    point = case.chosen.point(case.at)
    if isinstance(point, ClassPoint):
        labels = case.bench.dataset.labels
        return {"class_weights": [point.weights[label] for label in labels]}
    there = case.plan.costs.prevalence or None
    return {"threshold": float(point.threshold), "prevalence": there}


# Objects as calls ---------------------------------------------------------------------


class Calls:
    """Writes objects as calls, and notes what is to be imported for them.

    Attributes
    ----------
    homes : dict of str to str
        The module of each class that is called.

    Examples
    --------
    >>> from imblearn.over_sampling import SMOTE
    >>> Calls().of(SMOTE(sampling_strategy={1: 90}, random_state=42))
    'SMOTE(sampling_strategy={1: 90}, random_state=42)'
    """

    def __init__(self) -> None:
        self.homes: dict[str, str] = {}

    def of(self, thing: Any, indent: int = 0, room: int = WIDTH) -> str:
        """Return a call that makes an object of the same parameters.

        Parameters
        ----------
        thing : object
            Of scikit-learn's kind: it has ``get_params``.
        indent : int, default=0
            Of the line that it stands in.
        room : int
            Characters that the call may take in one line.

        Raises
        ------
        SpecError
            If it, or a part of it, is of no library.
        """
        name, kind = self._class_of(thing)
        given = self._given(thing, kind)
        parts = [f"{key}={self._value(one, 0, 10**6)}" for key, one in given.items()]
        line = f"{name}({', '.join(parts)})"
        if len(line) <= room or not given:
            return line
        inner, lines = indent + 4, []
        for key, value in given.items():
            code = self._value(value, inner, WIDTH - inner - len(key) - 2)
            lines.append(f"{' ' * inner}{key}={code},\n")
        return f"{name}(\n{''.join(lines)}{' ' * indent})"

    def _value(self, value: Any, indent: int, room: int) -> str:
        if hasattr(value, "get_params") and not isinstance(value, type):
            return self.of(value, indent, room)
        if callable(value):
            return "fewer"  # a function of the script: the rows of a member
        try:
            return literal(value)
        except TypeError:
            raise refusal(f"a {type(value).__name__}") from None

    def _class_of(self, thing: Any) -> tuple[str, type]:
        """Return what a script calls an object's class, and the class itself."""
        kind = type(thing)
        if kind in (SearchingTomekLinks, SearchingAllKNN):
            # Ours only asks another search, which finds the same.
            kind = kind.__mro__[1]
        if kind.__module__.partition(".")[0] == "engine":
            raise refusal(f"a {kind.__name__}")
        self.homes[kind.__name__] = _home(kind)
        return kind.__name__, kind

    def _given(self, thing: Any, kind: type) -> dict[str, object]:
        """Return the parameters that are not as the class has them by itself."""
        if not hasattr(thing, "get_params"):
            name = type(thing).__name__
            raise refusal(f"a {name}, which has no get_params,")
        known, given = inspect.signature(kind).parameters, thing.get_params(deep=False)
        found = {}
        for name in dict.fromkeys((*known, *given)):  # as its documentation has them
            if name in given:
                value = given[name]
                default = known[name].default if name in known else None
                if isinstance(value, ExactNeighbors):  # ours counts the row itself
                    value = value.n_neighbors - 1
                if type(value) is not type(default) or value != default:
                    found[name] = value
        return found


def _home(kind: type) -> str:
    """Return the public module that a class is imported from."""
    parts = kind.__module__.split(".")
    for end in range(1, len(parts)):
        public = ".".join(parts[:end])
        try:
            module = importlib.import_module(public)
        except ImportError:  # pragma: no cover - a package that hides itself
            continue
        if getattr(module, kind.__name__, None) is kind:
            return public
    return kind.__module__


def refusal(what: str) -> SpecError:
    """Return the error that something cannot be written with the libraries' own names.

    Examples
    --------
    >>> print(refusal("what this does"))
    what this does cannot be written as a script without imbtui. Export another arm, \
or this one as a bundle
    """
    message = f"{what} cannot be written as a script without imbtui"
    return SpecError(message, INSTEAD, field="arm kind")
