"""Too little memory, in whatever shape a library says it, told in one way.

Light: stdlib only. numpy raises a `MemoryError`, the system an `OSError`, Arrow and
XGBoost errors of their own; the person is told one thing, and what to do.
"""

from __future__ import annotations

import errno

from engine.errors import ArmError, OutOfMemoryError

__all__ = ["arm_shortage", "out_of_memory", "shortage"]

LESS = "give fewer jobs (--jobs) or a sample (--rows), or use random-under"
"""What an arm can do with less memory."""

_SAID = (
    "bad_alloc",
    "can't start new thread",
    "cannot allocate memory",
    "malloc of size",
    "realloc of size",
    "out of memory",
    "unable to allocate",
)
_SPEAKERS = ("Arrow", "XGBoost", "Runtime", "OS", "System", "Blas")
"""Beginnings of the names of errors whose text is the library's own, never a cell."""


def out_of_memory(error: BaseException | None) -> bool:
    """Tell whether an error says that there was not enough memory.

    Parameters
    ----------
    error : BaseException or None

    Examples
    --------
    >>> out_of_memory(OSError(12, "Cannot allocate memory"))
    True
    >>> out_of_memory(ValueError("could not convert string to float: 'out of memory'"))
    False
    """
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if _says_so(error):
            return True
        error = error.__cause__
    return False


def shortage(doing: str, remedy: str) -> OutOfMemoryError:
    """Return the one error of too little memory.

    Parameters
    ----------
    doing : str
        What it was too little for.
    remedy : str
        What takes less.

    Examples
    --------
    >>> str(shortage("this table", "give a sample of it (--rows)"))
    'there is not enough memory for this table. Give a sample of it (--rows)'
    """
    return OutOfMemoryError(f"there is not enough memory for {doing}", remedy)


def arm_shortage(arm: str, kind: str) -> ArmError:
    """Return the error of an arm one of whose units had too little memory.

    Parameters
    ----------
    arm : str
    kind : {"prepare", "trial", "finish"}
    """
    doing = {
        "prepare": f"the rows of {arm}",
        "trial": f"a trial of {arm}",
        "finish": f"the final fit of {arm}",
    }[kind]
    told = shortage(doing, LESS)
    return ArmError(told.message, told.remedy, code=told.code)


def _says_so(error: BaseException) -> bool:
    if isinstance(error, MemoryError | OutOfMemoryError):
        return True
    if isinstance(error, OSError) and error.errno == errno.ENOMEM:
        return True
    name = type(error).__name__
    text = str(error).lower()
    return name.startswith(_SPEAKERS) and any(said in text for said in _SAID)
