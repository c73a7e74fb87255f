"""What is asked of the classes: one ratio for every sampler, or counts per class.

Light, and the only place that knows: the method, the pre-flight, the app's bars and
the command line all ask here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from engine.core.errors import SpecError

if TYPE_CHECKING:
    from engine.core.methods.samplers import Group


Label = TypeVar("Label", str, int)


def ends(counts: Mapping[Label, int]) -> tuple[Label, Label]:
    """Return the rarest and the most frequent class; the first of equals.

    Parameters
    ----------
    counts : mapping of label to int
        Rows of two classes or more.

    Examples
    --------
    >>> ends({"a": 5, "b": 5, "c": 9}), ends({"a": 5, "b": 5})
    (('a', 'c'), ('a', 'b'))
    """
    rare = min(counts, key=lambda label: counts[label])
    many = max((c for c in counts if c != rare), key=lambda label: counts[label])
    return rare, many


def targets(
    group: Group,
    counts: Mapping[Label, int],
    ratio: float,
    given: Mapping[Label, int] | None = None,
    *,
    between: tuple[Label, Label] | None = None,
) -> dict[Label, int]:
    """Return the rows of each class that a step is asked to come to.

    Parameters
    ----------
    group : {"over", "under", "combined"}
        Whether the step adds rows or drops them; a combined one adds first.
    counts : mapping of label to int
        Rows of each class before.
    ratio : float
        Rows of the smallest class for each row of the largest, in (0, 1]. Rounded
        to whole rows; a class that has the ratio already is left alone.
    given : mapping of label to int, optional
        Rows per class instead; a class that is not named is left alone.
    between : tuple of (label, label), optional
        The rarest and the most frequent class, as they were before any step.

    Returns
    -------
    dict of label to int
        Every class of `counts`. An over-sampler brings each class up to `ratio` times
        the most frequent one; an under-sampler each down to the rarest by `ratio`.

    Raises
    ------
    SpecError
        If there is no such class, or a step would have to do what it cannot.

    Examples
    --------
    >>> targets("over", {"no": 900, "yes": 90}, 0.5)
    {'no': 900, 'yes': 450}
    >>> targets("under", {"a": 500, "b": 100, "c": 30}, 0.5)
    {'a': 60, 'b': 60, 'c': 30}
    >>> targets("over", {"no": 900, "yes": 90}, 1.0, {"yes": 300})
    {'no': 900, 'yes': 300}
    """
    if given:
        return _given_counts(group, counts, given)
    rare, many = between or ends(counts)
    if group == "under":
        most = max(counts[rare], round(counts[rare] / ratio))
        return {c: n if c == rare else min(n, most) for c, n in counts.items()}
    least = round(ratio * counts[many])
    return {c: n if c == many else max(n, least) for c, n in counts.items()}


def _given_counts(
    group: Group, counts: Mapping[Label, int], given: Mapping[Label, int]
) -> dict[Label, int]:
    unknown = [label for label in given if label not in counts]
    if unknown:
        raise SpecError(
            f"counts name a class {str(unknown[0])!r} that is not there",
            f"the classes are: {', '.join(map(str, counts))}",
        )
    for label, wanted in given.items():
        has = counts[label]
        if group != "under" and wanted < has:
            raise SpecError(
                f"counts ask for {wanted:,} rows of {str(label)!r}, which has {has:,} "
                "already: an over-sampler only adds",
                f"give at least {has:,}, or drop some by an under-sampler behind it",
            )
        if group == "under" and wanted > has:
            raise SpecError(
                f"counts ask for {wanted:,} rows of {str(label)!r}, which has {has:,} "
                "only: an under-sampler only drops",
                f"give {has:,} at most, or add some by an over-sampler before it",
            )
    return {label: given.get(label, count) for label, count in counts.items()}


_COUNT = re.compile(r'(?:"([^"]+)"|(.+?))=(\d+)(?:/|$)')
_MARKS = re.compile("[+:,/=]")
"""What stands between the parts of a method: a label with one is quoted."""


def parse_counts(text: str) -> dict[str, int]:
    """Return rows per class from ``LABEL=N/LABEL=N``.

    Raises
    ------
    SpecError
        If the text is something else, or asks for no rows.

    Examples
    --------
    >>> parse_counts("yes=300/no=900")
    {'yes': 300, 'no': 900}
    >>> parse_counts('"A+"=60')
    {'A+': 60}
    """
    counts: dict[str, int] = {}
    at = 0
    while at < len(text):
        match = _COUNT.match(text, at)
        label = "" if match is None else match[1] or match[2]
        if match is None or label in counts or int(match[3]) < 1:
            raise SpecError(
                f"counts is {text!r}", "give rows per class, such as yes=300/no=900"
            )
        counts[label] = int(match[3])
        at = match.end()
    return counts


def format_counts(counts: Mapping[str, int]) -> str:
    """Return counts as `parse_counts` reads them.

    Examples
    --------
    >>> format_counts({"yes": 300, "A+": 60})
    'yes=300/"A+"=60'
    """
    return "/".join(f"{_quote(label)}={count}" for label, count in counts.items())


def _quote(label: str) -> str:
    return f'"{label}"' if _MARKS.search(label) and '"' not in label else label


def share_evenly(counts: Sequence[int], room: int) -> list[int]:
    """Divide so many places among classes by size alone, but one for each.

    Examples
    --------
    >>> share_evenly([9_000, 300, 0], 600)
    [581, 19, 0]
    """
    total = sum(counts)
    return [min(n, max(1, round(n * room / total))) for n in counts]


def share_fairly(counts: Sequence[int], room: int) -> list[int]:
    """Divide so many places among classes: by size, but no small one goes short.

    Parameters
    ----------
    counts : sequence of int
        Rows by class.
    room : int
        Places in all.

    Returns
    -------
    list of int
        At most the rows that there are; a class has half of an equal share at least.

    Examples
    --------
    >>> share_fairly([9_000, 300, 5_000], 600), share_fairly([10, 2], 600)
    ([290, 104, 205], [10, 2])
    """
    total = sum(counts)
    if total <= room:
        return [*counts]
    least = room // (2 * len(counts))
    given = [min(count, least) for count in counts]
    left = [count - have for count, have in zip(counts, given, strict=True)]
    rest = max(0, room - sum(given))
    more = [rest * count // sum(left) for count in left]
    return [have + extra for have, extra in zip(given, more, strict=True)]
