"""A script as text: the templates filled in, and the cells that they are made of."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from engine._version import __version__
from engine.export.scripting.words import WIDTH, assignment, literal

if TYPE_CHECKING:
    import jinja2

    from engine.export.case import Case


_LIBRARIES = ("pandas", "numpy", "scikit-learn", "imbalanced-learn", "xgboost")
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
_MARK = re.compile(r"^# %%( \[markdown\])?\n", re.MULTILINE)


class ScriptCell(NamedTuple):
    """A part of a script: text that explains, or code."""

    kind: Literal["markdown", "code"]
    text: str


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    found = jinja2.Environment(  # no page of HTML: Python, whose data are literals
        loader=jinja2.PackageLoader("engine.export.scripting", "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals.update(literal=literal, assigned=assignment)
    return found


def render(name: str, /, **given: Any) -> str:
    """Return a template, filled in."""
    return _environment().get_template(f"{name}.py.j2").render(**given)


def written(
    case: Case, *, notebook: bool = False, say: Callable[[str], None] | None = None
) -> tuple[ScriptCell, ...]:
    """Return the cells of an arm, from its table to its confusion matrix.

    Parameters
    ----------
    case : Case
    notebook : bool, default=False
        Whether it is for a notebook, which has charts and no command line.
    say : callable, optional
        Told what is to be done before it can be run, if anything is.

    Raises
    ------
    SpecError
        If the libraries alone cannot do what the run did.
    DataError
        If the table or the versions are others than the run's.
    """
    from engine.export.scripting import fitting
    from engine.export.scripting.calls import Calls
    from engine.export.scripting.rows import rows

    calls = Calls()
    found = rows(case)
    treated = fitting.method_values(case, found["encoding"], calls)
    source, here = found["source"], case.state.versions
    if say is not None and source.advice:
        why = ""
        if source.instead:
            why = f"pandas alone does not read the run's table ({source.instead}): "
        say(f"{why}{source.advice[:1].lower()}{source.advice[1:]}")
    foreign = [*treated.foreign] if treated else []
    if not source.read:
        foreign.append("pyarrow")
    said = shown if notebook else ascii
    given = {
        **found,
        **fitting.decision_values(case),
        "model": fitting.model_values(case, calls),
        "treatment": treated,
        "table": case.bench.dataset.info.name,
        "arm": case.chosen.name,
        "at": case.at,
        "run": case.run,
        "version": __version__,
        "versions": ", ".join(f"{n} {here[n]}" for n in _LIBRARIES if n in here),
        "foreign": ", ".join(map(said, foreign)),
        "notebook": notebook,
        "multiclass": case.multiclass,
        "said": said,
    }
    text = render("script", imports=(), **given)
    return cells(render("script", imports=imports(text, calls.homes), **given))


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


def cells(text: str) -> tuple[ScriptCell, ...]:
    r"""Return the cells of a script in percent form.

    Examples
    --------
    >>> cells("# %% [markdown]\n# Text\n\n# %%\n1 + 1\n")
    (ScriptCell(kind='markdown', text='Text'), ScriptCell(kind='code', text='1 + 1'))
    """
    found = []
    _, *parts = _MARK.split(text)
    for mark, part in zip(parts[::2], parts[1::2], strict=True):
        body = part.strip("\n")
        if mark:
            lines = (x.removeprefix("#").removeprefix(" ") for x in body.splitlines())
            body = "\n".join(lines)
        if body:
            found.append(ScriptCell("markdown" if mark else "code", body))
    return tuple(found)


def shown(text: str) -> str:
    """Return a name for a text cell: a literal, without what Markdown understands.

    Examples
    --------
    >>> print(shown("smote-enn"), shown("<b>`x`"))
    'smote-enn' '&#60;b&#62;&#96;x&#96;'
    """
    plain = ascii(text)
    safe = "'\" .,-+:"
    return "".join(c if c.isalnum() or c in safe else f"&#{ord(c)};" for c in plain)
