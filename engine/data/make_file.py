"""Writes a made-up table to a file. Light until it is asked to."""

from __future__ import annotations

from pathlib import Path

from engine.data.catalogue import checked, compressed
from engine.data.make_spec import Make
from engine.files import put

__all__ = ["write"]


def write(make: Make, out: Path, overwrite: bool = False) -> Path:
    """Write a made-up table, whole or not at all; only its owner may read it.

    Parameters
    ----------
    make : Make
        What to draw.
    out : pathlib.Path
        The file to write; ``.csv``, ``.csv.gz`` or ``.parquet`` decides the format.
    overwrite : bool, default=False
        Whether a file of that name may be replaced.

    Returns
    -------
    pathlib.Path
        The file that was written.

    Raises
    ------
    DataError
        If the format is unknown.
    OutputError
        If the folder is missing, the file exists and may not be replaced, or cannot
        be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from engine.data.make_spec import make
    >>> with TemporaryDirectory() as folder:
    ...     path = write(make("moons", rows=50), Path(folder, "m.csv"))
    ...     path.read_text().splitlines()[0]
    'feature1,feature2,label'
    """
    suffix = checked(make.kind, out, overwrite)
    put(out, _content(make, suffix), overwrite=overwrite)
    return out


def _content(make: Make, suffix: str) -> bytes:
    from engine.data.generate import to_csv
    from engine.data.made import frame

    table = frame(make)
    if suffix == ".parquet":
        found: bytes = table.to_parquet(index=False)
        return found
    text = to_csv(table)
    return compressed(text) if suffix == ".csv.gz" else text
