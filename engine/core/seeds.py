"""Named child seeds from one root: every random draw has a name and a seed."""

from __future__ import annotations

import hashlib


def child(root: int, *names: str | int) -> int:
    """Return the seed of a named draw.

    Parameters
    ----------
    root : int
        The experiment's seed.
    *names : str or int
        What is drawn, from general to particular.

    Returns
    -------
    int
        A number in [0, 2**31); the same for the same root and names, on every
        machine and in every process.

    Examples
    --------
    >>> child(42, "trial", 3) == child(42, "trial", 3)
    True
    >>> child(42, "trial", 3) == child(42, "trial", 4)
    False
    """
    text = "/".join([str(root), *map(str, names)])
    digest = hashlib.sha256(text.encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1
