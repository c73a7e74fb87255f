"""Values as Python text: what comes from data is a literal in ASCII."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from engine.export.tables import environment

WIDTH = 88
NUMERIC = ("number", "integer", "boolean")
"""Kinds of columns that are numbers to a script."""


_NAMES = {
    "sklearn.base": "BaseEstimator",
    "sklearn.calibration": "calibration_curve",
    "sklearn.compose": "make_column_transformer",
    "sklearn.impute": "MissingIndicator SimpleImputer",
    "sklearn.metrics": (
        "average_precision_score brier_score_loss confusion_matrix log_loss "
        "precision_recall_curve precision_score recall_score roc_auc_score"
    ),
    "sklearn.model_selection": "train_test_split",
    "sklearn.pipeline": "make_pipeline",
    "sklearn.preprocessing": "OneHotEncoder StandardScaler",
    "sklearn.svm": "LinearSVC",
}
_HOMES = {name: home for home, names in _NAMES.items() for name in names.split()}
"""Where the names of the templates come from."""


def plain(value: Any) -> Any:
    """Return a value of numpy as one of Python's own."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    return value.item() if isinstance(value, np.generic) else value


def literal(value: Any) -> str:
    r"""Return a value as Python reads it again.

    Parameters
    ----------
    value : str, bool, int, float, None, or a list, tuple or dict of such
        Of numpy as well.

    Raises
    ------
    TypeError
        If it is anything else.

    Examples
    --------
    >>> print(literal("it's\n"), literal([0.1, float("inf")]), literal({1: None}))
    "it's\n" [0.1, float("inf")] {1: None}
    """
    value = plain(value)
    if isinstance(value, str):
        inside = ascii(value)
        # In the quotes that formatters prefer, where nothing has to be escaped for it.
        return inside if '"' in inside else f'"{inside[1:-1]}"'
    if value is None or isinstance(value, bool | int):
        return repr(value)
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else f'float("{value}")'
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, tuple):
        inside = ", ".join(map(literal, value))
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, Mapping):
        inside = ", ".join(f"{literal(k)}: {literal(v)}" for k, v in value.items())
        return f"{{{inside}}}"
    raise TypeError(f"{type(value).__name__} is no plain value")


def assignment(name: str, value: Any) -> str:
    """Return ``name = value``, over several lines where one would be too long.

    Examples
    --------
    >>> print(assignment("columns", ["a", "b"]))
    columns = ["a", "b"]
    """
    line = f"{name} = {literal(value)}"
    value = plain(value)
    if len(line) <= WIDTH or not isinstance(value, list | Mapping) or not value:
        return line
    return f"{name} = {format_lines(value)}"


def format_lines(value: list[Any] | Mapping[Any, Any]) -> str:
    """Return a list or a dict, as many of its parts in a line as fit."""
    if isinstance(value, Mapping):
        parts: Iterable[str] = (f"{literal(k)}: {literal(v)}" for k, v in value.items())
        begin, end = "{", "}"
    else:
        parts, begin, end = map(literal, value), "[", "]"
    margin = " " * 4
    lines = [margin]
    for part in parts:
        if lines[-1] != margin and len(lines[-1]) + len(part) + 1 > WIDTH:
            lines.append(margin)
        lines[-1] += f"{part}, "
    inside = "\n".join(line.rstrip(" ") for line in lines)
    return f"{begin}\n{inside}\n{end}"


def call(name: str, parts: Sequence[str], begins: int) -> str:
    """Return a call, a line for each argument if one line would be too long."""
    line = f"{name}({', '.join(parts)})"
    if len(line) + begins <= WIDTH:
        return line
    return f"{name}(\n{''.join(f'    {part},{chr(10)}' for part in parts)})"


def render(name: str, /, **given: object) -> str:
    """Return a template of Python, filled in; data in it are literals."""
    env = environment("engine.export.scripting").overlay(keep_trailing_newline=False)
    env.globals |= {"literal": literal, "assigned": assignment}
    return env.get_template(f"{name}.py.j2").render(**given)


def imports(text: str, homes: Mapping[str, str] = {}) -> list[str]:
    """Return the statements that import what a text uses of the libraries.

    Examples
    --------
    >>> imports("SimpleImputer().fit(X)")
    ['from sklearn.impute import SimpleImputer']
    """
    known = {**_HOMES, **homes}
    used: dict[str, set[str]] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Name) and node.id in known:
            used.setdefault(known[node.id], set()).add(node.id)
    lines = []
    for module in sorted(used):
        line = f"from {module} import {', '.join(sorted(used[module]))}"
        if len(line) > WIDTH:
            inside = "".join(f"    {name},\n" for name in sorted(used[module]))
            line = f"from {module} import (\n{inside})"
        lines.append(line)
    return lines
