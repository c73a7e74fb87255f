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
    field : str or None, default=None
        Dotted name of the field that it is about, such as ``search.folds``; of several,
        names separated by blanks. Front ends say what they call it: no text does.
    action : str, default=""
        What a front end can do about it, and to which run: ``resume 3f2a``.
    given : object, default=None
        The value that was given, where there is one.
    allowed : tuple of str, default=()
        The values that are allowed, where they can be listed.
    code : str, optional
        Stable name of the cause, such as ``too-few-positives``; else of its class.

    Examples
    --------
    >>> str(EngineError("no column 'x'", "name one of: a, b", field="data.target"))
    "no column 'x'. Name one of: a, b"
    """

    code = "error"
    exit_code = 1

    def __init__(
        self,
        message: str,
        fix: str = "",
        *,
        field: str | None = None,
        action: str = "",
        given: object = None,
        allowed: tuple[str, ...] = (),
        code: str = "",
    ) -> None:
        super().__init__(message, fix)
        self.message, self.fix = message, fix
        self.field, self.action = field, action
        self.given, self.allowed = given, allowed
        self.code = code or type(self).code

    @property
    def facts(self) -> dict[str, str]:
        """Its code, message, fix and field, if any, as documents have them."""
        facts = {"code": self.code, "message": self.message, "fix": self.fix}
        return facts | ({} if self.field is None else {"field": self.field})

    def __str__(self) -> str:
        fix = self.fix[:1].upper() + self.fix[1:]
        return f"{self.message.rstrip('.')}. {fix}" if fix else self.message


class UsageError(EngineError):
    """The request cannot be served as it was made."""

    code = "usage"
    exit_code = 2


class DataError(UsageError):
    """The file is missing, unreadable or holds no usable table."""

    code = "data"


class TooBigError(DataError):
    """The table would take more memory than it may; `sample_rows` of it would fit."""

    code = "too-big"
    sample_rows = 0


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
    """One arm cannot be prepared or trained; a result, not the end of a run."""

    code = "arm"


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


def unknown(
    what: str, known: Iterable[str], given: str = "", *, field: str | None = None
) -> SpecError:
    """Return the error of a name that is none of those there are.

    Examples
    --------
    >>> str(unknown("no fruit 'x'", ["apple", "pear"]))
    "no fruit 'x'. Choose one of: apple, pear"
    """
    known = tuple(known)
    near = difflib.get_close_matches(given, known, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    fix = f"{hint}choose one of: {', '.join(known)}" if known else "there is none"
    return SpecError(what, fix, field=field, given=given or None, allowed=known)


def first_line(error: object) -> str:
    r"""Return the first line of what an error says; its type if it says nothing.

    Examples
    --------
    >>> first_line(ValueError("no\nroom")), first_line(EOFError())
    ('no', 'EOFError')
    """
    return str(error).strip().partition("\n")[0] or type(error).__name__


LESS = "give fewer jobs or a sample of the rows, or use random-under"
"""What an arm can do with less memory."""
LESS_FIELD = "jobs data.read.rows"
"""The fields that do it."""

_MEMORY_TEXTS = (
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


def shortage(doing: str, fix: str, field: str | None = None) -> OutOfMemoryError:
    """Return the one error of too little memory.

    Parameters
    ----------
    doing : str
        What it was too little for.
    fix : str
        What takes less.
    field : str or None, default=None
        The field that it is about.

    Examples
    --------
    >>> str(shortage("this table", "give a sample of it", "data.read.rows"))
    'there is not enough memory for this table. Give a sample of it'
    """
    message = f"there is not enough memory for {doing}"
    return OutOfMemoryError(message, fix, field=field)


def _says_so(error: BaseException) -> bool:
    if isinstance(error, MemoryError | OutOfMemoryError):
        return True
    if isinstance(error, OSError) and error.errno == errno.ENOMEM:
        return True
    name = type(error).__name__
    text = str(error).lower()
    return name.startswith(_SPEAKERS) and any(part in text for part in _MEMORY_TEXTS)
