"""Many rows of a table in one test, with every row that fails named."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import wraps
from pathlib import Path

import pytest

from tests.support.paths import ROOT

TESTS = str(ROOT / "tests")


def _told(error: BaseException) -> str:
    """Return an error with the line of a test that it came by."""
    frames = traceback.extract_tb(error.__traceback__)
    at = [f for f in frames if f.filename.startswith(TESTS)][-1]
    where = f"{Path(at.filename).name}:{at.lineno}: {at.line}"
    return f"{type(error).__name__}: {error} ({where})"


@contextmanager
def each() -> Iterator[Callable[..., AbstractContextManager[None]]]:
    """Let rows of a table fail one by one, and the test at the end.

    Examples
    --------
    >>> with each() as row:
    ...     for number in (1, 2, 3):
    ...         with row(number):
    ...             assert number < 4
    """
    failures: list[str] = []
    count = 0

    @contextmanager
    def row(*values: object) -> Iterator[None]:
        nonlocal count
        count += 1
        try:
            yield
        except (Exception, pytest.fail.Exception) as error:
            named = ", ".join(str(value)[:100] for value in values)
            failures.append(f"{named}: {_told(error)}")

    yield row
    assert count, "the table is empty"
    if failures:
        rows = "\n".join(failures)
        pytest.fail(f"{len(failures)} of {count} rows fail:\n{rows}", pytrace=False)


def for_each(
    names: str | tuple[str, ...], rows: Iterable[object]
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make one test of a test with arguments, as `pytest.mark.parametrize` many.

    Several tables of one test are all combinations. The fixtures are made once.

    Examples
    --------
    >>> @for_each(("number", "square"), [(2, 4), (3, 9)])
    ... def check(number, square):
    ...     assert number**2 == square
    >>> check()
    """
    wanted = (names,) if isinstance(names, str) else names
    given = [(one,) if isinstance(names, str) else tuple(one) for one in rows]  # type: ignore[arg-type]

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        inner = getattr(test, "inner", test)
        before = getattr(test, "rows", [{}])
        whole = [
            dict(zip(wanted, one, strict=True)) | b for one in given for b in before
        ]

        @wraps(inner)
        def run(**fixtures: object) -> None:
            with each() as row:
                for values in whole:
                    with row(*values.values()):
                        inner(**fixtures, **values)

        del run.__wrapped__
        signature = inspect.signature(inner)
        left = [p for n, p in signature.parameters.items() if n not in whole[0]]
        run.__signature__ = signature.replace(parameters=left)  # type: ignore[attr-defined]
        run.inner, run.rows = inner, whole  # type: ignore[attr-defined]
        return run

    return decorate
