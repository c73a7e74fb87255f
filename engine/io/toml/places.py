"""The field and the line of an error in an experiment file. Light.

The parser gives the line, msgspec the field. The rules of `engine.core.checks` and the
registry give neither: the error belongs to the field without which it disappears.
A field's line is that of its key under the header of its table; a nested value has the
line where the outer value begins.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias, get_args, get_origin

import msgspec

from engine.core.checks import wrong_value
from engine.core.doc import Doc, fields_of
from engine.core.errors import EngineError, SpecError
from engine.core.experiment import Experiment
from engine.core.format import meant as hint
from engine.io.toml.loading import parse_toml

Path: TypeAlias = tuple[str | int, ...]
"""Names of tables and places in arrays, from the outside in."""
Document: TypeAlias = dict[str, object]
"""What a TOML file holds."""
Check: TypeAlias = Callable[[Document], object]
"""Raises an error for an invalid document."""
MOST_TRIED: Final = 300
"""Fields that are left out one by one to find the wrong one."""
MOST_LOOKS: Final = 3_000_000
"""Looks at a field that this may take: fewer are left out of a document of many."""
SEE: Final = "see docs/experiment.md for every field"

_HEADER: Final = re.compile(r"\s*(\[\[?)([^\]#]+)\]\]?\s*(?:#.*)?")
_KEY: Final = re.compile(r"""\s*((?:[\w.\s-]|"[^"]*"|'[^']*')+?)\s*=""")
_NAME: Final = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_PATH: Final = re.compile(r" - at `\$([^`]*)`$")
_PART: Final = re.compile(r"\.(\w+)|\[(\d+)\]|(\[\.\.\.\])")
_FIELD: Final = re.compile(r"field `([^`]*)`")
_METHOD: Final = (("steps",), ("weights",), ("ensemble",))
"""What an arm is, besides its name."""


def type_error(reason: str, document: Document, text: str, name: str) -> SpecError:
    """Return the error of a field that is not there, or of a value of another kind."""
    at = _PATH.search(reason)
    what = reason[: at.start()] if at else reason
    path = _path(at[1] if at else "", document)
    field = _FIELD.search(what)
    error = SpecError(what[:1].lower() + what[1:], SEE)
    if field is None:
        doc, given = _value(path, document)
        if doc is not None and doc.choices:
            error = wrong_value(doc, given)
        return add_place(error, path, text, name)
    if "missing" in what:
        error = SpecError(f"missing required field `{field[1]}`", SEE)
        return add_place(error, path, text, name)
    part = _part(path)
    names = part.__struct_fields__ if part else ()
    error = SpecError(f"unknown field `{field[1]}`", hint(field[1], names, "fields"))
    return add_place(error, (*path, field[1]), text, name, path_text(path))


def _path(reason: str, document: Any) -> Path:
    """Return msgspec's path; it leaves the names of a free table to be found out."""
    path: list[str | int] = []
    for match in _PART.finditer(reason):
        part: str | int | None = int(match[2]) if match[2] else match[1]
        try:
            doc, table = _value(tuple(path), document)
        except (LookupError, TypeError):
            break
        if part is None and doc is not None:
            part = _unfit(table, get_args(doc.kind)[1])
        if part is None:
            break
        path.append(part)
    return tuple(path)


def _unfit(table: Any, kind: Any) -> str | None:
    for name, value in table.items() if isinstance(table, dict) else ():
        try:
            msgspec.convert(value, kind)
        except msgspec.ValidationError:
            return str(name)
    return None


def _part(path: Path) -> type[msgspec.Struct] | None:
    """Return the part of an experiment that is at a path."""
    at: Any = Experiment
    for one in path:
        if isinstance(one, str):
            types = {f.name: f.type for f in msgspec.structs.fields(at)}
            types |= {name: doc.kind for name, doc in fields_of(at).items()}
            at = types.get(one)
            at = get_args(at)[0] if get_origin(at) is tuple else at
            if not (isinstance(at, type) and issubclass(at, msgspec.Struct)):
                return None
    part: type[msgspec.Struct] = at
    return part


def _value(path: Path, document: Any) -> tuple[Doc | None, Any]:
    """Return what is declared of the field that a path leads to, and what it holds."""
    doc = None
    for depth, step in enumerate(path):
        part = _part(path[:depth])
        doc = fields_of(part).get(str(step)) if part else doc
        document = document[step]
    return doc, document


def as_experiment(document: Document) -> Experiment:
    """Return the experiment of a document.

    Raises
    ------
    msgspec.ValidationError
        If a field or a kind of value is wrong.
    SpecError
        If it cannot be run.
    """
    return msgspec.convert(document, Experiment)


def find_field(document: Document, check: Check) -> Path:
    """Return the field without which an error disappears; the last one, if several.

    Preferably one without which the document is valid, and an item of a list rather
    than the list.
    """
    first = _message(document, check)
    wrong: Path = ()
    best = (False, 0)
    places = [path for path, _ in _places(document)]
    most = min(MOST_TRIED, MOST_LOOKS // max(1, len(places)))
    for path in places[:most]:
        if path == ("arms", 0) and ("arms", 1) not in places:
            continue  # no arm at all is another error
        message = _message(_without(document, path), check)
        if message is None or message == first:
            continue
        if message and path[0] == "arms" and path[2:] in _METHOD:
            continue  # an arm with only a name is another error
        if (rank := (message == "", len(path))) >= best:
            wrong, best = path, rank
    return wrong


def about_table(error: EngineError, text: str, name: str) -> EngineError:
    r"""Return an error that only the table shows with the line of its field.

    Such an error quotes what it is about: a column that is not there, a class, a file.
    The field is meant whose value it quotes last.

    Parameters
    ----------
    error : EngineError
    text, name : str
        The experiment file and what to call it.

    Returns
    -------
    EngineError
        The same if it quotes nothing of the file.

    Examples
    --------
    >>> text = '[data]\nsource = "a.csv"\ntarget = "Klass"'
    >>> print(about_table(EngineError("no column 'Klass'"), text, "e.toml"))
    e.toml, line 3: data.target: no column 'Klass'
    """
    try:
        document = parse_toml(text, name)
    except SpecError:  # it has been changed since
        return error
    places: dict[Path, str] = {}
    for path, value in _places(document):
        if path[0] in ("data", "split"):
            # The names of a free table stand for columns.
            named = path[-1] if path[1:2] == ("kinds",) and len(path) > 2 else value
            if isinstance(named, str):
                places[path] = named
    last = {path: error.message.rfind(repr(value)) for path, value in places.items()}
    path = max(last, key=lambda path: last[path], default=())
    return add_place(error, path, text, name) if last.get(path, -1) >= 0 else error


def _message(document: Document, check: Check) -> str | None:
    """Return the error of a document; None if it is no experiment any more."""
    try:
        check(document)
    except msgspec.ValidationError:
        return None
    except EngineError as error:
        return error.message
    return ""


def _places(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every path in a document with its value, in the order of the file."""
    inside: Mapping[str | int, Any] = value if isinstance(value, dict) else {}
    if isinstance(value, list):
        inside = dict(enumerate(value))
    for part, item in inside.items():
        yield (*path, part), item
        yield from _places(item, (*path, part))


def _without(value: Any, path: Path) -> Any:
    first, *rest = path
    if rest:
        inside = _without(value[first], tuple(rest))
        if isinstance(value, dict):
            return {k: inside if k == first else v for k, v in value.items()}
        return [inside if n == first else v for n, v in enumerate(value)]
    if isinstance(value, dict):
        return {k: v for k, v in value.items() if k != first}
    return [v for n, v in enumerate(value) if n != first]


def add_place(
    error: EngineError, path: Path, text: str, name: str, field: str | None = None
) -> SpecError:
    """Return an error with its file, line and field; the path if no field is named."""
    line = line_of(text, path)
    where = f"{name}, line {line}" if line else name
    field = path_text(path) if field is None else field
    what = f"{field}: " if field else ""
    message = f"{where}: {what}{error.message}"
    return SpecError(message, error.fix, action=error.action)


def line_of(text: str, path: Path) -> int | None:
    r"""Return the line of the key, or the table's header, that is nearest to a path.

    Examples
    --------
    >>> text = '[data]\nsource = "a"\n[[arms]]\nname = "a"\n[[arms]]\nsteps = [\n]'
    >>> line_of(text, ("data", "source")), line_of(text, ("arms", 1, "steps", 0))
    (2, 6)
    """
    table: Path = ()
    sizes: Counter[Path] = Counter()  # of arrays of tables
    best, nearest = 0, None
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        if header := _HEADER.fullmatch(line):
            keys = _inside((), header[2], sizes)
            if header[1] == "[[":
                array = keys[:-1] if isinstance(keys[-1], int) else keys
                keys = (*array, sizes[array])
                sizes[array] += 1
            table = keys
        elif key := _KEY.match(line):
            keys = _inside(table, key[1], sizes)
        else:
            continue
        depth = min(len(keys), len(path))
        if depth > best and keys[:depth] == path[:depth]:
            best, nearest = depth, number
    return nearest


def _inside(path: Path, names: str, sizes: Counter[Path]) -> Path:
    """Go down the names of a key, into the last table of each array on the way."""
    for name in _NAME.findall(names):
        path = (*path, name[1:-1] if name[0] in "\"'" else name)
        if path in sizes:
            path = (*path, sizes[path] - 1)
    return path


def path_text(path: Path) -> str:
    """Return a path in the usual notation.

    Examples
    --------
    >>> path_text(("arms", 2, "steps", 0, "params", "a b"))
    "arms[2].steps[0].params.'a b'"
    """
    parts = [
        f"[{part}]"
        if isinstance(part, int)
        else f".{part if _BARE.fullmatch(part) else ascii(part)}"
        for part in path
    ]
    return "".join(parts).removeprefix(".")
