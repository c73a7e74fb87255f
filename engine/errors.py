"""Every error that the engine raises on purpose.

A message says what was given and what is allowed; the fix says what to do.
All of them survive pickling, since they cross process boundaries.

::

    EngineError
    ├── UsageError            the request itself is off        (exit code 2)
    │   ├── DataError         a file that is no usable table
    │   │   └── TooBigError   one that this machine's memory does not hold
    │   ├── TargetError       no usable target or positive class
    │   │   └── ChoiceError   one that is named and is not there
    │   ├── SpecError         an experiment that cannot be run as written
    │   ├── StoreError        a store that cannot be opened or written
    │   │   ├── DiskError       a disk that is full, or fails; it may work later
    │   │   ├── LeaseLostError  another process has taken a run up
    │   │   └── ReadOnlyError   a store that is opened for reading only
    │   ├── OutputError       a file that may not be written there
    │   │   └── UnwrittenError  a disk that is full, or fails  (exit code 1)
    │   └── ClusterError      a cluster that cannot be reached, or does not fit
    ├── ArmError              one method cannot be applied; the others go on
    ├── OutOfMemoryError      less memory than it takes
    ├── RunFailedError        every arm failed                  (exit code 1)
    └── CancelledError        a user asked for the end        (exit code 130)
"""

from __future__ import annotations

import difflib
import errno
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class EngineError(Exception):
    """Base of the engine's errors.

    Parameters
    ----------
    message : str
        What was given and what is allowed, in one line.
    fix : str, default=""
        What to do about it, in one line.

    Examples
    --------
    >>> str(EngineError("no column 'x'", "name one of: a, b"))
    "no column 'x'. Name one of: a, b"
    """

    code = "error"
    exit_code = 1

    def __init__(self, message: str, fix: str = "") -> None:
        super().__init__(message, fix)
        self.message = message
        self.fix = fix

    @property
    def told(self) -> dict[str, str]:
        """Its code, message and fix, as documents have them."""
        return {"code": self.code, "message": self.message, "fix": self.fix}

    def __str__(self) -> str:
        if not self.fix:
            return self.message
        fix = self.fix
        if not fix.startswith("imbtui "):  # a command is written as it is typed
            fix = fix[:1].upper() + fix[1:]
        return f"{self.message.rstrip('.')}. {fix}"


class UsageError(EngineError):
    """The request cannot be served as it was made."""

    code = "usage"
    exit_code = 2


class DataError(UsageError):
    """The file is missing, unreadable or holds no usable table."""

    code = "data"


class TooBigError(DataError):
    """The table would take more memory than it may.

    Parameters
    ----------
    message, fix : str
    sample_rows : int, default=0
        Rows of it that would fit.
    """

    code = "too-big"

    def __init__(self, message: str, fix: str = "", sample_rows: int = 0) -> None:
        super().__init__(message, fix)
        self.args = (message, fix, sample_rows)
        self.sample_rows = sample_rows


class TargetError(UsageError):
    """The target column or its positive class cannot be used."""

    code = "target"


class ChoiceError(TargetError):
    """The target or the positive class that was named is not there."""


class SpecError(UsageError):
    """The experiment asks for something that does not exist or cannot work."""

    code = "spec"


class StoreError(UsageError):
    """The store cannot be opened, read or written, or holds no such run."""

    code = "store"


class DiskError(StoreError):
    """The disk is full or fails, or the store is locked: trying again may help."""

    code = "disk"


class FileLimitError(DiskError):
    """The limit on the size of a file is reached: waiting for room does not help."""


class LeaseLostError(StoreError):
    """Another process has taken the run up since: this one may write no more."""

    code = "lease"


class ReadOnlyError(StoreError):
    """The store is damaged, newer, or not this user's to write: it is only read."""

    code = "read-only"


class OutputError(UsageError):
    """A file that may not be written there: it exists, or its name or folder is off."""

    code = "output"


class UnwrittenError(OutputError):
    """A file that the disk did not take: it is full, or it fails."""

    exit_code = 1


class ClusterError(UsageError):
    """The cluster cannot be reached, or its workers do not fit this program."""

    code = "cluster"


class ArmError(EngineError):
    """One arm cannot be prepared or trained; a result, not the end of a run.

    Parameters
    ----------
    message : str
        What the sampler or the model reported.
    fix : str, default=""
        What would help.
    code : str, default="arm"
        Stable name of the cause, for example ``"too-few-positives"``.
    """

    code = "arm"

    def __init__(self, message: str, fix: str = "", code: str = "arm") -> None:
        super().__init__(message, fix)
        self.args = (message, fix, code)
        self.code = code


class OutOfMemoryError(EngineError):
    """There is less memory than the work takes; see `out_of_memory`."""

    code = "memory"


class RunFailedError(EngineError):
    """No arm of the run came to a result."""

    code = "run-failed"


class CancelledError(EngineError):
    """The run was cancelled."""

    code = "cancelled"
    exit_code = 130


def unknown(what: str, known: Iterable[str], given: str = "") -> SpecError:
    """Return the error of a name that is none of those there are.

    Examples
    --------
    >>> str(unknown("no fruit 'x'", ["apple", "pear"]))
    "no fruit 'x'. Choose one of: apple, pear"
    """
    known = tuple(known)
    near = difflib.get_close_matches(given, known, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return SpecError(what, f"{hint}choose one of: {', '.join(known)}")


def first_line(error: object) -> str:
    r"""Return the first line of what an error says; its type if it says nothing.

    Examples
    --------
    >>> first_line(ValueError("no\nroom")), first_line(EOFError())
    ('no', 'EOFError')
    """
    return str(error).strip().partition("\n")[0] or type(error).__name__


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


def shortage(doing: str, fix: str) -> OutOfMemoryError:
    """Return the one error of too little memory.

    Parameters
    ----------
    doing : str
        What it was too little for.
    fix : str
        What takes less.

    Examples
    --------
    >>> str(shortage("this table", "give a sample of it (--rows)"))
    'there is not enough memory for this table. Give a sample of it (--rows)'
    """
    return OutOfMemoryError(f"there is not enough memory for {doing}", fix)


def _says_so(error: BaseException) -> bool:
    if isinstance(error, MemoryError | OutOfMemoryError):
        return True
    if isinstance(error, OSError) and error.errno == errno.ENOMEM:
        return True
    name = type(error).__name__
    text = str(error).lower()
    return name.startswith(_SPEAKERS) and any(said in text for said in _SAID)
