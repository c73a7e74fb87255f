"""What a bundle says of itself: its parts, its columns, its operating points. Light."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET

from engine.core import models
from engine.core.errors import DataError, SpecError, unknown
from engine.core.experiment import ReadSpec
from engine.core.outcome import CalibrationMap
from engine.core.prevalence import Prevalence

FORMAT = "imbtui bundle"
VERSION = 4
"""Raised when an older imbtui would misread what a newer one writes."""
MANIFEST, MODEL = "manifest.json", "model.json"
ENCODING, README, ROWS = "encoding.json", "README.md", "training_rows.bin"
REFERENCE = "reference.json"
KNOWN = (MODEL, models.TREES, ENCODING, README, ROWS, REFERENCE)
"""Every file that a bundle may have, besides the manifest."""
REMOVABLE = (ROWS, REFERENCE)
"""Those that a user may take out."""
MOST_ROWS = 200_000
"""How many training rows a bundle knows at most, of those that differ."""
MOST_CLASSES = 100
"""More than a target may have."""
MOST_THRESHOLD = 1 + 2**-23
"""The least float32 above 1: from it on no row is predicted positive."""

Cells = Literal["number", "flag", "days", "words", "text", "codes"]


class FileHash(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file: its SHA-256 and its bytes."""

    sha256: str
    bytes: int


class ColumnSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One column of the training table, and how its cells are read.

    Parameters
    ----------
    name : str
    role : str
        ``feature``, ``target``, or what else it was; only features are needed.
    kind : str
        As `engine.data.profile` calls it.
    cells : str
        ``number``; ``flag``, 0 or 1; ``days``, a date that is a number of days since
        1970; ``words``, each of which is a number; ``text``; ``codes``, numbers that
        are names.
    levels : tuple of str
        What a category has in the training rows.
    low, high : float or None
        The range of a number there.
    missing : int
        Missing cells there.
    words : dict of str to float
    date : str
        The notation of days: ``ISO8601``, ``mixed``, or as for ``strptime``.
    day_first : bool
        Of ``mixed`` ones, whether 3/4 is in April.
    lenient : bool
        Whether the run read cells that are no numbers as missing.
    """

    name: str
    role: str
    kind: str
    cells: Cells = "text"
    levels: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    missing: int = 0
    words: dict[str, float] = {}
    date: str = ""
    day_first: bool = False
    lenient: bool = False


class PointRule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a row is called under one operating point.

    Positive at the threshold or above it; of more than two classes the one whose score
    times its weight is the largest.
    """

    at: str
    threshold: float | None = None
    weights: dict[str, float] = {}
    note: str = ""


class Repair(msgspec.Struct, frozen=True, kw_only=True):
    """How the scores of a class become probabilities.

    `prevalence` is the share of positives that they are for, where the run was given
    one in use; unset, they are for that of the table.
    """

    method: str
    map: CalibrationMap
    prevalence: Prevalence = UNSET


class Training(msgspec.Struct, frozen=True, kw_only=True):
    """How many training rows the model has, and how many of them differ as encoded."""

    rows: int
    distinct: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """All that a bundle says of itself.

    Parameters
    ----------
    format, version
        `FORMAT` and `VERSION`.
    imbtui : str
        The version that wrote it.
    versions : dict of str to str
        Of every library that has a say in a number, in the run.
    run, arm, dataset : str
    model : str
        Name of the model, or of the ensemble.
    target : ColumnSpec
    classes : tuple of str
        The negative and the positive one; all of more than two.
    positive : str or None
    at : str
        The operating point that was chosen.
    points : tuple of PointRule
        All operating points.
    calibration : dict of str to Repair
        By class: the positive one, or each of more. Their ``prior`` has factors, which
        correct all classes together; other repairs are of each against the rest.
    columns : tuple of ColumnSpec
        Those of the training table, in its order.
    missing : tuple of str
        Texts that a user said mean a missing cell.
    reader : dict
        How the training table was read, and what was said about that: hints only.
    files : dict of str to FileHash
    training : Training or None
        None where it has no training rows.
    """

    format: str
    version: int
    imbtui: str
    run: str
    arm: str
    dataset: str
    model: str
    target: ColumnSpec
    classes: tuple[str, ...]
    positive: str | None
    at: str
    points: tuple[PointRule, ...]
    columns: tuple[ColumnSpec, ...]
    files: dict[str, FileHash]
    versions: dict[str, str] = {}
    calibration: dict[str, Repair] = {}
    missing: tuple[str, ...] = ()
    reader: dict[str, object] = {}
    training: Training | None = None

    @property
    def features(self) -> tuple[ColumnSpec, ...]:
        """The columns that the model needs, in the order of the table."""
        return tuple(item for item in self.columns if item.role == "feature")

    @property
    def merged(self) -> bool:
        """Whether the negative class stands for several of the table."""
        return len(self.classes) == 2 and self.classes[0] == f"not {self.classes[1]}"

    @property
    def model_file(self) -> str:
        """The name of the model's file."""
        return models.get(self.model).file

    def as_read(self) -> ReadSpec:
        """Return how the training table was read, to read another alike.

        Of delimited text that is its dialect; another format needs none.

        Raises
        ------
        DataError
            If the manifest does not say so in a form that is known.
        """
        try:
            hints = msgspec.convert(self.reader, _Hints)
            dialect = hints.found if hints.found.get("format") == "text" else {}
            both = [*dialect.items(), *hints.given.items()]
            given = {k: v for k, v in both if k in _DIALECT and v not in (None, "")}
            missing = hints.given.get("missing", ())
            return msgspec.convert({**given, "missing": missing}, ReadSpec)
        except msgspec.ValidationError as error:
            raise DataError(
                f"the bundle does not say how its table was read: {error}",
                "export it again, or give the dialect of the new table",
            ) from None

    def point(self, at: str | None = None) -> PointRule:
        """Return what rows are called by, the chosen operating point if none is named.

        Raises
        ------
        SpecError
            If there is no such operating point.
        """
        wanted = self.at if at is None else at
        for item in self.points:
            if item.at == wanted:
                return item
        what = f"the bundle has no operating point {wanted!r}"
        raise unknown(what, (item.at for item in self.points))


_DIALECT = ("delimiter", "encoding", "decimal", "quote", "escape", "ragged")


class _Hints(msgspec.Struct, forbid_unknown_fields=True):
    """How a table was read: what was found out, and what the user gave."""

    found: dict[str, object] = {}
    given: dict[str, object] = {}


class _Head(msgspec.Struct):
    """What tells whether the rest can be understood."""

    format: str = ""
    version: int = 0


def decode(data: bytes, name: str) -> Manifest:
    """Return the manifest of a bundle.

    Parameters
    ----------
    data : bytes
    name : str
        What to call the bundle.

    Raises
    ------
    DataError
        If it is none, of a newer imbtui, or at odds with itself.

    Examples
    --------
    >>> decode(b'{"format": "imbtui bundle", "version": 99}', "b")
    Traceback (most recent call last):
    ...
    engine.core.errors.DataError: b is a bundle of format 99, and this imbtui reads format 4. Export it again, or install the imbtui that wrote it
    """  # noqa: E501
    try:
        head = msgspec.json.decode(data, type=_Head)
        if head.format != FORMAT:
            raise msgspec.ValidationError(f"its format is {head.format!r}")
        if head.version != VERSION:
            raise DataError(
                f"{name} is a bundle of format {head.version}, and this imbtui reads "
                f"format {VERSION}",
                "export it again, or install the imbtui that wrote it",
            )
        manifest = msgspec.json.decode(data, type=Manifest)
        _check(manifest)
    except SpecError as error:
        what = f"the model of {name} is none that is known here: {error.message}"
        raise DataError(what, "install the package that has it") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        what = f"{name} has no manifest of a bundle: {error}"
        how = "give the folder or the .zip of an exported bundle"
        raise DataError(what, how) from None
    return manifest


def _check(manifest: Manifest) -> None:
    """Refuse what contradicts itself."""
    names = [item.name for item in manifest.columns]
    many = len(manifest.classes) > 2
    maps = [item.map for item in manifest.calibration.values()]
    factors = [item.factor for item in maps if item.factor is not msgspec.UNSET]
    fine = {
        "its classes": 2 <= len(set(manifest.classes)) == len(manifest.classes)
        and len(manifest.classes) <= MOST_CLASSES,
        "its positive class": manifest.positive
        == (None if many else manifest.classes[-1]),
        "its columns": bool(manifest.features) and len(set(names)) == len(names),
        "its operating points": any(p.at == manifest.at for p in manifest.points)
        and all(
            set(p.weights) == set(manifest.classes)
            and all(w > 0 for w in p.weights.values())
            if many
            else p.threshold is not None and 0 <= p.threshold <= MOST_THRESHOLD
            for p in manifest.points
        ),
        "its repairs": set(manifest.calibration) <= set(manifest.classes)
        and all(len(item.scores) == len(item.probabilities) for item in maps)
        and len(factors) in (0, len(manifest.classes)),
        "its training rows": (manifest.training is None)
        == (ROWS not in manifest.files),
        "its files": {manifest.model_file, ENCODING}
        <= set(manifest.files)
        <= set(KNOWN),
    }
    for what, holds in fine.items():
        if not holds:
            raise msgspec.ValidationError(f"{what} contradict each other")
