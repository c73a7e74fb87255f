"""Every form that a run can be exported in, and the messages about an export.

A form is declared once, as a `Kind`; its exporter is a function from a `Case` to
`Parts`: files that are listed before they are made. Other packages offer forms by entry
points of the group ``imbtui.exporters`` (docs/export.md).
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any, BinaryIO, Literal, NamedTuple, cast, get_args

import msgspec

from engine.core.errors import unknown
from engine.core.plugins import Offered, PluginProblem, one_line, package_of

GROUP = "imbtui.exporters"

Target = Literal["file", "folder", "server"]


@dataclass(frozen=True)
class Piece:
    """One file.

    Attributes
    ----------
    name : str
        Its name in the folder, parts parted by ``/``; of a single file it is the
        name that the user gave. Never made of untrusted text without
        `engine.core.visible.slug`.
    what : str
        What is in it, in a few words: for the preview.
    write : callable
        Writes it to a binary file. Called once, in the order of the pieces; all that
        takes time happens in here.
    """

    name: str
    what: str
    write: Callable[[BinaryIO], object]


@dataclass(frozen=True)
class Parts:
    """All files of an export, or what sends it to a server.

    Attributes
    ----------
    pieces : tuple of Piece
    notes : tuple of str
        What is to be known before, a sentence each.
    remarks : callable
        Called after all pieces were written: what was noticed on the way.
    place : str
        Of a server: its address, as it may be shown.
    send : callable
        Of a server: sends the run, and returns what was noticed.
    """

    pieces: tuple[Piece, ...] = ()
    notes: tuple[str, ...] = ()
    remarks: Callable[[], tuple[str, ...]] = tuple
    place: str = ""
    send: Callable[[], tuple[str, ...]] = tuple


def of_bytes(name: str, what: str, make: Callable[[], bytes]) -> Piece:
    """Return a file whose bytes are made at once.

    Examples
    --------
    >>> import io
    >>> file = io.BytesIO()
    >>> _ = of_bytes("a.txt", "a letter", lambda: b"a").write(file)
    >>> file.getvalue()
    b'a'
    """
    return Piece(name, what, lambda file: file.write(make()))


def of_text(name: str, what: str, make: Callable[[], str]) -> Piece:
    """Return a text file in UTF-8; half a surrogate is written as ``?``."""
    return of_bytes(name, what, lambda: make().encode("utf-8", "replace"))


def of_json(name: str, what: str, make: Callable[[], object]) -> Piece:
    """Return a file of indented JSON."""

    def encode() -> bytes:
        return msgspec.json.format(msgspec.json.encode(make()), indent=2) + b"\n"

    return of_bytes(name, what, encode)


class Kind(NamedTuple):
    """One form.

    Attributes
    ----------
    name : str
        What the user calls it by.
    title : str
        What the app calls it.
    summary : str
        What it is for, in one line.
    exporter : str
        ``package.module:function``: takes a `Case`, which has what was asked for, and
        returns `Parts`. Imported when it is wanted.
    of : {"run", "arm"}
        Whether it is about the run, or about one arm.
    target : {"file", "folder", "server"}
        A ``server`` is given by an address, not by a path.
    suffixes : tuple of str
        Endings that the file may have, the usual one first; a folder has none, but may
        be written as one file with an ending that is named here.
    needs : str, default=""
        The module that must be installed, and what installs it, as
        ``module:requirement``.
    points : bool, default=False
        Whether an operating point is chosen for it.
    tables : bool, default=False
        Whether it is tables, as CSV or as Parquet.
    usage : str, default=""
        What to do with it, with ``{path}`` where that stands.
    """

    name: str
    title: str
    summary: str
    exporter: str
    of: Literal["arm", "run"] = "run"
    target: Target = "file"
    suffixes: tuple[str, ...] = ()
    needs: str = ""
    points: bool = False
    tables: bool = False
    usage: str = ""

    def load(self) -> Callable[[Any], Parts]:
        """Import the exporter."""
        name, _, function = self.exporter.partition(":")
        module = importlib.import_module(name)
        return cast("Callable[[Any], Parts]", getattr(module, function))

    @property
    def lacking(self) -> tuple[str, str]:
        """What must be installed first, and how; empty texts if nothing.

        Examples
        --------
        >>> find("script").lacking
        ('', '')
        >>> find("script")._replace(needs="no_such_module:imbtui[more]").lacking
        ('no_such_module', "pip install 'imbtui[more]'")
        """
        module, _, wanted = self.needs.partition(":")
        if not module or find_spec(module) is not None:
            return "", ""
        return module, f"pip install '{wanted}'"

    def is_folder(self, path: str) -> bool:
        """Tell whether files go into a folder there, not into one file or a server.

        Examples
        --------
        >>> find("bundle").is_folder("model"), find("bundle").is_folder("a.ZIP")
        (True, False)
        """
        archive = path.lower().endswith(self.suffixes or "\0")
        return self.target == "folder" and not archive


_README = "the README in it says what each file is"

KINDS: tuple[Kind, ...] = (
    Kind(
        "script",
        "Python script",
        "the arm's steps from the table to its confusion matrix, without imbtui",
        "engine.export.script:script",
        of="arm",
        suffixes=(".py",),
        points=True,
        usage="python {path} runs it",
    ),
    Kind(
        "notebook",
        "Jupyter notebook",
        "the script with text that explains it, and charts",
        "engine.export.script:notebook",
        of="arm",
        suffixes=(".ipynb",),
        points=True,
        usage="jupyter lab {path} opens it",
    ),
    Kind(
        "bundle",
        "Model bundle",
        "model, encoding, threshold and columns, to score new tables with",
        "engine.export.bundle:bundle",
        of="arm",
        target="folder",
        suffixes=(".zip",),
        points=True,
    ),
    Kind(
        "onnx",
        "ONNX model",
        "the model for other languages: columns in, calibrated probabilities out",
        "engine.export.onnx_model:onnx_model",
        of="arm",
        suffixes=(".onnx",),
        needs="onnxmltools:imbtui[onnx]",
        usage="onnxruntime, or any other runtime of ONNX, loads it",
    ),
    Kind(
        "data",
        "Data tables",
        "training and test rows as used, and the resampled rows with their origin",
        "engine.export.data:data",
        of="arm",
        target="folder",
        tables=True,
        usage=_README,
    ),
    Kind(
        "predictions",
        "Predictions",
        "each arm's out-of-fold and test scores, row by row",
        "engine.export.data:predictions",
        target="folder",
        tables=True,
        usage=_README,
    ),
    Kind(
        "report",
        "Report",
        "one page about the run, in HTML (or Markdown): figures, proof and verdict",
        "engine.export.report:report",
        suffixes=(".html", ".md"),
        usage="any browser opens it",
    ),
    Kind(
        "sagemaker",
        "SageMaker hand-off",
        "label-first tables and a tuning job for the built-in XGBoost",
        "engine.export.sagemaker:sagemaker",
        of="arm",
        target="folder",
        usage="the README in it says how to go on",
    ),
    Kind(
        "experiment",
        "Experiment file",
        "everything that was set up, as a TOML with comments, to run it again",
        "engine.export.experiment:experiment",
        suffixes=(".toml",),
    ),
    Kind(
        "optuna",
        "Optuna studies",
        "every trial of every arm, for optuna-dashboard",
        "engine.export.optuna_studies:optuna_studies",
        suffixes=(".db",),
        usage="optuna-dashboard {path} opens it",
    ),
    Kind(
        "mlflow",
        "MLflow runs",
        "parameters, metrics and files in an MLflow store or server",
        "engine.export.mlflow_runs:mlflow_runs",
        target="server",
        needs="mlflow:imbtui[mlflow]",
    ),
)
"""Our own, in the order that they are listed."""


# Looking a form up --------------------------------------------------------------------


def every() -> tuple[Kind, ...]:
    """Return every form: ours, then those of other packages."""
    return (*KINDS, *_others()[0])


def problems() -> tuple[PluginProblem, ...]:
    """Return which forms of other packages cannot be used, and why."""
    return _others()[1]


def offered() -> tuple[Offered, ...]:
    """Return the package of each form of another one."""
    return _others()[2]


def find(name: str) -> Kind:
    """Return the form of that name.

    Raises
    ------
    SpecError
        If there is none.

    Examples
    --------
    >>> find("script").suffixes
    ('.py',)
    """
    for kinds in (KINDS, every()):  # others are looked up only if it is none of ours
        for kind in kinds:
            if kind.name == name:
                return kind
    raise unknown(f"nothing is exported as {name!r}", (k.name for k in every()))


@cache
def _others() -> tuple[
    tuple[Kind, ...], tuple[PluginProblem, ...], tuple[Offered, ...]
]:
    """Look up the entry points, once per process; what cannot be used is left out."""
    from importlib import metadata  # slow to import

    found: list[Kind] = []
    wrong: list[PluginProblem] = []
    offers: list[Offered] = []
    for entry in sorted(metadata.entry_points(group=GROUP)):
        package = package_of(entry)
        try:
            given = entry.load()
            for kind in [given] if isinstance(given, Kind) else given:
                found.append(_check(kind, (*KINDS, *found)))
                offers.append(Offered(package, "form", kind.name))
        # A package may raise anything; an exit is no reason to end the program.
        except (Exception, SystemExit) as error:
            wrong.append(PluginProblem(package, entry.name, one_line(error)))
    return tuple(found), tuple(wrong), tuple(offers)


def _check(kind: Any, known: Iterable[Kind]) -> Kind:
    """Return a form of another package, if it is one that can be used."""
    if not isinstance(kind, Kind):
        raise TypeError(f"{kind!r} is no engine.export.Kind")
    if not re.fullmatch(r"[a-z][a-z0-9-]*", kind.name):
        raise ValueError(f"{kind.name!r} is not of small letters, digits and hyphens")
    if any(kind.name == one.name for one in known):
        raise ValueError(f"the name {kind.name!r} is taken")
    if kind.of not in ("arm", "run") or kind.target not in get_args(Target):
        raise ValueError(f"{kind.name} is of {kind.of!r} and goes to {kind.target!r}")
    if kind.target == "file" and not kind.suffixes:
        raise ValueError(f"{kind.name} names no ending of its file")
    return kind


# Messages -----------------------------------------------------------------------------

Table = Literal["csv", "parquet"]


class ExportRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be exported, and where to.

    Parameters
    ----------
    store : str
        File that the runs are in; the default one when empty.
    run : str
        The run's id, a unique beginning of it, or ``last``.
    kind : str
        Name of a form in `engine.core.exports`.
    arm : str or None
        The one that the verdict recommends when None.
    path : str or None
        File or folder to write, or the address of a server; a name made from the run
        and the arm, in the working folder, when None.
    at : str or None
        Operating point; the recommended one when None.
    table : {"csv", "parquet"}
        What tables are written as.
    overwrite : bool
        Whether files that are there already may be replaced.
    author : str
        Who ran it, as a report says; it says nobody when empty.
    """

    run: str
    kind: str
    store: str = ""
    arm: str | None = None
    path: str | None = None
    at: str | None = None
    table: Table = "csv"
    overwrite: bool = False
    author: str = ""


class PlannedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that would be written: its name, and what is in it."""

    name: str
    what: str


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """What would be written, before any of it is made.

    Parameters
    ----------
    run, arm, at : str
        What it is about, after what was left open was chosen; empty where it has no
        say.
    path : str
        Where it goes, absolute; the address of a server.
    files : tuple of PlannedFile
        Names are relative to a folder, and the file's own name of a single one.
    exists : bool
        Whether one of them is there already.
    notes : tuple of str
        What is to be known before.
    arms : tuple of str
        What could be chosen instead, the recommended one first; none where it does
        not matter.
    recommended : str
        The arm that the verdict recommends; empty without.
    points : dict of str to str
        Operating points that could be chosen, with what the board calls each.
    """

    run: str
    path: str
    files: tuple[PlannedFile, ...]
    arm: str = ""
    at: str = ""
    exists: bool = False
    notes: tuple[str, ...] = ()
    arms: tuple[str, ...] = ()
    recommended: str = ""
    points: dict[str, str] = {}


class WrittenFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was written, and its bytes."""

    name: str
    bytes: int


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What was written.

    Parameters
    ----------
    run, arm, at, path
        As of `Planned`.
    files : tuple of WrittenFile
        None of a server.
    notes : tuple of str
        What was noticed on the way.
    """

    run: str
    path: str
    files: tuple[WrittenFile, ...] = ()
    arm: str = ""
    at: str = ""
    notes: tuple[str, ...] = ()
