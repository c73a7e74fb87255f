"""The `imbtui` command: the app, or one of the headless commands."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


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
    arguments = sys.argv[1:] if argv is None else list(argv)
    if arguments[:1] == ["_complete"]:
        from tui.cli.complete import complete

        return complete(arguments[1:])
    from tui.cli.parser import dispatch

    if argv is None:
        # Whatever we or our children write is the user's alone; and a umask that
        # keeps even its owner from a file would keep us from our own.
        os.umask(0o077)
    # Only a process of its own may rearrange its standard streams.
    return dispatch(arguments, alone=argv is None)


if __name__ == "__main__":
    sys.exit(main())
