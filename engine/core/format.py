"""How numbers and operating points are written: one way each. Light.

Texts that say the same with other numbers are folded into one.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Sequence
from typing import Final

from engine.core.errors import DataError
from engine.core.points import parse

NOTHING: Final = "—"
"""Stands for a number that is not defined, or not there."""
_NUMBER: Final = re.compile(r"[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?")
_MOST_DIGITS: Final = 6
_MOST_COLUMN: Final = 16


def count(value: int | None) -> str:
    """Write a count with thousands separators.

    Examples
    --------
    >>> count(1710), count(None)
    ('1,710', '—')
    """
    return NOTHING if value is None else f"{value:,}"


def size(value: int | None) -> str:
    """Write a number of bytes in thousands, with one decimal below a hundred.

    Examples
    --------
    >>> size(512), size(12_300_000), size(999_999), size(134_000), size(None)
    ('512 B', '12.3 MB', '1.0 MB', '134 kB', '—')
    """
    if value is None:
        return NOTHING
    if value < 1000:
        return f"{value} B"
    scaled = float(value)
    for unit in ("kB", "MB", "GB", "TB"):
        scaled /= 1000
        if scaled < 999.5 or unit == "TB":
            break
    return f"{scaled:,.{1 if scaled < 99.95 else 0}f} {unit}"


def plural(value: int, noun: str, many: str = "") -> str:
    """Write a count with its noun.

    Examples
    --------
    >>> plural(1, "false alarm"), plural(1710, "false alarm")
    ('1 false alarm', '1,710 false alarms')
    """
    return f"{value:,} {noun if value == 1 else many or noun + 's'}"


def decimals(value: float | None, digits: int) -> str:
    """Write a number with fixed decimals, and no false 0.

    Examples
    --------
    >>> decimals(0.0521, 2), decimals(0.0021, 2), decimals(0.0, 2), decimals(None, 3)
    ('0.05', '<0.01', '0.00', '—')
    """
    if value is None or math.isnan(value):
        return NOTHING
    least = 10.0**-digits
    if 0 < value < least / 2:
        return f"<{least:.{digits}f}"
    return f"{value:.{digits}f}"


def signed(value: float, digits: int) -> str:
    """Write a number with its sign; more digits rather than a false 0.

    Examples
    --------
    >>> signed(-1234.56, 1), signed(0.0012, 2), signed(0.0, 2)
    ('−1,234.6', '+0.001', '0.00')
    """
    while value and digits < _MOST_DIGITS and not round(value, digits):
        digits += 1
    if not round(value, digits):
        return f"{0:.{digits}f}"
    return f"{value:+,.{digits}f}".replace("-", "−")


def interval(limits: tuple[float, float] | None) -> str:
    """Write an interval of a rate.

    Examples
    --------
    >>> interval((0.5316, 0.6807))
    '(0.53–0.68)'
    """
    return "" if limits is None else f"({limits[0]:.2f}–{limits[1]:.2f})"


def share(part: float, whole: float) -> str:
    """Write a share of rows in per cent, with one decimal or two digits.

    Examples
    --------
    >>> share(783, 43_400), share(3, 43_400), share(0, 0)
    ('1.8 %', '0.0069 %', '—')
    """
    if not whole:
        return NOTHING
    percent = 100 * part / whole
    return f"{percent:.1f} %" if percent >= 0.1 or not part else f"{percent:.2g} %"


def row_share(part: float, whole: float) -> str:
    """Write a share of a matrix row in whole per cent, 0 and 100 only if exact.

    Examples
    --------
    >>> row_share(63, 161), row_share(1, 999), row_share(998, 999), row_share(0, 0)
    ('39 %', '<1 %', '>99 %', '—')
    """
    if not whole:
        return NOTHING
    percent = round(100 * part / whole)
    if part and not percent:
        return "<1 %"
    if part < whole and percent == 100:
        return ">99 %"
    return f"{percent} %"


def bar(done: int, total: int, width: int) -> str:
    """Draw a bar of so many cells.

    Examples
    --------
    >>> bar(12, 20, 10), bar(0, 0, 4)
    ('━━━━━━────', '────')
    """
    full = width * min(done, total) // total if total > 0 else 0
    return "━" * full + "─" * (width - full)


def brief(text: str, most: int) -> str:
    """Cut a text to so many characters.

    Examples
    --------
    >>> brief("smoking_status", 9), brief("age", 9)
    ('smoking_…', 'age')
    """
    return text if len(text) <= most else f"{text[: most - 1]}…"


def clock(seconds: float | None) -> str:
    """Write a duration as mm:ss or h:mm:ss.

    Examples
    --------
    >>> clock(72.4), clock(3723), clock(None)
    ('01:12', '1:02:03', '—')
    """
    if seconds is None or not math.isfinite(seconds):
        return NOTHING
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    minutes = f"{rest // 60:02d}:{rest % 60:02d}"
    return f"{hours}:{minutes}" if hours else minutes


def about(seconds: float) -> str:
    """Write a duration that is estimated, with one figure or two.

    Examples
    --------
    >>> [about(s) for s in (0.2, 8, 44, 80, 130, 5_000, 200_000)]
    ['<1 s', '~8 s', '~45 s', '~1.5 min', '~2 min', '~1.5 h', '~2 days']
    """
    if seconds < 1:
        return "<1 s"
    if seconds < 10:
        return f"~{seconds:.0f} s"
    if seconds < 57.5:
        return f"~{5 * round(seconds / 5)} s"
    if seconds < 9.5 * 60:
        return f"~{round(seconds / 30) / 2:g} min"
    if seconds < 55 * 60:
        return f"~{round(seconds / 60)} min"
    if seconds < 36 * 3600:
        return f"~{round(seconds / 1800) / 2:g} h"
    days = seconds / 86_400
    return f"~{days:.0f} days" if days < 365 else "over a year"


def cost(value: float) -> str:
    """Write a cost.

    Examples
    --------
    >>> cost(54.4278), cost(10.0), cost(0.25), cost(12_345.0)
    ('54.4', '10', '0.25', '12,345')
    """
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def per_mille(value: float | None) -> str:
    """Write a cost per 1,000 rows, without a decimal from 1,000 on.

    Examples
    --------
    >>> per_mille(123.42), per_mille(1234.5), per_mille(None)
    ('123.4', '1,234', '—')
    """
    if value is None:
        return NOTHING
    return f"{value:,.1f}" if abs(value) < 1000 else f"{value:,.0f}"


def p_value(value: float, equals: str = "") -> str:
    """Write a p so that it stays on its side of 0.05.

    Examples
    --------
    >>> p_value(0.00002), p_value(0.0312), p_value(0.04996), p_value(0.4, "= ")
    ('< 0.001', '0.031', '0.04996', '= 0.40')
    """
    if value < 0.001:
        return "< 0.001"
    text = f"{value:.{3 if value < 0.1 else 2}f}"
    return equals + (f"{value:.4g}" if text == "0.050" else text)


def threshold(value: float | None) -> str:
    """Write a threshold with three decimals, or two digits that count.

    Examples
    --------
    >>> threshold(0.5), threshold(0.0179), threshold(0.00042)
    ('0.500', '0.018', '0.00042')
    """
    if value is None or math.isnan(value):
        return NOTHING
    return f"{value:.3f}" if value >= 0.01 or value == 0 else f"{value:.2g}"


def distinct_thresholds(first: float | None, second: float | None) -> tuple[str, str]:
    """Write two thresholds, with as many more digits as it takes to tell them apart.

    Examples
    --------
    >>> [distinct_thresholds(a, 0.5) for a in (0.53, 0.49987, 0.5)]
    [('0.530', '0.500'), ('0.4999', '0.5000'), ('0.500', '0.500')]
    """
    texts = threshold(first), threshold(second)
    for digits in range(4, 9):
        if first is None or second is None or first == second or texts[0] != texts[1]:
            break
        texts = f"{first:.{digits}f}", f"{second:.{digits}f}"
    return texts


def ratio(negatives: int, positives: int) -> str:
    """Write how many negatives there are to a positive, or the other way about.

    Examples
    --------
    >>> ratio(42617, 783), ratio(250, 50), ratio(8, 12), ratio(10, 0)
    ('54:1', '5:1', '1:1.5', '—')
    """
    if not negatives or not positives:
        return NOTHING
    if negatives >= positives:
        return f"{short(negatives / positives)}:1"
    return f"1:{short(positives / negatives)}"


def short(value: float) -> str:
    """Write a number with one decimal below ten.

    Examples
    --------
    >>> short(54.43), short(5.0), short(2197.2)
    ('54', '5', '2,197')
    """
    return f"{value:,.0f}" if value >= 9.95 else f"{value:.1f}".removesuffix(".0")


def plain(value: object) -> str:
    """Write a parameter's value.

    Examples
    --------
    >>> plain(0.10), plain(5), plain("auto")
    ('0.1', '5', 'auto')
    """
    return f"{value:g}" if isinstance(value, float) else str(value)


def amount(value: float | None) -> str:
    """Write a sum of costs; of a small one the digits that count.

    Examples
    --------
    >>> amount(12_345.6), amount(0.1234), amount(None)
    ('12,346', '0.123', '—')
    """
    if value is None:
        return NOTHING
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def ratio_text(ratio: float) -> str:
    """Write a cost ratio.

    Examples
    --------
    >>> [ratio_text(r) for r in (0.1, 54.43, 4.333, 2197.0, 0.0, float("inf"))]
    ['0.1', '54.4', '4.3', '2,197', '0', '∞']
    """
    if math.isinf(ratio):
        return "∞"
    if ratio >= 99.95:
        return f"{ratio:,.0f}"
    if ratio >= 0.995:
        return f"{ratio:.1f}".removesuffix(".0")
    return f"{ratio:.2g}"


def point_name(
    at: str,
    *,
    cost_fn: float,
    cost_fp: float,
    column: str = "",
    several: bool = False,
    aim: str = "",
) -> str:
    """Write an operating point as a board heads it.

    Parameters
    ----------
    at : str
    cost_fn, cost_fp : float
        What a miss and a false alarm cost more than what would have been right.
    column : str, default=""
        The column that says what each miss costs, if one does.
    several : bool, default=False
        Whether it is about more than two classes.
    aim : str, default=""
        The operating point that the recommended one follows, to be named with it.

    Examples
    --------
    >>> [point_name(p, cost_fn=10, cost_fp=1) for p in ("cost", "recall>=0.8")]
    ['cost 10:1', 'recall ≥ 0.8']
    >>> point_name("recommended", cost_fn=54.43, cost_fp=1, aim="cost")
    'recommended (cost 54.4:1)'
    >>> point_name("cost", cost_fn=54.43, cost_fp=1, column="amount")
    'cost by amount'
    """
    if at == "recommended" and aim:
        followed = point_name(
            aim, cost_fn=cost_fn, cost_fp=cost_fp, column=column, several=several
        )
        return f"recommended ({followed})"
    if at == "fixed":
        return "most probable" if several else "fixed 0.5"
    if at == "cost":
        if column:
            return f"cost by {brief(column, _MOST_COLUMN)}"
        if not cost_fn or not cost_fp:
            return "cost"
        return f"cost {to_one(cost_fn / cost_fp)}"
    return "F1" if at == "f1" else at.replace(">=", " ≥ ").replace("<=", " ≤ ")


def point_short(
    at: str,
    *,
    cost_fn: float,
    cost_fp: float,
    column: str = "",
    several: bool = False,
) -> str:
    """Write an operating point where there is little room.

    Examples
    --------
    >>> short = [point_short(p, cost_fn=10, cost_fp=1) for p in ("fixed", "cost")]
    >>> [*short, point_short("precision>=0.2", cost_fn=10, cost_fp=1)]
    ['0.5', 'cost 10:1', 'prec.≥0.2']
    """
    if several and at == "fixed":
        return "prob."
    name = point_name(at, cost_fn=cost_fn, cost_fp=cost_fp, column=column)
    kind = parse(at).kind
    if not kind.number:
        return kind.short or name
    long, *_ = name.split()
    return name.replace(long, kind.short or long, 1).replace(" ", "")


def to_one(ratio: float) -> str:
    """Write how many false alarms a miss is worth, in three digits.

    Examples
    --------
    >>> to_one(54.43), to_one(10), to_one(0.25), to_one(2197.3)
    ('54.4:1', '10:1', '1:4', '2,197:1')
    """
    return f"1:{cost(1 / ratio)}" if 0 < ratio < 1 else f"{cost(ratio)}:1"


def merge_texts(texts: Iterable[str]) -> list[str]:
    """Put texts that differ in their numbers only into one, with ranges.

    Examples
    --------
    >>> merge_texts(["k 5 → 3, 1,004 rows", "k 5 → 2, 1,003 rows", "m → 9"])
    ['k 5 → 2–3, 1,003–1,004 rows', 'm → 9']
    """
    variants: dict[tuple[str, ...], list[list[str]]] = {}
    for text in texts:
        words = tuple(_NUMBER.split(text))
        variants.setdefault(words, []).append(_NUMBER.findall(text))
    return [_join(words, numbers) for words, numbers in variants.items()]


def without_numbers(text: str) -> str:
    """Return what texts that `merge_texts` puts into one have in common.

    Examples
    --------
    >>> without_numbers("k 5 → 3: only 4 rows")
    'k # → #: only # rows'
    """
    return _NUMBER.sub("#", text)


def _join(words: tuple[str, ...], variants: list[list[str]]) -> str:
    joined = words[0]
    for numbers, word in zip(zip(*variants, strict=True), words[1:], strict=True):
        ends = sorted(set(numbers), key=lambda n: (float(n.replace(",", "")), n))
        joined += ends[0] if len(ends) == 1 else f"{ends[0]}–{ends[-1]}"
        joined += word
    return joined


def check_known(
    given: str, known: Iterable[str], message: str, what: str = "columns"
) -> None:
    """Refuse a name that is none of those there are, and say which may be meant.

    Raises
    ------
    DataError
    """
    if given not in known:
        raise DataError(message, meant(given, known, what))


def meant(given: str, names: Iterable[str], what: str = "columns") -> str:
    """Return which column may be meant by a name that none has, and some of them.

    Examples
    --------
    >>> meant("aeg", ["age", "sex"])
    "did you mean 'age'? The columns are: 'age', 'sex'"
    """
    known = list(names)
    near = difflib.get_close_matches(given, known, n=1)
    hint = f"did you mean {near[0]!r}? The" if near else "the"
    return f"{hint} {what} are: {listed(known, most=30)}"


def listed(names: list[str], most: int = 5) -> str:
    """Return some names in quotes, and how many more there are.

    Examples
    --------
    >>> listed(["a", "b", "c"], most=2)
    "'a', 'b' and 1 more"
    """
    return some([repr(name) for name in names], most)


def some(texts: Sequence[str], most: int = 4) -> str:
    """Return some texts, and how many more there are.

    Examples
    --------
    >>> some(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    more = len(texts) - most
    return ", ".join(texts[:most]) + (f" and {more:,} more" if more > 0 else "")
