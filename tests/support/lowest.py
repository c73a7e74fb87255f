"""The lowest versions that pyproject.toml declares, as constraints of pip.

``python -m tests.support.lowest > FILE``; ``make lowest`` tests them. A package that
has more than one lower bound is at the highest of them, as pip would have it.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
_BOUND = re.compile(r"([\w.-]+)(?:\[[^]]*\])?>=([\w.]+)")
RUNTIME = ("dask", "excel", "lightgbm", "mlflow", "notebook", "onnx")
"""Extras that are tested with them; what only a developer needs is the newest."""


def lowest() -> dict[str, str]:
    """Return the lowest declared version of each package.

    Examples
    --------
    >>> lowest()["textual"]
    '8.2.5'
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    found: dict[str, str] = {}
    for line in (*project["dependencies"], *(x for e in RUNTIME for x in extras[e])):
        if bound := _BOUND.match(line):
            name, version = bound[1], bound[2]
            numbers = [int(n) for n in re.findall(r"\d+", version)]
            held = [int(n) for n in re.findall(r"\d+", found.get(name, "0"))]
            found[name] = version if numbers >= held else found[name]
    return found


if __name__ == "__main__":
    sys.stdout.writelines(f"{k}=={v}\n" for k, v in lowest().items())
