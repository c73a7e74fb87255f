"""What is said of a mistake in an experiment file, and on which line it is. Light.

The parser says where. msgspec says in which field. The rules of `engine.spec_checks`
and the registry say only what: the field is meant without which they do not say it.
A field's line is that of its key under the header of its table; what is inside a value
is on the line where that begins.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias, get_args, get_origin

import msgspec

from engine.data.read.raw import meant as hint
from engine.doc import Doc, fields_of
from engine.errors import EngineError, SpecError
from engine.spec import Experiment
from engine.spec_checks import wrong_value
from engine.toml.loading import parse_toml

Path: TypeAlias = tuple[str | int, ...]
"""Names of tables and places in arrays, from the outside in."""
Check: TypeAlias = Callable[[dict[str, Any]], Any]
"""Raises what is wrong with a document."""
MOST_TRIED: Final = 300
"""Fields that are left out one by one to find the one that is meant."""
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


def type_error(said: str, document: dict[str, Any], text: str, name: str) -> SpecError:
    """Return the error of a field that is not there, or of a value of another kind."""
    at = _PATH.search(said)
    what = said[: at.start()] if at else said
    path = _path(at[1] if at else "", document)
    field = _FIELD.search(what)
    if field is None:
        what = what[:1].lower() + what[1:]
        doc, given = _value(path, document)
        error = SpecError(what, SEE)
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


def _path(said: str, document: Any) -> Path:
    """Return msgspec's path; it leaves the names of a free table to be found out."""
    path: list[str | int] = []
    at: Any = document
    for found in _PART.finditer(said):
        part: str | int | None = found[1]
        if found[2]:
            part = int(found[2])
        elif part is None:
            doc, table = _value(tuple(path), document)
            part = _unfit(table, get_args(doc.kind)[1]) if doc else None
        if part is None:
            break
        path.append(part)
        try:
            at = at[part]
        except (LookupError, TypeError):
            break
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
    found: type[msgspec.Struct] = at
    return found


def _value(path: Path, document: Any) -> tuple[Doc | None, Any]:
    """Return what is declared of the field that a path leads to, and what it holds."""
    doc = None
    for depth, step in enumerate(path):
        part = _part(path[:depth])
        doc = fields_of(part).get(str(step)) if part else doc
        document = document[step]
    return doc, document


def as_experiment(document: dict[str, Any]) -> Experiment:
    """Return what a document says.

    Raises
    ------
    msgspec.ValidationError
        If a field or a kind of value is wrong.
    SpecError
        If it cannot be run.
    """
    return msgspec.convert(document, Experiment)


def find_field(document: dict[str, Any], judge: Check) -> Path:
    """Return the field without which a mistake is not made; the last one, if several.

    Rather one without which nothing is wrong at all, and an item of a list rather than
    the list.
    """
    first = _said(document, judge)
    found: Path = ()
    best = (False, 0)
    places = [path for path, _ in _places(document)]
    most = min(MOST_TRIED, MOST_LOOKS // max(1, len(places)))
    for path in places[:most]:
        if path == ("arms", 0) and len(document["arms"]) == 1:
            continue  # no arm at all is another mistake
        said = _said(_without(document, path), judge)
        if said is None or said == first:
            continue
        if said and path[0] == "arms" and path[2:] in _METHOD:
            continue  # an arm of nothing but a name is another mistake
        if (rank := (said == "", len(path))) >= best:
            found, best = path, rank
    return found


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
    last = {path: error.message.rfind(repr(said)) for path, said in places.items()}
    found = max(last, key=lambda path: last[path], default=())
    return add_place(error, found, text, name) if last.get(found, -1) >= 0 else error


def _said(document: dict[str, Any], judge: Check) -> str | None:
    """Return what is said about a document; None if it is no experiment any more."""
    try:
        judge(document)
    except msgspec.ValidationError:
        return None
    except EngineError as error:
        return error.message
    return ""


def _places(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every place in a document and what is there, in the order of the file."""
    inside: Mapping[str | int, Any] = {}
    if isinstance(value, dict):
        inside = value
    elif isinstance(value, list):
        inside = dict(enumerate(value))
    for part, one in inside.items():
        yield (*path, part), one
        yield from _places(one, (*path, part))


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
    """Return an error with its file, line and field; the path if no field is told."""
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
    best, found = 0, None
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
            best, found = depth, number
    return found


def _inside(path: Path, names: str, sizes: Counter[Path]) -> Path:
    """Go down the names of a key, into the last table of each array on the way."""
    for name in _NAME.findall(names):
        path = (*path, name[1:-1] if name[0] in "\"'" else name)
        if path in sizes:
            path = (*path, sizes[path] - 1)
    return path


def path_text(path: Path) -> str:
    """Return a path as people write it.

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
