"""The options about a table, an experiment on it, and how that is run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, get_origin

from engine.doc import Doc, fields_of
from engine.spec import SECTIONS, Experiment
from tui.cli import options
from tui.cli.options import DETACH, JSON, NOTIFY, QUIET, STORE, Option, Options
from tui.console.options import flag

_METAVARS: dict[Any, str] = {int: "N", float: "X", tuple: "COL,…", dict: "COL=KIND,…"}
_SPELLED: Final = {"delimiter": options.separator, "escape": options.escape}
"""Fields whose values are spelled in another way than in a file."""
VARIED: Final = ("space", "trials", "folds", "repeats")
"""Fields whose default is that of the preset."""


def _option(doc: Doc) -> Option:
    metavar = _METAVARS.get(get_origin(doc.kind) or doc.kind, "NAME")
    read = _SPELLED.get(doc.name, options.TYPES.get(metavar))
    text, usual = doc.summary, doc.default
    if doc.kind is bool:
        return Option(flag(doc), f"do not {text}" if usual else text, dest=doc.name)
    if isinstance(usual, str | int | float) and doc.name not in VARIED:
        text += f" (default: {f'{usual:g}' if isinstance(usual, float) else usual})"
    return Option(f"{flag(doc)} {doc.metavar or metavar}", text, read, dest=doc.name)


_FIELDS: Final = {
    doc.field: _option(doc)
    for part in (Experiment, *SECTIONS.values())
    for doc in fields_of(part).values()
    if doc.option
}


def _fields(*names: str, but: Sequence[Option] = ()) -> tuple[Option, ...]:
    """Return the options of fields, or of all fields of a section but some."""
    chosen = []
    for name in names:
        own = [o for key, o in _FIELDS.items() if key.rpartition(".")[0] == name]
        chosen += own if name in SECTIONS else [_FIELDS[name]]
    return tuple(option for option in chosen if option not in but)


TARGET = _fields("data.target", "data.positive")
HOLD_OUT = _fields("split.test_size", "split.stratify")
TEST = _fields("data.test_source")
COLUMNS: Options = (
    *_fields("data", but=(*TARGET, *TEST)),
    "test rows",
    *HOLD_OUT,
    *_fields("split", but=HOLD_OUT),
    *TEST,
)
READ: Options = ("how the file is read (default: detected)", *_fields("data.read"))
TABLE: Options = ("dataset", *TARGET, *COLUMNS, *READ)
COSTS = _fields("decision.cost_fn", "decision.cost_fp")
CHOICES = (
    Option("--preset NAME", "article, quick, thorough (default: article, stratified)"),
    Option("--methods NAME,…", "methods to compare, or chains: smote:ratio=tune+enn"),
    *COSTS,
)
TRIALS = _fields("search.trials", "search.folds")
SEARCH = _fields("model", "features", "search.objective")
BUDGET: Options = (
    "search budget of each arm",
    *(*_fields("search", but=(*TRIALS, *SEARCH)), *_fields("seed")),
)
EXPERIMENT: Options = (
    *(*TARGET, *CHOICES, *TRIALS, DETACH),
    "dataset",
    *(*COLUMNS, *READ),
    "experiment",
    *(*SEARCH, *_fields("decision", but=COSTS), *BUDGET),
)
PLACE = (
    "execution",
    Option("--jobs N", "parallel workers (default: all cores)"),
    Option("--executor NAME", "local (threads), processes, dask or inline"),
    Option("--scheduler ADDRESS", "Dask scheduler, such as tls://host:8786"),
    Option("--memory GIB", "memory limit (default: most of the free memory)"),
    Option("--no-cache", "do not cache resampled folds for later runs"),
)

EXECUTION = (
    *PLACE,
    Option("--note TEXT", "a note, shown in the list of runs"),
    NOTIFY,
    "storage and output",
    *(STORE, JSON, QUIET),
)
