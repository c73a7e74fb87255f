"""Loops over many rows whose report names every row that fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["Failing"]


class Failing:
    """Collects what fails in a loop; leaving it says all of that.

    ::

        with Failing() as failing:
            for row in rows:
                with failing.at(row):
                    assert holds(row)
    """

    def __init__(self) -> None:
        self.rows: list[str] = []

    def __enter__(self) -> Failing:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            assert not self.rows, "\n\n".join(self.rows)

    @contextmanager
    def at(self, *row: object) -> Iterator[None]:
        """Note a row if something in it does not hold, and go on."""
        try:
            yield
        except AssertionError as error:
            self.rows.append(f"{row}: {error}")
