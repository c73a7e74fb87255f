"""Run a list of checks of something that another package may have made. Light.

A check passes, or says in a sentence what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Subject = TypeVar("Subject")


class NonconformingError(Exception):
    """What something does that it must not, in a sentence."""


def require(holds: bool, problem: str) -> None:
    """Raise `NonconformingError` unless something holds."""
    if not holds:
        raise NonconformingError(problem)


def examine(
    checks: Iterable[Callable[[Subject], None]], subject: Subject
) -> Iterator[tuple[str, str]]:
    """Yield what each check looks at, and what is wrong; nothing if all is well.

    What a check looks at is the first line of its docstring.

    Examples
    --------
    >>> def even(number):
    ...     "Be even."
    ...     require(number % 2 == 0, f"{number} is odd")
    >>> [*examine([even], 3)]
    [('Be even', '3 is odd')]
    """
    for check in checks:
        problem = ""
        try:
            check(subject)
        except NonconformingError as error:
            problem = str(error)
        except Exception as error:  # whatever a package of others raises
            problem = f"{type(error).__name__}: {error}"
        yield (check.__doc__ or "").partition("\n")[0].rstrip("."), problem
