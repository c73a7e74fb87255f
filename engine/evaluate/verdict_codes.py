"""Every code of a verdict: its title, its condition and what to do about it.

The texts are in verdict.md beside this module; docs/verdict.md is a copy.
"""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Final, NamedTuple

from engine.outcome import Remark

PAGE: Final = files("engine.evaluate").joinpath("verdict.md").read_text("utf-8")
_ENTRY: Final = re.compile(
    r"### (VRD\d+): (.+)\n\n(.+)\n\nWhat to do: (.+)\n((?:\n- .+)*)"
)
_TEXT: Final = re.compile(r"^- (\w+): (.+)$", re.MULTILINE)


class VerdictCode(NamedTuple):
    """A code of a verdict: its condition `when`, and its `fix`."""

    title: str
    when: str
    fix: str


CODES: Final = {code: VerdictCode(*about) for code, *about, _ in _ENTRY.findall(PAGE)}
_TEXTS: Final = {
    code: dict(_TEXT.findall(texts)) for code, *_, texts in _ENTRY.findall(PAGE)
}


def say(code: str, which: str = "text", /, **values: object) -> Remark:
    """Return a sentence of verdict.md with its values.

    Examples
    --------
    >>> say("VRD203", rows=100_000, of=12_000_000).text
    '100,000 of the 12,000,000 rows were read: the whole table may give another result.'
    """
    return Remark(code, _TEXTS[code][which].format(**values))


def join_remarks(*remarks: Remark | None) -> Remark | None:
    """Join the sentences of a code; None if there are none."""
    known = [remark for remark in remarks if remark is not None]
    return Remark(known[0].code, " ".join(r.text for r in known)) if known else None
