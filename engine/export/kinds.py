"""Every form that a run can be taken away in, declared once. Light."""

from __future__ import annotations

from typing import Literal, NamedTuple

from engine.errors import SpecError

__all__ = ["KINDS", "Kind", "find", "home"]

Target = Literal["file", "folder", "server"]


class Kind(NamedTuple):
    """One form.

    Attributes
    ----------
    name : str
        What ``--as`` calls it.
    title : str
        What the app calls it.
    summary : str
        What it is for, in one line.
    of : {"arm", "run"}
        Whether it is about one arm, or about the run.
    target : {"file", "folder", "server"}
        A ``server`` is no path: it is asked for by an address.
    suffixes : tuple of str
        Endings that the file may have, the usual one first; a folder has none, but may
        be asked for as a file of an ending that is named here.
    exporter : str
        ``module:function`` in this package: takes a case and what was asked for.
    needs : str, default=""
        The module that must be installed, and with which extra, as ``module:extra``.
    policies : bool, default=False
        Whether an operating point is chosen for it.
    """

    name: str
    title: str
    summary: str
    of: Literal["arm", "run"]
    target: Target
    suffixes: tuple[str, ...]
    exporter: str
    needs: str = ""
    policies: bool = False


KINDS: tuple[Kind, ...] = (
    Kind(
        "script",
        "Python script",
        "the arm's way from the table to its confusion matrix, without imbtui",
        "arm",
        "file",
        (".py",),
        "script:script",
        policies=True,
    ),
    Kind(
        "notebook",
        "Jupyter notebook",
        "the script with text that explains it, and charts",
        "arm",
        "file",
        (".ipynb",),
        "notebook:notebook",
        policies=True,
    ),
    Kind(
        "bundle",
        "Model bundle",
        "model, encoding, threshold and columns, to score new tables with",
        "arm",
        "folder",
        (".zip",),
        "bundle:bundle",
        policies=True,
    ),
    Kind(
        "onnx",
        "ONNX model",
        "the model for other languages: encoded columns in, probabilities out",
        "arm",
        "file",
        (".onnx",),
        "onnx_model:onnx_model",
        needs="onnxmltools:onnx",
    ),
    Kind(
        "data",
        "Data tables",
        "training and test rows as used, and the treated rows with their origin",
        "arm",
        "folder",
        (),
        "data:data",
    ),
    Kind(
        "predictions",
        "Predictions",
        "each arm's out-of-fold and test scores, row by row",
        "run",
        "folder",
        (),
        "predictions:predictions",
    ),
    Kind(
        "report",
        "Report",
        "one page about the run, in HTML (or Markdown): figures, proof and verdict",
        "run",
        "file",
        (".html", ".md"),
        "report:report",
    ),
    Kind(
        "sagemaker",
        "SageMaker hand-off",
        "label-first tables and a tuning job for the built-in XGBoost",
        "arm",
        "folder",
        (),
        "sagemaker:sagemaker",
    ),
    Kind(
        "experiment",
        "Experiment file",
        "everything that was set up, as a TOML with comments: imbtui run repeats it",
        "run",
        "file",
        (".toml",),
        "experiment:experiment",
    ),
    Kind(
        "optuna",
        "Optuna studies",
        "every trial of every arm, for optuna-dashboard",
        "run",
        "file",
        (".db", ".log"),
        "optuna_studies:optuna_studies",
    ),
    Kind(
        "mlflow",
        "MLflow runs",
        "parameters, metrics and files in an MLflow store or server",
        "run",
        "server",
        (),
        "mlflow_runs:mlflow_runs",
        needs="mlflow:mlflow",
    ),
)
"""What `imbtui export --as` knows, in the order that it is listed."""

_BY_NAME = {kind.name: kind for kind in KINDS}


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
    try:
        return _BY_NAME[name]
    except KeyError:
        raise SpecError(
            f"nothing is exported as {name!r}", f"choose one of: {', '.join(_BY_NAME)}"
        ) from None


def home(kind: Kind) -> tuple[str, str]:
    """Return the module and the function of a form's exporter."""
    module, _, function = kind.exporter.partition(":")
    return f"engine.export.{module}", function
