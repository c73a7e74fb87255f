"""What the report explains, out of a text beside its templates."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def _words() -> dict[str, str]:
    file = files("engine.export.page") / "templates" / "words.txt"
    parts = (part.split("\n", 1) for part in file.read_text("utf-8").split("\n= ")[1:])
    return {name: " ".join(text.split()) for name, text in parts}


def explain(name: str, /, **about: object) -> str:
    """Return what the report explains, out of ``templates/words.txt``.

    Examples
    --------
    >>> explain("thresholds").partition(".")[0]
    'Missed / false alarms'
    """
    return _words()[name].format(**about)
