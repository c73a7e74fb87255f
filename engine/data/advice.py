"""From what was measured to what is worth saying about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from engine.data import advice_columns, advice_rows
from engine.data.advice_codes import CODES
from engine.events import Advice, FieldChange

if TYPE_CHECKING:
    from engine.data.findings import Findings
    from engine.spec import DataSpec


OUTDONE = dict.fromkeys(("IMB003", "IMB004", "IMB018"), "IMB006")
OUTDONE["IMB029"] = "IMB012"
"""Said of the same column, the second explains the first."""


def examine(
    findings: Findings, spec: DataSpec, *, folds: int = 5
) -> tuple[Advice, ...]:
    """Return all advice about a dataset that is not muted.

    Parameters
    ----------
    findings : Findings
        What was measured; what was said while reading and giving roles is in it.
    spec : DataSpec
        Its `drop` and `mute` are minded.
    folds : int, default=5
        Folds that the training rows will be cut into.

    Returns
    -------
    tuple of Advice
        What can make a result wrong first, what is said for the record last.
    """
    return unmuted(everything(findings, spec, folds=folds), spec.mute)


def everything(
    findings: Findings, spec: DataSpec, *, folds: int = 5
) -> tuple[Advice, ...]:
    """Return all advice, muted or not, in the order of `examine`."""
    found = [
        *(replace(one, change=_change(one, findings)) for one in findings.notices),
        *advice_columns.examine(findings, drop=spec.drop),
        *advice_rows.examine(findings, folds=folds),
    ]
    given = {(a.code, a.column) for a in found}
    kept = [a for a in found if (OUTDONE.get(a.code), a.column) not in given]
    return tuple(sorted(kept, key=_order))


def unmuted(advice: Iterable[Advice], mute: Sequence[str]) -> tuple[Advice, ...]:
    """Return the advice that is not muted.

    Parameters
    ----------
    advice : iterable of Advice
    mute : sequence of str
        ``CODE``, or ``CODE:column`` for one column.

    Examples
    --------
    >>> some = Advice(code="IMB018", column="city", message="", fix="")
    >>> unmuted([some], ["IMB018:city"]), len(unmuted([some], ["IMB018:street"]))
    ((), 1)
    """
    return tuple(a for a in advice if not _is_muted(a, mute))


def muted(advice: Iterable[Advice], mute: Sequence[str]) -> int:
    """Count the advice that is muted."""
    return sum(_is_muted(a, mute) for a in advice)


def _is_muted(advice: Advice, mute: Sequence[str]) -> bool:
    return advice.code in mute or f"{advice.code}:{advice.column}" in mute


def _order(advice: Advice) -> tuple[int, str]:
    about = CODES.get(advice.code)
    return (about.weight if about else 3), advice.code


def _change(advice: Advice, findings: Findings) -> FieldChange | None:
    column = advice.column or ""
    match advice.code:
        case "IMB003":
            return FieldChange(field="keep", value=column)
        case "IMB005" if not advice_rows.ruled(findings):
            return FieldChange(field="time", value=column)
        case "IMB008" if len(findings.labels) == 2:
            return FieldChange(field="positive", value=findings.labels[0])
        case "IMB011":
            return FieldChange(field="drop", value=column)
    return None
