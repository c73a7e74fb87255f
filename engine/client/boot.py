"""How a child process of ours is started."""

from __future__ import annotations

import sys
from pathlib import Path

__all__ = ["command"]


def command(module: str, *arguments: str) -> list[str]:
    """Return the command that calls ``main()`` of a module in a new interpreter.

    Parameters
    ----------
    module : str
        Full name of the module; its ``main`` returns an exit code.
    *arguments : str
        What it finds in ``sys.argv[1:]``.

    Returns
    -------
    list of str

    Examples
    --------
    >>> command("engine.process", "runs.db", "7")[-2:]
    ['runs.db', '7']
    """
    root = str(Path(__file__).resolve().parents[2])
    # -P: a file of the person's folder must not stand in for a module of ours.
    boot = (
        "import sys; sys.path.append(sys.argv.pop(1)); "
        f"from {module} import main; sys.exit(main())"
    )
    return [sys.executable, "-P", "-c", boot, root, *arguments]
