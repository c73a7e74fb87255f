"""Every code of a verdict: what it says, on what grounds, and what to do about it.

They stand in verdict.md beside this module; docs/verdict.md is a copy.
"""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Final, NamedTuple

PAGE: Final = files("engine.evaluate").joinpath("verdict.md").read_text("utf-8")
_ENTRY: Final = re.compile(r"### (VRD\d+): (.+)\n\n(.+)\n\nWhat to do: (.+)\n")


class Code(NamedTuple):
    """One thing that a verdict can say.

    `when` are the grounds on which it is said, `remedy` what a reader can do.
    """

    title: str
    when: str
    remedy: str


CODES: Final = {code: Code(*about) for code, *about in _ENTRY.findall(PAGE)}
