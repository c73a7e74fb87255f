"""What each field of an experiment is, in a few words: the comments of its file. Light.

The words are in fields.toml, and nothing of them comes from data. What may be given is
filled in from where it is decided, so that it cannot be told wrong.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from string import Template
from typing import Any, Final, NamedTuple

import msgspec

from engine import spec
from engine.spec_checks import FORMATS, KINDS, RAGGED
from engine.train.space import SPACES


class Field(NamedTuple):
    """What a field is.

    Attributes
    ----------
    what : str
        In a few words, with what may be given.
    example : object, default=None
        A value to show where there is none by default.
    """

    what: str
    example: Any = None


class Section(NamedTuple):
    """A table of the file: its name, the part of an experiment, and what it is."""

    name: str
    part: type[msgspec.Struct]
    what: str


_PARTS: Final[dict[str, type[msgspec.Struct]]] = {
    "experiment": spec.Experiment,
    "data": spec.DataSpec,
    "data.read": spec.ReadSpec,
    "split": spec.SplitSpec,
    "features": spec.FeatureSpec,
    "arms": spec.Arm,
    "step": spec.Step,
    "model": spec.ModelSpec,
    "search": spec.SearchSpec,
    "decision": spec.DecisionSpec,
}
_ALLOWED: Final = {
    "kinds": KINDS,
    "formats": FORMATS,
    "ragged": RAGGED,
    "objectives": spec.OBJECTIVES,
    "spaces": SPACES,
}
_TEXT: Final = Template(Path(__file__).with_name("fields.toml").read_text("utf-8"))
_TOLD: Final = tomllib.loads(
    _TEXT.substitute({name: ", ".join(every) for name, every in _ALLOWED.items()})
)
SECTIONS: Final = tuple(
    Section(name, part, _TOLD[name].pop("about"))
    for name, part in _PARTS.items()
    if "about" in _TOLD[name]
)
"""The tables of the file, in the order that they are read."""
FIELDS: Final = {
    part: {
        name: Field(told) if isinstance(told, str) else Field(**told)
        for name, told in _TOLD[section].items()
    }
    for section, part in _PARTS.items()
}
"""Every field that has a line of its own, by the part that it is in."""


def default(part: type[msgspec.Struct], name: str) -> Any:
    """Return what a field is if it is left out; `msgspec.NODEFAULT` if it may not be.

    Examples
    --------
    >>> default(spec.SearchSpec, "trials"), default(spec.DataSpec, "drop")
    (20, ())
    """
    found = {field.name: field for field in msgspec.structs.fields(part)}[name]
    if found.default_factory is not msgspec.NODEFAULT:
        return found.default_factory()
    return found.default
