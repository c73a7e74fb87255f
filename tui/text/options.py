"""What the command line calls a field of the engine: the options, and what is typed."""

from __future__ import annotations

import shlex
from typing import Final

from engine.core.doc import Doc, fields_of
from engine.core.errors import EngineError
from engine.core.events import Advice
from engine.core.experiment import SECTIONS, Experiment

_NAMES: Final = {"kind": "as", "overwrite": "force", "path": "output"}
"""The options of what is no experiment's, where they are not called like it."""
_COMMANDS: Final = {"bundle": "export RUN --as bundle", "check": "store --check"}
_ADVICE_FIELDS: Final = {
    "IMB007": "data.target",
    "IMB008": "data.positive",
    "IMB010": "data.positive",
    "IMB015": "search.folds",
    "IMB022": "data.read.rows",
    "IMB026": "data.drop",
}
"""The fields of advice that no one choice follows."""


def flag(doc: Doc) -> str:
    """Return the option of a field of an experiment.

    Examples
    --------
    >>> from engine.core.experiment import SearchSpec
    >>> [flag(doc) for doc in fields_of(SearchSpec).values()][-2:]
    ['--no-prune', '--patience']
    """
    return f"--{'no-' if doc.default is True else ''}{doc.option}"


def option(field: str) -> str:
    """Return the option that sets a field; empty if there is none.

    Examples
    --------
    >>> option("split.test_size"), option("data.test_source"), option("overwrite")
    ('--test-size', '--test', '--force')
    >>> option("model.rounds")
    ''
    """
    section, _, name = field.rpartition(".")
    doc = fields_of(SECTIONS[section] if section else Experiment).get(name)
    if doc is None:
        return f"--{_NAMES.get(name, name)}"
    return flag(doc) if doc.option else ""


def add_options(text: str, fields: str | None, action: str = "") -> str:
    """Return what to do, with the options and the command that do it.

    Parameters
    ----------
    text : str
    fields : str or None
        Names of fields, separated by blanks.
    action : str, default=""
        As of `EngineError`.

    Examples
    --------
    >>> add_options("name its encoding.", "data.read.encoding")
    'name its encoding (--encoding).'
    >>> add_options("go on with it", None, "resume 3f2a")
    'go on with it (imbtui resume 3f2a)'
    """
    options = [option(field) for field in (fields or "").split()]
    options += [f"imbtui {_COMMANDS.get(action, action)}"] if action else []
    shown = ", ".join(filter(None, options))
    if not shown:
        return text
    end = "." * text.endswith(".")
    return f"{text.removesuffix('.')} ({shown}){end}"


def error_text(error: EngineError) -> str:
    """Return an error in one line, with what is typed about it.

    Examples
    --------
    >>> error_text(EngineError("3 files in a.zip", "choose", field="data.read.rows"))
    '3 files in a.zip. Choose (--rows)'
    """
    texts = [error.message, error.fix] if error.fix else [error.message]
    texts[-1] = add_options(texts[-1], error.field, error.action)
    return str(EngineError(*texts))


def advice_text(advice: Advice) -> str:
    """Return what to do about advice, with the option that does it.

    Examples
    --------
    >>> from engine.core.events import FieldChange
    >>> change = FieldChange(field="drop", value="-x")
    >>> advice_text(Advice(code="IMB012", message="", fix="drop it", change=change))
    'drop it (--drop=-x)'
    """
    if advice.change is None:
        return add_options(advice.fix, _ADVICE_FIELDS.get(advice.code))
    name, value = f"--{advice.change.field}", shlex.quote(advice.change.value)
    # A value that looks like an option has to be tied to its own.
    whole = f"{name}={value}" if value.startswith("-") else f"{name} {value}"
    return f"{advice.fix} ({whole})"
