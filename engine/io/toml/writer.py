"""Write an experiment as TOML with a comment for each field. Light.

Fields that differ from their default are set; the others are commented out, with their
default or an example, so that they only have to be uncommented. Text that comes from
data is in values only, escaped there, and never in a comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from textwrap import wrap
from typing import Any, Final

import msgspec
import tomli_w

from engine.core.doc import about, fields_of
from engine.core.experiment import SECTIONS, Experiment
from engine.core.methods.grammar import Arm, Step
from engine.core.visible import toml_escape

WIDTH: Final = 88
WIDEST: Final = 104
"""A line may be so long rather than become two."""
COLUMN: Final = 36
"""Where comments begin, if what they are about is shorter."""
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}


def to_toml(
    experiment: Experiment,
    head: Iterable[str] = (),
    remarks: Mapping[str, str] | None = None,
) -> str:
    """Write an experiment as TOML with all fields that can be changed.

    Parameters
    ----------
    experiment : Experiment
    head : iterable of str
        Lines to begin with, as comments; never text that comes from data.
    remarks : mapping of str to str, optional
        What else is to be said of a field, by ``data.source``; as `head`.

    Returns
    -------
    str
        Text that `engine.io.toml.reading.load_toml` reads back to an equal value.

    Examples
    --------
    >>> from engine.core.experiment import DataSpec
    >>> arms = (Arm(name="untreated"),)
    >>> experiment = Experiment(data=DataSpec(source="a.csv"), arms=arms)
    >>> [line for line in to_toml(experiment).splitlines() if line[:1] not in "#"]
    ['schema = 1                         # version of this file; a file \
without it has 1', '[data]', 'source = "a.csv"                   # a path, \
sample:NAME, dataset:… or make:…; - is standard input', '[data.read]', '[split]', \
'[features]', '[[arms]]', 'name = "untreated"', '[model]', '[search]', '[decision]']
    """
    remarks = remarks or {}
    lines = [_comment(line) for line in head]
    lines += ["", *_fields(experiment, "", remarks)]
    for name, part in SECTIONS.items():
        lines += ["", *_prose(about(part))]
        if part is Arm:
            lines += _legend()
            for arm in experiment.arms:
                lines += ["", *_arm(arm)]
            continue
        one: Any = experiment
        for step in name.split("."):
            one = getattr(one, step)
        lines += [f"[{name}]", *_fields(one, name, remarks)]
    return "\n".join(lines).lstrip("\n") + "\n"


def key(name: str) -> str:
    """Return a name as it stands before ``=``.

    Examples
    --------
    >>> key("a_b"), key("a b"), key("")
    ('a_b', '"a b"', '""')
    """
    return name if _BARE.fullmatch(name) else _string(name)


def value(given: Any) -> str:
    r"""Return a value in one line.

    Examples
    --------
    >>> value((True, 2, 0.5, 'a"\n'))
    '[true, 2, 0.5, "a\\"\\n"]'
    >>> value({"a b": ()})
    '{ "a b" = [] }'
    """
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, int | float):
        return repr(given)
    if isinstance(given, str):
        return _string(given)
    if isinstance(given, dict):
        inside = ", ".join(f"{key(k)} = {value(v)}" for k, v in given.items())
        return f"{{ {inside} }}" if inside else "{}"
    return f"[{', '.join(map(value, given))}]"


def _string(text: str) -> str:
    """Return a basic string; what cannot be seen is escaped, or what turns a line."""
    return f'"{"".join(map(_character, text))}"'


def _character(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable() or "\ud800" <= char <= "\udfff":  # half of one: no escape
        return char
    return toml_escape(char)


def _fields(one: msgspec.Struct, section: str, remarks: Mapping[str, str]) -> list[str]:
    lines: list[str] = []
    last: list[str] = []
    for name, doc in fields_of(type(one)).items():
        given = getattr(one, name)
        remark = remarks.get(f"{section}.{name}")
        if remark:
            lines += _prose(remark)
        if name == "schema" or given not in (doc.default, msgspec.UNSET):
            if isinstance(given, dict) and len(_pair(name, given)) > WIDTH:
                # A table in one line may not be broken, so it becomes one of its own.
                last += ["", _comment(doc.comment), f"[{section}.{key(name)}]"]
                last += [_pair(k, v) for k, v in given.items()]
            else:
                pair = _pair(name, given)
                if isinstance(given, tuple) and len(pair) > WIDTH:
                    inside = "".join(f"  {value(item)},\n" for item in given)
                    pair = f"{key(name)} = [\n{inside}]"
                lines += _line(pair, doc.comment)
        else:
            # A field without a default shows an example, marked as not set.
            unset = "" if doc.shown is doc.default else "not set: "
            lines += _line(f"# {_pair(name, doc.shown)}", unset + doc.comment)
    return lines + last


def _pair(name: str, given: Any) -> str:
    return f"{key(name)} = {value(given)}"


def _line(pair: str, what: str) -> list[str]:
    """Return a setting with its comment: behind it, or above it if too long."""
    if len(pair) < COLUMN and COLUMN + len(what) <= WIDEST:
        return [f"{pair:<{COLUMN - 1}}# {what}"]
    return [*_prose(what), pair]


def _arm(arm: Arm) -> list[str]:
    lines = ["[[arms]]", _pair("name", arm.name)]
    if arm.steps:
        inside = [f"  {value(_changes(step))}," for step in arm.steps]
        lines += ["steps = [", *inside, "]"]
    others = (
        item for item in _changes(arm).items() if item[0] not in ("name", "steps")
    )
    return lines + [_pair(*item) for item in others]


def _changes(one: Arm | Step) -> dict[str, object]:
    """Return the fields that differ from their default."""
    fields = fields_of(type(one)).items()
    return {n: v for n, doc in fields if (v := getattr(one, n)) != doc.default}


def _legend() -> list[str]:
    """Say once what an arm, and what each of its steps, can have."""
    lines = ["#"]
    for part, head in ((Arm, "An arm:"), (Step, "A step:")):
        lines.append(_comment(head))
        for name, doc in fields_of(part).items():
            lines.append(f"#   {_pair(name, doc.shown):<{COLUMN}} # {doc.comment}")
    return lines


def _prose(text: str) -> list[str]:
    return [_comment(line) for line in wrap(text, WIDTH - 2)]


def _comment(line: str) -> str:
    return f"# {line}".rstrip()


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
        return to_toml(experiment)
    return tomli_w.dumps(_without_none(msgspec.to_builtins(experiment)))


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_none(v) for k, v in value.items() if v is not None}
    if isinstance(value, list | tuple):
        return [_without_none(v) for v in value]
    return value
