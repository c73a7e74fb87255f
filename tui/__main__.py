"""The `imbtui` command: the app, or one of the headless commands."""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str or None, default=None
        Arguments without the program's name; those of the process when None.

    Returns
    -------
    int
        The exit code: 0 done, 1 failed, 2 wrong use, 130 interrupted.
    """
    from tui.cli.parser import dispatch

    return dispatch(sys.argv[1:] if argv is None else list(argv))


if __name__ == "__main__":
    sys.exit(main())
