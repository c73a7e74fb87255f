"""What can be said of how a file is read, and means nothing for its format."""

from __future__ import annotations

from engine.errors import DataError
from engine.spec import ReadSpec

__all__ = ["refuse_unused"]

TITLES = {
    "text": "delimited text",
    "parquet": "Parquet",
    "feather": "Feather",
    "jsonl": "JSON Lines",
    "arff": "ARFF",
    "excel": "a workbook",
    "made": "a made-up table",
}
_TEXT = ("delimiter", "quote", "escape", "header", "skip", "ragged")
UNUSED = {
    "text": (),
    "parquet": (*_TEXT, "encoding"),
    "feather": (*_TEXT, "encoding"),
    "jsonl": _TEXT,
    "arff": _TEXT,
    # Its rows may have no header, or something above it.
    "excel": ("delimiter", "quote", "escape", "ragged", "encoding"),
    "made": (*_TEXT, "encoding", "format", "member", "decimal"),
}
"""What each format has no use for. A decimal mark has one wherever cells are text."""


def refuse_unused(spec: ReadSpec, kind: str, name: str) -> None:
    """Refuse options that a file of this format has no use for.

    Parameters
    ----------
    spec : ReadSpec
    kind : str
        One of `engine.data.read.magic.KINDS`, or ``made``.
    name : str
        What to call the file.

    Raises
    ------
    DataError
        Naming them.

    Examples
    --------
    >>> refuse_unused(ReadSpec(delimiter=";"), "text", "t.csv")
    """
    plain = ReadSpec()
    given = [
        f"--{field}"
        for field in UNUSED[kind]
        if getattr(spec, field) != getattr(plain, field)
    ]
    if given:
        *others, last = given
        listed = f"{', '.join(others)} and {last}" if others else last
        means = "means" if len(given) == 1 else "mean"
        raise DataError(
            f"{name} is {TITLES[kind]}, where {listed} {means} nothing",
            f"leave {listed} out",
        )
