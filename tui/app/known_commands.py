"""Which commands there are: with this module all screens are there that have some."""

from __future__ import annotations

from collections.abc import Iterable

from tui.app import workbench  # noqa: F401
from tui.features.commands import BY_ID


def unknown_ids(keys: Iterable[str]) -> list[str]:
    """Return what is wrong with ids of commands that settings name."""
    unknown = (name for name in keys if name not in BY_ID)
    return [f"no command {name!r}: the help lists them" for name in unknown]
