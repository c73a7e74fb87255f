"""The verdict over many tables, by rules: one sentence and its doubts."""

from __future__ import annotations

from collections.abc import Sequence

from engine.core import suite as values
from engine.core.format import p_value, plural, signed
from engine.core.suite import CONTROL, LEVEL

SURE = 0.95
MANY = 6
"""Names in a row after which the rest is counted."""


def least_tables(arms: int) -> int:
    """Return how many tables it takes until a difference from the control can be shown.

    Parameters
    ----------
    arms : int
        Arms beside the control, at least 1.

    Returns
    -------
    int
        The fewest on which the exact Wilcoxon signed-rank test can fall below 0.05
        after Holm's correction, if an arm is better on every one.

    Examples
    --------
    >>> least_tables(1), least_tables(3)
    (6, 7)
    """
    tables = 1
    while arms * 2.0 ** (1 - tables) >= LEVEL:
        tables += 1
    return tables


def verdict(
    tables: Sequence[values.TableRow],
    against: Sequence[values.Against],
    friedman: values.Friedman | None,
    metric: values.SuiteMetric,
    *,
    assumed: bool = False,
) -> values.SuiteVerdict:
    """Return the verdict that the tables support.

    Parameters
    ----------
    tables : sequence of TableRow
        All of them, also those left out.
    against : sequence of Against
        The arms against the control.
    friedman : Friedman or None
    metric : SuiteMetric
    assumed : bool, default=False
        Whether no costs were given.

    Returns
    -------
    SuiteVerdict
        An arm is called better or worse than `untreated` only where its adjusted p is
        below 0.05 and its median difference points that way; the same in practice,
        where that has a probability of 0.95. Nothing else is ranked.
    """
    most = max((a.tables for a in against), default=0)
    few = 0 < most < least_tables(max(1, len(against)))
    headline = _nothing(tables)
    if against:
        headline = _headline(against, friedman, metric, most, few)
    doubts = [
        _few_tables(against, most) if few else "",
        _left_out(tables),
        _incomplete(tables, friedman),
    ]
    if against:
        once = "Each table was split once: its figures carry the luck of that split."
        doubts += [_cost_scale(metric, assumed), once]
    return values.SuiteVerdict(headline=headline, doubts=tuple(d for d in doubts if d))


def _headline(
    against: Sequence[values.Against],
    friedman: values.Friedman | None,
    metric: values.SuiteMetric,
    most: int,
    few: bool,
) -> str:
    shown = [a for a in against if a.adjusted_p < LEVEL]
    better = [a for a in shown if _side(a, metric) > 0]
    worse = [a for a in shown if _side(a, metric) < 0]
    if not better and not worse:
        return _no_difference(against, friedman, metric, most, few)
    parts = [
        f"{_subject([a.arm for a in found])} {word} than `{CONTROL}` in {metric.title}"
        for found, word in ((better, "better"), (worse, "worse"))
        if found
    ]
    lead = max(better or worse, key=lambda a: abs(a.median_difference))
    where = f"better on {lead.wins}" if better else f"worse on {lead.losses}"
    who = f"`{lead.arm}` is " if len(better) + len(worse) > 1 else ""
    facts = (
        f"{who}{where} of {lead.tables} tables, median difference "
        f"{signed(lead.median_difference, metric.digits)}, adjusted p "
        f"{p_value(lead.adjusted_p, '= ')}"
    )
    return f"Over {_many(most)}, {', and '.join(parts)} ({facts})."


def _no_difference(
    against: Sequence[values.Against],
    friedman: values.Friedman | None,
    metric: values.SuiteMetric,
    most: int,
    few: bool,
) -> str:
    alike = [a.arm for a in against if a.same >= SURE]
    others = f"from `{CONTROL}` in {metric.title}"
    if few:
        return f"{_many(most)} cannot show a difference of any arm {others}."
    text = f"Over {_many(most)}, no arm is shown to differ {others}"
    if friedman is not None:
        word = "do" if friedman.f_p < LEVEL else "are not shown to"
        p = p_value(friedman.f_p, "= ")
        text += f"; all arms together {word} differ (Friedman, p {p})"
    if alike:
        text += f"; {_subject(alike)} practically the same as `{CONTROL}`"
    return f"{text}."


def _nothing(tables: Sequence[values.TableRow]) -> str:
    why = f"no arm has a result beside `{CONTROL}`"
    if not any(map(_has_values, tables)):
        why = f"none of {_many(len(tables))} has a result"
    elif not any(row.values.get(CONTROL) is not None for row in tables):
        why = f"the control `{CONTROL}` has no result"
    return f"Nothing can be compared: {why}."


def _few_tables(against: Sequence[values.Against], most: int) -> str:
    arms = len(against)
    least = min(1.0, arms * 2.0 ** (1 - most))
    return (
        f"With {_many(most)} no difference from `{CONTROL}` can be shown: an arm that "
        f"is better on every one has an adjusted p of {least:.2g} at best. It takes "
        f"{least_tables(arms)} tables for {plural(arms, 'arm')}."
    )


def _left_out(tables: Sequence[values.TableRow]) -> str:
    out = [row.name for row in tables if not _has_values(row)]
    if not out:
        return ""
    return f"{len(out)} of {_many(len(tables))} left out: {_listed(out)}."


def _incomplete(
    tables: Sequence[values.TableRow], friedman: values.Friedman | None
) -> str:
    some = [row for row in tables if _has_values(row)]
    gaps = [
        f"{arm} on {row.name}"
        for row in some
        for arm, value in row.values.items()
        if value is None
    ]
    if not gaps:
        return ""
    text = f"No result of {_listed(gaps)}"
    if friedman is not None and friedman.tables < len(some):
        text += (
            f": ranks and the Friedman test are over the {friedman.tables} tables on "
            "which every ranked arm has one"
        )
    return f"{text}."


def _cost_scale(metric: values.SuiteMetric, assumed: bool) -> str:
    if metric.name != "cost":
        return ""
    if assumed:
        return (
            "Assumed costs: on each table a miss counts as many false alarms as there "
            "are negatives per positive. Give yours."
        )
    return (
        "Costs of tables with many positives are higher: differences of cost lean on "
        "those tables, ranks do not."
    )


def _has_values(row: values.TableRow) -> bool:
    return any(value is not None for value in row.values.values())


def _side(a: values.Against, metric: values.SuiteMetric) -> int:
    """Tell whether an arm is ahead (1) or behind (-1), by its median, else by wins."""
    gain = -a.median_difference if metric.falls else a.median_difference
    return (gain > 0) - (gain < 0) or (a.wins > a.losses) - (a.wins < a.losses)


def _subject(names: Sequence[str]) -> str:
    verb = "is" if len(names) == 1 else "are"
    return f"{', '.join(f'`{name}`' for name in names)} {verb}"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MANY} more" if len(names) > MANY else ""
    return f"{', '.join(names[:MANY])}{more}"


def _many(tables: int) -> str:
    return plural(tables, "table")
