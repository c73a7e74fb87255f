"""Choices about a dataset, as changes of the request that loads it.

Pure functions from one `Load` to the next, which keep a request in order: a column
has one role, and the test rows are told in one way.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final, Literal, TypeAlias, cast

from msgspec.structs import replace

from engine.client.messages import Load
from engine.events import FieldChange
from engine.spec import DataSpec, SplitSpec

NO_TEXT: Final = ("dataset:", "make:")
"""How sources begin that are read in one way only, the first rows as slowly as all."""
KINDS: Final = ("number", "category", "date", "text")
"""Kinds that a user may give a column."""

Way: TypeAlias = Literal["random", "group", "time", "by", "file"]
"""How the test rows are told: see `split_method`."""

_TOLD: Final = frozenset({"group", "time", "by", "test_source"})
_TOGETHER: Final = frozenset({"group", "test_source"})


def asked(data: DataSpec, split: SplitSpec, seed: int) -> Load:
    """Return the request that stands for the data of an experiment.

    Examples
    --------
    >>> asked(DataSpec(source="a.csv", drop=("id",)), SplitSpec(group="p"), 1).drop
    ('id',)
    """
    return Load(id=0, seed=seed, **_fields(data), **_fields(split))


def _fields(part: DataSpec | SplitSpec) -> dict[str, Any]:
    return {name: getattr(part, name) for name in part.__struct_fields__}


def split_method(request: Load) -> Way:
    """Return how the test rows are told.

    Returns
    -------
    str
        ``random``; ``group``, whole groups at random; ``time``, the latest; ``by``,
        as a column says; ``file``, the rows of a second file.

    Examples
    --------
    >>> split_method(Load(id=0, source="a", time="day"))
    'time'
    """
    if request.test_source is not None:
        return "file"
    ways: tuple[Way, ...] = ("group", "time", "by")
    return next((way for way in ways if getattr(request, way) is not None), "random")


def with_choice(request: Load, field: str, value: Any) -> Load:
    """Return the request with one choice changed, and what follows from it.

    Parameters
    ----------
    request : Load
    field : str
        A field of the request, such as ``target``, ``test_size``, ``group``.
    value : object
        Its new value; None for a guess, or for nothing.

    Returns
    -------
    Load

    Examples
    --------
    >>> old = Load(id=0, source="a.csv", group="patient", drop=("day",))
    >>> new = with_choice(old, "time", "day")
    >>> new.group, new.time, new.drop
    (None, 'day', ())
    """
    changes: dict[str, Any] = {field: value}
    if field == "target":
        changes["positive"] = None
        if value is not None:
            changes.update(_freed(request, value))
    elif field in _TOLD and value is not None:
        # Groups stay whole in the folds too, so they go with a second file.
        others = _TOLD - {field} - (_TOGETHER if field in _TOGETHER else set())
        changes.update(dict.fromkeys(others))
        if field != "test_source":
            changes["drop"] = _without(request.drop, value)
            changes["keep"] = _without(request.keep, value)
            changes["kinds"] = {n: k for n, k in request.kinds.items() if n != value}
    return replace(request, **changes)


def with_role(request: Load, column: str, role: str, kind: str = "") -> Load:
    """Return the request with a column in another role.

    Parameters
    ----------
    request : Load
    column : str
    role : str
        ``feature``, ``target``, ``group``, ``time``, ``split`` or ``ignored``.
    kind : str, default=""
        What the column is. An identifier, a date, or free text is a feature only if
        it is said so.

    Returns
    -------
    Load

    Examples
    --------
    >>> with_role(Load(id=0, source="a.csv"), "zip", "feature", "id").keep
    ('zip',)
    """
    if role == "target":
        return with_choice(request, "target", column)
    if role in ("group", "time", "split"):
        field = "by" if role == "split" else role
        return with_choice(replace(request, **_freed(request, column)), field, column)
    changes = _freed(request, column)
    if role == "ignored":
        changes["drop"] = (*changes["drop"], column)
    elif kind in ("id", "date", "text"):
        changes["keep"] = (*changes["keep"], column)
    return replace(request, **changes)


def _freed(request: Load, column: str) -> dict[str, Any]:
    """Return the changes that leave a column without a role of its own."""
    changes: dict[str, Any] = {
        "drop": _without(request.drop, column),
        "keep": _without(request.keep, column),
    }
    for field in ("group", "time", "by"):
        if getattr(request, field) == column:
            changes[field] = None
    return changes


def _without(names: tuple[str, ...], gone: str) -> tuple[str, ...]:
    return tuple(name for name in names if name != gone)


def _with(names: tuple[str, ...], more: str) -> tuple[str, ...]:
    return names if more in names else (*names, more)


def split_rows_at_random(request: Load) -> Load:
    """Return the request with test rows that no column and no second file tells."""
    return replace(request, **dict.fromkeys(_TOLD))


def with_kind(request: Load, column: str, kind: str | None) -> Load:
    """Return the request with a column of another kind; None is what it looks like.

    Examples
    --------
    >>> with_kind(Load(id=0, source="a.csv"), "zip", "category").kinds
    {'zip': 'category'}
    """
    kinds = {name: one for name, one in request.kinds.items() if name != column}
    if kind is not None:
        kinds[column] = kind
    return replace(request, kinds=kinds)


def fixed(request: Load, fix: FieldChange) -> Load:
    """Return the request as the fix of an advice changes it.

    Examples
    --------
    >>> change = FieldChange(field="missing", value="?")
    >>> fixed(Load(id=0, source="a.csv"), change).read.missing
    ('?',)
    """
    field, value = fix.field, fix.value
    if field == "drop":
        return with_role(request, value, "ignored")
    if field == "keep":
        keep = _with(request.keep, value)
        drop = _without(request.drop, value)
        return replace(request, keep=keep, drop=drop)
    if field == "missing":
        texts = _with(request.read.missing, value)
        read = replace(request.read, missing=texts)
        return replace(request, read=read)
    if field in ("group", "time"):
        return with_role(request, value, field)
    return with_choice(request, field, value)


def mute_key(code: str, column: str | None) -> str:
    """Return what `Load.mute` calls an advice.

    Examples
    --------
    >>> mute_key("IMB018", "city"), mute_key("IMB016", None)
    ('IMB018:city', 'IMB016')
    """
    return code if column is None else f"{code}:{column}"


def muted(request: Load, key: str, on: bool) -> Load:
    """Return the request with an advice muted, or given again."""
    mute = _with(request.mute, key) if on else _without(request.mute, key)
    return replace(request, mute=mute)


def kept(request: Load, columns: Collection[str]) -> Load:
    """Return the request without the choices about columns that are not there.

    Examples
    --------
    >>> old = Load(id=0, source="a", target="y", positive="1", drop=("a", "b"))
    >>> new = kept(old, ["a", "z"])
    >>> new.target, new.positive, new.drop
    (None, None, ('a',))
    """
    there = set(columns)
    changes: dict[str, Any] = {
        field: tuple(name for name in getattr(request, field) if name in there)
        for field in ("drop", "keep")
    }
    changes["kinds"] = {n: k for n, k in request.kinds.items() if n in there}
    changes["mute"] = tuple(
        one for one in request.mute if ":" not in one or one.partition(":")[2] in there
    )
    for field in ("target", "group", "time", "by"):
        if cast(str | None, getattr(request, field)) not in there:
            changes[field] = None
    if request.target is not None and request.target not in there:
        changes["positive"] = None
    return replace(request, **changes)
