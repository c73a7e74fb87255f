"""Choices about the dataset, as changes of the request that loads it, and messages.

Pure functions from one `Load` to the next, which keep a request in order: a column
has one role, and the test rows are chosen in one way. Of the messages
``…DialogRequested`` opens a dialog, whose answer is another intent.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final, Literal, TypeAlias

from msgspec import UNSET
from msgspec.structs import asdict, replace

from engine.core.events import FieldChange
from engine.core.experiment import DataSpec, ReadSpec, SplitSpec
from engine.core.messages import Load
from tui.features.mail import Intent
from tui.terminal.safe_text import clip

NO_TEXT: Final = ("dataset:", "make:")
"""How sources begin that are read in one way only, the first rows as slowly as all."""

Way: TypeAlias = Literal["random", "group", "time", "by", "file"]
"""How the test rows are chosen: see `split_method`."""

_COLUMNS: Final[tuple[Way, ...]] = ("group", "time", "by")
_SPLITS: Final = frozenset({*_COLUMNS, "test_source"})
_TOGETHER: Final = frozenset({"group", "test_source"})
_UNASKED: Final = ("id", "date", "text")
"""Kinds of columns that no model uses unless the user chose so."""


def to_request(data: DataSpec, split: SplitSpec, seed: int) -> Load:
    """Return the request that stands for the data of an experiment.

    Examples
    --------
    >>> to_request(DataSpec(source="a", drop=("id",)), SplitSpec(group="p"), 1).drop
    ('id',)
    """
    return Load(id=0, seed=seed, **asdict(data), **asdict(split))


def split_method(request: Load) -> Way:
    """Return how the test rows are chosen.

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
    used = (way for way in _COLUMNS if getattr(request, way) is not None)
    return next(used, "random")


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
    if field == "target":
        by = _without(request.subgroups or (), value) or UNSET
        request = replace(_free(request, value), positive=None, subgroups=by)
    elif field in _SPLITS and value is not None:
        # Groups stay whole in the folds too, so they go with a second file.
        others = _SPLITS - {field} - (_TOGETHER if field in _TOGETHER else set())
        request = replace(request, **dict.fromkeys(others))
        if field != "test_source":
            request = with_kind(_free(request, value), value, None)
    return replace(request, **{field: value})


def with_role(request: Load, column: str, role: str, kind: str = "") -> Load:
    """Return the request with a column in another role.

    Parameters
    ----------
    request : Load
    column : str
    role : str
        ``feature``, ``target``, ``group``, ``time``, ``split`` or ``ignored``.
    kind : str, default=""
        The kind of the column. An identifier, a date or free text is a feature only
        if the user chose so, and so is what errors are compared by.

    Returns
    -------
    Load

    Examples
    --------
    >>> with_role(Load(id=0, source="a.csv"), "zip", "feature", "id").keep
    ('zip',)
    """
    request = _free(request, column)
    if role in ("target", "group", "time", "split"):
        return with_choice(request, "by" if role == "split" else role, column)
    if role == "ignored":
        return replace(request, drop=(*request.drop, column))
    if kind in _UNASKED or column in (request.subgroups or ()):
        return replace(request, keep=(*request.keep, column))
    return request


def toggle_subgroups(request: Load, kinds: Mapping[str, str]) -> Load:
    """Return the request with errors compared by columns, or not any more.

    Parameters
    ----------
    request : Load
    kinds : mapping of str to str
        The columns and their kinds. They are left out if errors are compared by all of
        them. One that was kept as a feature beside that is a feature again.

    Returns
    -------
    Load

    Examples
    --------
    >>> new = toggle_subgroups(Load(id=0, source="a.csv"), {"sex": "category"})
    >>> new.subgroups, toggle_subgroups(new, {"sex": "category"}).subgroups
    (('sex',), UNSET)
    """
    before = request.subgroups or ()
    if not kinds.keys() <= set(before):
        return replace(request, subgroups=tuple(dict.fromkeys((*before, *kinds))))
    plain = {name for name, kind in kinds.items() if kind not in _UNASKED}
    return replace(
        request,
        subgroups=tuple(name for name in before if name not in kinds) or UNSET,
        keep=tuple(name for name in request.keep if name not in plain),
    )


def _free(request: Load, column: str | None) -> Load:
    """Return the request with a column that has no role of its own."""
    fields = (*_COLUMNS, "weight")
    roles = [field for field in fields if getattr(request, field) == column]
    return replace(
        request,
        drop=_without(request.drop, column),
        keep=_without(request.keep, column),
        **dict.fromkeys(roles),
    )


def _without(names: tuple[str, ...], gone: str | None) -> tuple[str, ...]:
    return tuple(name for name in names if name != gone)


def _with(names: tuple[str, ...], more: str) -> tuple[str, ...]:
    return names if more in names else (*names, more)


def split_rows_at_random(request: Load) -> Load:
    """Return the request with test rows drawn at random."""
    return replace(request, **dict.fromkeys(_SPLITS))


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


def apply_fix(request: Load, fix: FieldChange) -> Load:
    """Return the request as the fix of an advice changes it.

    Examples
    --------
    >>> change = FieldChange(field="missing", value="?")
    >>> apply_fix(Load(id=0, source="a.csv"), change).read.missing
    ('?',)
    """
    field, value = fix.field, fix.value
    if field == "drop":
        return with_role(request, value, "ignored")
    if field == "keep":
        drop = _without(request.drop, value)
        return replace(request, keep=_with(request.keep, value), drop=drop)
    if field == "missing":
        read = replace(request.read, missing=_with(request.read.missing, value))
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


def mute(request: Load, key: str) -> Load:
    """Return the request with an advice muted, or given again if it was muted."""
    change = _without if key in request.mute else _with
    return replace(request, mute=change(request.mute, key))


def forget_missing(request: Load, columns: Collection[str]) -> Load:
    """Return the request without the choices about columns that are not there.

    Examples
    --------
    >>> old = Load(id=0, source="a", target="y", positive="1", drop=("a", "b"))
    >>> new = forget_missing(old, ["a", "z"])
    >>> new.target, new.positive, new.drop
    (None, None, ('a',))
    """
    there = {None, *columns}
    fields = ("target", *_COLUMNS, "weight")
    gone = [f for f in fields if (getattr(request, f) or None) not in there]
    if "target" in gone:
        gone.append("positive")
    return replace(
        request,
        drop=tuple(name for name in request.drop if name in there),
        keep=tuple(name for name in request.keep if name in there),
        subgroups=tuple(n for n in request.subgroups or () if n in there) or UNSET,
        kinds={n: k for n, k in request.kinds.items() if n in there},
        mute=tuple(m for m in request.mute if (m.partition(":")[2] or None) in there),
        **dict.fromkeys(gone),
    )


_FIXES: Final = {
    "drop": "ignore {}",
    "keep": "learn from {}",
    "group": "group by {}",
    "time": "split by time in {}",
    "duplicates": "keep duplicates {}",
    "splits": "repeat the hold-out in {} splits",
}


def change_words(fix: FieldChange) -> str:
    """Return what a fix would change, in a few words; data text is cleaned.

    Examples
    --------
    >>> change_words(FieldChange(field="group", value="patient"))
    'group by patient'
    """
    value = clip(fix.value, 24)
    if fix.field == "missing":
        return f"read {clip(fix.value, 16)!r} as missing"
    return _FIXES.get(fix.field, f"set {clip(fix.field, 12)} to {{}}").format(value)


# Messages ---------------------------------------------------------------------------


class LookRequested(Intent):
    """Show the first rows as they would be read so: `session.load.preview`."""

    read: ReadSpec


class ReadDialogRequested(Intent):
    """Ask how the file is to be read."""


class ReadChanged(Intent):
    """Read the file in another way."""

    read: ReadSpec


class SampleDialogRequested(Intent):
    """Ask what of a table that is too large is to be read."""


class ColumnsDialogRequested(Intent):
    """Ask which columns are to be read."""


class TargetDialogRequested(Intent):
    """Ask which column is the target."""


class ColumnDialogRequested(Intent):
    """Ask what columns are for, and of what kind they are."""

    columns: tuple[str, ...]


class ColumnsChanged(Intent):
    """Change what columns are for: see `tui.features.reducers.change_columns`."""

    columns: tuple[str, ...]
    change: str


class SplitRequested(Intent):
    """Ask which column or file decides the test rows; ``random`` asks nothing."""

    way: Way


class FixApplied(Intent):
    """Do what an advice recommends."""

    fix: FieldChange


class AdviceMuted(Intent):
    """Mute an advice (`tui.features.dataset.state.mute_key`), or hear it again."""

    key: str


class UndoRequested(Intent):
    """Take the last choice about the dataset back."""


class MakeRequested(Intent):
    """Show the screen on which a table is made up."""


class WriteMadeRequested(Intent):
    """Write a made-up table to a file; without a path the user is asked for one."""

    source: str
    path: str | None = None
    overwrite: bool = False
