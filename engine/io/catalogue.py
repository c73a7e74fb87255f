"""The sample datasets: what there is, where it lies, how to get a copy.

Light on purpose, so that a front end may list the samples: nothing but the standard
library is imported before a Parquet file is asked for.
"""

from __future__ import annotations

import gzip
import io
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from engine.core.errors import DataError, OutputError
from engine.core.format import check_known
from engine.io.files import check, put

if TYPE_CHECKING:
    import pandas as pd


_HERE = Path(__file__).resolve()
# In an installed wheel; in a source checkout.
_FOLDERS = (_HERE.parent / "samples", _HERE.parents[2] / "sample_data")
_SUFFIXES = (".csv", ".csv.gz", ".parquet")


class Sample(msgspec.Struct, frozen=True):
    """One dataset that comes with imbtui.

    Parameters
    ----------
    name : str
        What a user writes after ``sample:``.
    title : str
        What it is about, in a few words.
    file : str
        The file's name.
    rows, columns : int
        The table's size, target included.
    target : str
        The column to predict.
    positive : str
        The label of the rare class, as text.
    origin : {"generated", "real"}
        Whether a program made the rows up or a user measured them.
    licence : str
        SPDX name of the licence. A real table has a text file of the same stem that
        names its source and creators.
    description : str
        One or two sentences: what is in it and what it is good for.
    """

    name: str
    title: str
    file: str
    rows: int
    columns: int
    target: str
    positive: str
    origin: Literal["generated", "real"]
    licence: str
    description: str


_ENTRIES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
SAMPLES: Final = {name: Sample(name=name, **own) for name, own in _ENTRIES.items()}


def find(name: str) -> Sample:
    """Look a sample up by its name.

    Parameters
    ----------
    name : str
        As in `SAMPLES`.

    Returns
    -------
    Sample
        The sample of that name.

    Raises
    ------
    DataError
        If there is none; the fix names the nearest one and lists them all.

    Examples
    --------
    >>> find("moons").rows
    2750
    """
    check_known(name, SAMPLES, f"no sample dataset is named {name!r}", "samples")
    return SAMPLES[name]


def path(sample: Sample) -> Path:
    """Tell where a sample's file lies.

    Parameters
    ----------
    sample : Sample
        As `find` returns it.

    Returns
    -------
    pathlib.Path
        In the installed package, or in ``sample_data`` of a source checkout.

    Raises
    ------
    DataError
        If the installation lacks the file.

    Examples
    --------
    >>> path(find("blobs")).name
    'blobs.csv'
    """
    for folder in _FOLDERS:
        file = folder / sample.file
        if file.is_file():
            return file
    raise DataError(
        f"the sample {sample.name!r} is not part of this installation: "
        f"{sample.file} is missing",
        "install imbtui again",
    )


def write(sample: Sample, out: Path, overwrite: bool = False) -> Path:
    """Write a copy of a sample, whole or not at all; only its owner may read it.

    Parameters
    ----------
    sample : Sample
        As `find` returns it.
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
    >>> with TemporaryDirectory() as folder:
    ...     write(find("blobs"), Path(folder, "b.csv")).stat().st_size > 10_000
    True
    """
    suffix = checked(sample.name, out, overwrite)
    put(out, _content(sample, suffix), overwrite=overwrite)
    return out


def checked(name: str, out: Path, overwrite: bool = False) -> str:
    """Return the format that a file's name says, if it may be written.

    Parameters
    ----------
    name : str
        What the table is called, to propose a name for its file.
    out : pathlib.Path
        The file; ``.csv``, ``.csv.gz`` or ``.parquet`` decides the format.
    overwrite : bool, default=False
        Whether a file of that name may be replaced.

    Returns
    -------
    str
        The suffix.

    Raises
    ------
    DataError
        If the format is unknown.
    OutputError
        If the folder is missing, or the file exists and may not be replaced.

    Examples
    --------
    >>> checked("moons", Path("new-moons.CSV.GZ"))
    '.csv.gz'
    """
    if out.is_dir():
        raise OutputError(f"{out} is a folder", f"name a file: {out / name}.csv")
    suffix = next((s for s in _SUFFIXES if out.name.lower().endswith(s)), None)
    if suffix is None:
        known = ", ".join(_SUFFIXES)
        raise DataError(
            f"cannot tell a format from {out.name!r}: it ends in none of {known}",
            f"name it {name}.csv, for example",
        )
    check(out, overwrite=overwrite)
    return suffix


def _content(sample: Sample, suffix: str) -> bytes:
    """Read a sample and turn it into the format of the suffix."""
    file = path(sample)
    text = file.read_bytes()
    if file.name.endswith(".gz"):
        text = gzip.decompress(text)
    if suffix != ".parquet":
        return compressed(text) if suffix == ".csv.gz" else text
    import pandas as pd

    # pandas below 3.1 rounds the 17th digit wrongly, unless Arrow reads the numbers.
    return encoded(pd.read_csv(io.BytesIO(text), engine="pyarrow"), suffix)


def encoded(
    table: pd.DataFrame, suffix: str, metadata: dict[bytes, bytes] | None = None
) -> bytes:
    """Return a table as the file that a suffix of `checked` says.

    `metadata` says of a Parquet file what its columns are beside their types; None
    leaves it to pandas.
    """
    if suffix == ".parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        found = pa.Table.from_pandas(table, preserve_index=False)
        if metadata is not None:
            found = found.replace_schema_metadata(metadata)
        file = io.BytesIO()
        pq.write_table(found, file)
        return file.getvalue()
    text = to_csv(table)
    return compressed(text) if suffix == ".csv.gz" else text


def to_csv(table: pd.DataFrame) -> bytes:
    r"""Write a table as the samples are written.

    Numbers take their shortest exact form, 3 and not 3.0; a missing cell is empty.

    Parameters
    ----------
    table : pandas.DataFrame
        What to write; its index is left out.

    Returns
    -------
    bytes
        UTF-8 with a header and line feeds.

    Examples
    --------
    >>> import pandas as pd
    >>> to_csv(pd.DataFrame({"age": [3.0, 0.08], "bmi": [None, 18.5]}))
    b'age,bmi\n3,\n0.08,18.5\n'
    """
    text: str = table.to_csv(index=False, lineterminator="\n", float_format=_shortest)
    return text.encode()


def _shortest(number: Any) -> str:
    return repr(float(number)).removesuffix(".0")


def compressed(content: bytes) -> bytes:
    """Compress without a name or a time, so that the same gives the same.

    Parameters
    ----------
    content : bytes
        What to compress.

    Returns
    -------
    bytes
        A gzip file.

    Examples
    --------
    >>> compressed(b"a,b") == compressed(b"a,b")
    True
    """
    buffer = io.BytesIO()  # `gzip.compress` names the system in the file
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, mtime=0) as file:
        file.write(content)
    return buffer.getvalue()
