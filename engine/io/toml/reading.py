"""Read an experiment from TOML; errors name the line. Light.

Errors come from the parser, from msgspec, from the rules of `engine.core.checks` and
from the registry of samplers. `places` finds their lines.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path as File
from typing import Any

import msgspec

from engine.core import space
from engine.core.errors import EngineError
from engine.core.experiment import Experiment
from engine.core.methods import registry
from engine.io.source import exists, is_path
from engine.io.toml.loading import parse_toml
from engine.io.toml.places import (
    Check,
    Path,
    add_place,
    as_experiment,
    find_field,
    type_error,
)


def read(
    text: str, *, name: str, folder: str | None = None, arms: bool = True
) -> Experiment:
    r"""Read an experiment file, and refuse what would be refused when it is run.

    Parameters
    ----------
    text : str
        The file's content.
    name : str
        What to call it in an error.
    folder : str or None, default=None
        The folder that it is in: a table that is not in this process's folder is
        looked for there.
    arms : bool, default=True
        Whether its arms are those that will be run.

    Returns
    -------
    Experiment

    Raises
    ------
    SpecError
        With the line, as far as it is known.

    Examples
    --------
    >>> text = 'arms = [{ name = "untreated" }]\ndata.source = "a"\nsearch.trials = 0'
    >>> read(text, name="e.toml")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    engine.core.errors.SpecError: e.toml, line 3: search.trials: ...
    """
    experiment = load_toml(text, name=name)
    check(experiment, text, name=name, arms=arms)
    return experiment if folder is None else resolve_beside(experiment, folder)


def load_toml(text: str, *, name: str = "experiment") -> Experiment:
    """Read an experiment from TOML; its samplers are not looked at.

    Parameters
    ----------
    text, name
        As of `read`.

    Raises
    ------
    SpecError
        As `read` does.
    """
    document = parse_toml(text, name)
    try:
        return msgspec.convert(document, Experiment)
    except msgspec.ValidationError as error:
        raise type_error(str(error), document, text, name) from None
    except EngineError as error:
        path = find_field(document, as_experiment)
        raise add_place(error, path, text, name) from None


def check(experiment: Experiment, text: str, *, name: str, arms: bool = True) -> None:
    """Refuse what no sampler or model takes, with its line.

    Raises
    ------
    SpecError
    """
    document = parse_toml(text, name)
    checks: list[tuple[Path, Check]] = [
        ((), lambda one: space.check_model(as_experiment(one).model)),
        ((), lambda one: registry.check(as_experiment(one))),
    ]
    for path, refuse in (*_names(experiment), *checks) if arms else checks[:1]:
        try:
            refuse(document)
        except EngineError as error:
            path = path or find_field(document, refuse) or ("arms",)
            raise add_place(error, path, text, name) from None


def resolve_beside(experiment: Experiment, folder: str) -> Experiment:
    """Return an experiment whose tables are those of the folder that its file is in.

    Only where a path is relative, and this process's folder has no such file.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from engine.core.methods.grammar import Arm
    >>> from engine.core.experiment import DataSpec
    >>> one = Experiment(data=DataSpec(source="a.csv"), arms=(Arm(name="untreated"),))
    >>> with TemporaryDirectory() as home:
    ...     File(home, "a.csv").touch()
    ...     resolve_beside(one, home).data.source == f"{home}/a.csv"
    True
    >>> resolve_beside(one, "/no/where") == one
    True
    """
    moved = {
        field: there
        for field, source, there in _tables(experiment, folder)
        if not exists(source) and exists(there)
    }
    if not moved:
        return experiment
    data = msgspec.structs.replace(experiment.data, **moved)
    return msgspec.structs.replace(experiment, data=data)


def shadowed_tables(experiment: Experiment, folder: str) -> tuple[str, ...]:
    """Return the tables that this process's folder has, and the file's folder too.

    Parameters
    ----------
    experiment : Experiment
        As it was before `resolve_beside`.
    folder : str
        The folder that its file is in.
    """
    return tuple(
        source
        for _, source, there in _tables(experiment, folder)
        if File(source).exists()
        and File(there).exists()
        and not File(source).samefile(there)
    )


def _tables(experiment: Experiment, folder: str) -> Iterator[tuple[str, str, str]]:
    """Yield field, relative path, and that path within a folder, of each table."""
    for field in ("source", "test_source"):
        source = getattr(experiment.data, field)
        if not source or source.startswith("~") or "\0" in source:
            continue
        if is_path(source) and not File(source).is_absolute():
            yield field, source, os.path.join(folder, source)  # noqa: PTH118


def _names(experiment: Experiment) -> Iterator[tuple[Path, Check]]:
    """Yield a check of each name of a sampler or ensemble, with its path."""
    for i, arm in enumerate(experiment.arms):
        if arm.ensemble is not None:
            yield ("arms", i, "ensemble"), _look_up(registry.ensemble, arm.ensemble)
        for j, step in enumerate(arm.steps):
            path = ("arms", i, "steps", j, "sampler")
            yield path, _look_up(registry.sampler, step.sampler)


def _look_up(find: Callable[[str], Any], name: str) -> Check:
    return lambda _: find(name)
