"""What each column is for: the target, its positive class, and the features."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.data import profile
from engine.data.load import MISSING_NAMES, Table, fingerprint
from engine.errors import SpecError, TargetError
from engine.events import Advice, DatasetInfo

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from engine.spec import DataSpec

__all__ = ["Dataset", "guess_target", "label", "note", "prepare"]

TARGET_NAMES = ("target", "class", "label", "y", "outcome", "response")
TRUTHY = frozenset({"1", "yes", "true", "positive", "pos", "y", "t"})
MOST_CLASSES = 50
IGNORED: dict[str, tuple[str, str]] = {
    "id": ("IMB004", "an identifier, a different value in every row"),
    "constant": ("IMB002", "the same value in every row"),
    "text": ("IMB003", "free text with too many levels to encode"),
    "date": ("IMB005", "a date"),
}


@dataclass(frozen=True)
class Dataset:
    """A table with a target, a positive class and a role for every column.

    Attributes
    ----------
    frame : pandas.DataFrame of shape (n_rows, n_features)
        The feature columns only.
    y : numpy.ndarray of shape (n_rows,), dtype int8
        1 where the row is of the positive class.
    columns : tuple of Column
        What each feature is.
    groups : numpy.ndarray of shape (n_rows,) or None
        Number of the group of each row.
    whole : pandas.DataFrame
        Every column, as its kind was decided.
    info : DatasetInfo
        What to tell about it.
    labels : tuple of str
        Label of the negative and of the positive class.
    strata : numpy.ndarray of shape (n_rows,)
        What a stratified split keeps in proportion.
    """

    frame: pd.DataFrame
    y: np.ndarray
    columns: tuple[profile.Column, ...]
    groups: np.ndarray | None
    whole: pd.DataFrame
    info: DatasetInfo
    labels: tuple[str, str]
    strata: np.ndarray


def prepare(
    table: Table,
    spec: DataSpec,
    *,
    group: str | None = None,
    train: np.ndarray | None = None,
) -> Dataset:
    """Give every column of a table its role.

    Parameters
    ----------
    table : Table
        What was read.
    spec : DataSpec
        Target, positive class and columns to drop, as far as given.
    group : str or None, default=None
        Column whose equal values must stay on one side of every split.
    train : numpy.ndarray or None, default=None
        The rows that decide what each column is; all of them when None. A run
        gives its training rows, so that no test row has a say.

    Returns
    -------
    Dataset

    Raises
    ------
    TargetError
        If the target is not there, has one class, or is a quantity.
    SpecError
        If a column to drop or to group by is not there.
    """
    frame = table.frame
    for name in (*spec.drop, *([group] if group else [])):
        _known(name, frame, SpecError)
    advice: list[Advice] = []
    target = guess_target(frame, spec.target, advice)
    frame = _with_target(frame, target, advice)
    labels = frame[target].map(label)
    positive, negative = _classes(labels, target, spec.positive, advice)
    y = (labels == positive).to_numpy().astype("int8")
    roles: dict[str, str] = {}
    features: list[profile.Column] = []
    if train is not None:
        frame = _as_trained(frame, target, train, advice)
    for column in profile.columns(frame if train is None else frame.iloc[train]):
        role = _role(column, target, group, spec.drop, advice)
        roles[column.name] = role
        if role == "feature":
            features.append(column)
    if not features:
        raise TargetError(
            f"{table.name} has no column to learn from besides {target!r}",
            "give a table with feature columns",
        )
    counts = {negative: int((y == 0).sum()), positive: int((y == 1).sum())}
    info = DatasetInfo(
        name=table.name,
        rows=len(frame),
        columns=frame.shape[1],
        target=target,
        positive=positive,
        classes=counts,
        roles=roles,
        fingerprint=fingerprint(frame),
        advice=(*(note(n) for n in table.notes), *advice),
    )
    return Dataset(
        frame=frame[[c.name for c in features]],
        y=y,
        columns=tuple(features),
        groups=frame[group].map(str).factorize()[0] if group else None,
        whole=frame,
        info=info,
        labels=(negative, positive),
        strata=_strata(frame[target], labels, y),
    )


def label(value: object) -> str:
    """Return a class label as text; whole numbers lose their ``.0``.

    Examples
    --------
    >>> label(1.0), label("Yes")
    ('1', 'Yes')
    """
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def guess_target(frame: pd.DataFrame, given: str | None, advice: list[Advice]) -> str:
    """Return the target column, the one given or the most likely one.

    A guess is added to the advice.

    Raises
    ------
    TargetError
        If the one given is not there, or none can be guessed.
    """
    if given is not None:
        return _known(given, frame, TargetError)
    few = [str(c) for c in frame.columns if frame[c].nunique() == 2]
    named = [c for c in frame.columns if str(c).lower() in TARGET_NAMES]
    last = str(frame.columns[-1])
    if named:
        chosen = str(named[0])
    elif last in few:
        chosen = last
    elif len(few) == 1:
        chosen = few[0]
    else:
        raise TargetError(
            "no target was given and none can be guessed",
            f"name it (--target); the columns are: {_listed(frame)}",
        )
    advice.append(
        Advice(
            code="IMB007",
            column=chosen,
            message=f"no target was given: {chosen!r} was taken",
            remedy="name another (--target)",
        )
    )
    return chosen


def _known(name: str, frame: pd.DataFrame, error: type[SpecError | TargetError]) -> str:
    if name in frame.columns:
        return name
    near = difflib.get_close_matches(name, [str(c) for c in frame.columns], n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise error(f"no column {name!r}", f"{hint}The columns are: {_listed(frame)}")


def _listed(frame: pd.DataFrame) -> str:
    shown = [str(c) for c in frame.columns[:30]]
    more = frame.shape[1] - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _as_trained(
    frame: pd.DataFrame, target: str, train: np.ndarray, advice: list[Advice]
) -> pd.DataFrame:
    """Read as numbers what is numbers in all training rows."""
    import pandas as pd

    changed: dict[str, pd.Series] = {}
    for name in frame.columns:
        series = frame[name]
        if name == target or series.dtype != object:
            continue
        part = series.iloc[train].dropna()
        if not len(part) or pd.to_numeric(part, errors="coerce").isna().any():
            continue
        numbers = pd.to_numeric(series, errors="coerce")
        lost = int(series.notna().sum() - numbers.notna().sum())
        advice.append(
            Advice(
                code="IMB011",
                column=str(name),
                message=f"{name}: {lost:,} test cells that are no numbers were read "
                "as missing",
                remedy="correct them, or drop the column",
            )
        )
        changed[str(name)] = numbers
    return frame.assign(**changed)


def _strata(target: pd.Series, labels: pd.Series, y: np.ndarray) -> np.ndarray:
    """Return the target in the order of its own values, as scikit-learn sorts them.

    Then ``train_test_split(…, stratify=table[target])`` gives the same rows. Of
    more than two classes put together only the two are kept in proportion.
    """
    import numpy as np

    if labels.nunique() > 2:
        return y
    order: np.ndarray = np.unique(target.to_numpy(), return_inverse=True)[1]
    return order


def _with_target(
    frame: pd.DataFrame, target: str, advice: list[Advice]
) -> pd.DataFrame:
    missing = frame[target].isna()
    # With two classes besides, a third called NA is no class; with one, it is.
    named = frame[target].astype(str).str.lower().isin(MISSING_NAMES)
    if named.any() and frame[target][~named & ~missing].nunique() > 1:
        missing |= named
    if missing.all():
        raise TargetError(f"target {target!r} is empty", "choose another column")
    if not missing.any():
        return frame
    advice.append(
        Advice(
            code="IMB009",
            column=target,
            message=f"{missing.sum():,} rows without a target were left out",
            remedy="fill them in, or leave it so",
        )
    )
    return frame[~missing].reset_index(drop=True)


def _classes(
    labels: pd.Series, target: str, positive: str | None, advice: list[Advice]
) -> tuple[str, str]:
    """Return the positive and the negative label."""
    counts = labels.value_counts()
    shown = ", ".join(f"{k} ({v:,})" for k, v in list(counts.items())[:8])
    if len(counts) == 1:
        raise TargetError(
            f"target {target!r} has one class only: {shown}",
            "choose a column with two",
        )
    if len(counts) > MOST_CLASSES:
        raise TargetError(
            f"target {target!r} has {len(counts):,} different values, so it is a "
            "quantity or an identifier and no class",
            "choose a column with few values, or cut this one into two classes",
        )
    if positive is not None:
        chosen = label(float(positive)) if _is_number(positive) else positive
        chosen = positive if positive in counts else chosen
        if chosen not in counts:
            raise TargetError(
                f"target {target!r} has no class {positive!r}", f"it has: {shown}"
            )
    elif len(counts) > 2:
        raise TargetError(
            f"target {target!r} has {len(counts)} classes: {shown}",
            "name the one that matters (--positive); the others together "
            "become the negative class",
        )
    else:
        chosen = _rarer(counts)
        advice.append(
            Advice(
                code="IMB008",
                column=target,
                message=f"{chosen!r} was taken as the positive class, the rarer one",
                remedy="name the other (--positive)",
            )
        )
    others = [str(c) for c in counts.index if c != chosen]
    negative = others[0] if len(others) == 1 else f"not {chosen}"
    if len(others) > 1:
        advice.append(
            Advice(
                code="IMB010",
                column=target,
                message=f"{len(others)} classes were put together as {negative!r}",
                remedy="choose another class (--positive)",
            )
        )
    if counts[chosen] < 2:
        raise TargetError(
            f"class {chosen!r} of {target!r} has 1 row; at least 2 are needed to "
            "train and to test",
            "collect more of them, or choose another class (--positive)",
        )
    return chosen, negative


def _rarer(counts: pd.Series) -> str:
    first, second = (str(c) for c in counts.index)
    if counts.iloc[0] == counts.iloc[1] and first.lower() in TRUTHY:
        return first
    return second


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _role(
    column: profile.Column,
    target: str,
    group: str | None,
    drop: tuple[str, ...],
    advice: list[Advice],
) -> str:
    if column.name == target:
        return "target"
    if column.name == group:
        return "group"
    if column.name in drop:
        return "ignored"
    if column.kind not in IGNORED:
        return "feature"
    code, why = IGNORED[column.kind]
    advice.append(
        Advice(
            code=code,
            column=column.name,
            message=f"{column.name!r} is {why}: ignored",
            remedy="nothing to do",
        )
    )
    return "id" if column.kind == "id" else "ignored"


def note(text: str) -> Advice:
    """Return what the reader noticed as advice."""
    return Advice(code="IMB001", message=text, remedy="check that this is meant")
