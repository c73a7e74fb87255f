"""From the runs of many tables to the document of the whole, and its verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median
from typing import NamedTuple

import msgspec

from engine.core import suite
from engine.core.experiment import Experiment
from engine.core.format import p_value, plural, signed, some
from engine.core.methods.samplers import CONTROL
from engine.core.seeds import child
from engine.core.state import State
from engine.core.suite import LEVEL
from engine.core.version import __version__

SURE = 0.95
MANY = 6
"""Names in a row after which the rest is counted."""


def table_row(
    state: State,
    arms: Sequence[str],
    name: str,
    *,
    source: str,
    run: str,
    status: str,
    metric: str,
) -> suite.TableRow:
    """Return the result of a table's run.

    Parameters
    ----------
    state : State
        The run's events, reduced.
    arms : sequence of str
        The arms of the bench, in order.
    name, source : str
        What the table is called, and where it is.
    run, status : str
        The run's id, and what the store says of it.
    metric : str
        That of `engine.core.suite.METRICS`.

    Returns
    -------
    TableRow
        Values only of a run that is done: those of another are not comparable yet.
    """
    done, dataset = status == "done", state.dataset
    known = {arm.name: arm for arm in state.arms if done and arm.name in arms}
    figures: dict[str, float | None] = dict.fromkeys(arms if done else ())
    figures |= {
        name: suite.value_of(arm.evaluated, metric)
        for name, arm in known.items()
        if arm.evaluated
    }
    failed = {name: arm.failed.message for name, arm in known.items() if arm.failed}
    return suite.TableRow(
        name=name,
        source=source,
        run=run,
        status=status,
        error=_why(state, figures, failed, status, metric),
        rows=dataset.rows if dataset else None,
        positives=dataset.classes.get(dataset.positive or "") if dataset else None,
        values=figures,
        failed=failed,
    )


def _why(
    state: State,
    figures: Mapping[str, float | None],
    failed: Mapping[str, str],
    status: str,
    metric: str,
) -> str | None:
    """Say why a table is left out of the comparison; None if it is not."""
    if status != "done":
        return (state.error or {}).get("message") or f"its run is {status}"
    if any(value is not None for value in figures.values()):
        return None
    if failed:
        return "every arm failed: " + next(iter(failed.values()))
    return f"no {metric} is known of it: more than two classes, or no test row of one"


def describe_bench(experiment: Experiment, source: str) -> dict[str, object]:
    """Return the source of a bench's tables, and the settings that they share."""
    settings = msgspec.to_builtins(experiment)
    del settings["data"], settings["arms"]
    return {"imbtui": __version__, "source": source, "settings": settings}


def aggregate(
    rows: Sequence[suite.TableRow],
    *,
    arms: Sequence[str],
    name: str,
    rope: float | None,
    seed: int,
    bench: Mapping[str, object],
    references: Mapping[str, str] | None = None,
    seconds: float = 0.0,
) -> suite.Suite:
    """Compare arms over tables.

    Parameters
    ----------
    rows : sequence of TableRow
        All tables, in order, also those that came to nothing.
    arms : sequence of str
        In order, the controls among them.
    name : str
        The metric's.
    rope : float or None
        Differences up to this are the same in practice; the metric's own if None.
    seed : int
        Of the draws of the Bayesian test.
    bench : mapping
        What `describe_bench` returned.
    references : mapping of str to str or None, default=None
        The control of each arm; `untreated` of all if None.
    seconds : float, default=0.0

    Returns
    -------
    Suite
        Ranks, mean ranks and the Friedman test are over the tables on which every arm
        that has a value anywhere has one; each arm against the control is over the
        tables on which both do. Where the Friedman test shows no difference, all arms
        are one group. What cannot be worked out is None or empty.
    """
    chosen = suite.metric(name)
    rope = chosen.rope if rope is None else rope
    ranked = tuple(a for a in arms if any(r.values.get(a) is not None for r in rows))
    ranking = _rank(rows, ranked, chosen)
    controls = dict.fromkeys(arms, CONTROL) if references is None else references
    against = _against(rows, ranked, controls, chosen, rope, seed)
    settings = bench.get("settings")
    decision = settings.get("decision", {}) if isinstance(settings, dict) else {}
    given = (decision.get(name) for name in ("cost_fn", "cost_fn_column"))
    assumed = not any(given)
    return suite.Suite(
        bench=dict(bench),
        arms=tuple(arms),
        metric=name,
        rope=rope,
        tables=tuple(ranking.rows),
        friedman=ranking.test,
        mean_ranks=ranking.means,
        critical_difference=ranking.difference,
        groups=ranking.groups,
        against_control=against,
        verdict=verdict(rows, against, ranking.test, chosen, assumed=assumed),
        seconds=seconds,
    )


# Ranks, and each arm against the control ----------------------------------------------


class _Ranking(NamedTuple):
    """The arms ranked on the tables where all of them have a value."""

    rows: Sequence[suite.TableRow]
    means: dict[str, float] = {}  # noqa: RUF012  # never changed
    test: suite.Friedman | None = None
    difference: float | None = None
    groups: tuple[tuple[str, ...], ...] = ()


def _rank(
    rows: Sequence[suite.TableRow], arms: Sequence[str], metric: suite.SuiteMetric
) -> _Ranking:
    whole = [n for n, r in enumerate(rows) if None not in map(r.values.get, arms)]
    if not whole or len(arms) < 2:
        return _Ranking(rows)
    from engine.suite import ranks

    found, sign = list(rows), -1.0 if metric.falls else 1.0
    figures = [[sign * (rows[n].values[a] or 0.0) for a in arms] for n in whole]
    table = ranks.ranks(figures)
    for n, line in zip(whole, table.tolist(), strict=True):
        given = dict(zip(arms, line, strict=True))
        found[n] = msgspec.structs.replace(rows[n], ranks=given)
    means = {a: float(m) for a, m in zip(arms, table.mean(axis=0), strict=True)}
    if len(arms) < 3 or len(whole) < 2:
        return _Ranking(found, means)
    test = ranks.friedman(figures, arms)
    difference = ranks.critical_difference(len(arms), len(whole))
    alike = (tuple(sorted(means, key=lambda name: means[name])),)
    groups = alike if test.f_p >= LEVEL else ranks.groups(means, difference)
    return _Ranking(found, means, test, difference, groups)


def _against(
    rows: Sequence[suite.TableRow],
    arms: Sequence[str],
    controls: Mapping[str, str],
    metric: suite.SuiteMetric,
    rope: float,
    seed: int,
) -> tuple[suite.Against, ...]:
    """Compare each arm with its control, where both have a value."""
    pairs = {
        arm: found
        for arm in arms
        if controls.get(arm, arm) != arm
        and (found := _differences(rows, arm, controls[arm]))
    }
    if not pairs:
        return ()
    from engine.evaluate.bootstrap import holm
    from engine.suite.ranks import signed_rank, signed_rank_odds

    p_values = {arm: signed_rank(differences) for arm, differences in pairs.items()}
    adjusted: dict[str, float] = {}
    for control in {controls[arm] for arm in pairs}:
        those = [arm for arm in pairs if controls[arm] == control]
        adjusted |= zip(those, holm([p_values[arm] for arm in those]), strict=True)
    sign = -1.0 if metric.falls else 1.0
    gains = {arm: [sign * d for d in differences] for arm, differences in pairs.items()}
    return tuple(
        suite.Against(
            arm=arm,
            wins=sum(gain > 0 for gain in gains[arm]),
            ties=sum(gain == 0 for gain in gains[arm]),
            losses=sum(gain < 0 for gain in gains[arm]),
            p=p_values[arm],
            adjusted_p=adjusted[arm],
            median_difference=median(differences),
            control=controls[arm],
            **signed_rank_odds(
                gains[arm], rope, seed=child(seed, "suite", arm)
            )._asdict(),
        )
        for arm, differences in pairs.items()
    )


def _differences(rows: Sequence[suite.TableRow], arm: str, control: str) -> list[float]:
    both = [(r.values.get(arm), r.values.get(control)) for r in rows]
    return [a - b for a, b in both if a is not None and b is not None]


# The verdict --------------------------------------------------------------------------


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
    tables: Sequence[suite.TableRow],
    against: Sequence[suite.Against],
    friedman: suite.Friedman | None,
    metric: suite.SuiteMetric,
    *,
    assumed: bool = False,
) -> suite.SuiteVerdict:
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
        An arm is called better or worse than its control only where its adjusted p is
        below 0.05 and its median difference points that way; the same in practice,
        where that has a probability of 0.95. Nothing else is ranked.
    """
    most = max((a.tables for a in against), default=0)
    few = 0 < most < least_tables(_together(against))
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
    return suite.SuiteVerdict(headline=headline, doubts=tuple(d for d in doubts if d))


def _headline(
    against: Sequence[suite.Against],
    friedman: suite.Friedman | None,
    metric: suite.SuiteMetric,
    most: int,
    few: bool,
) -> str:
    shown = [a for a in against if a.adjusted_p < LEVEL]
    better = [a for a in shown if _side(a, metric) > 0]
    worse = [a for a in shown if _side(a, metric) < 0]
    control = _control(against)
    if not better and not worse:
        return _no_difference(against, friedman, metric, most, few)
    parts = [
        f"{_subject([a.arm for a in found])} {word} than {control} in {metric.title}"
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
    return f"Over {plural(most, 'table')}, {', and '.join(parts)} ({facts})."


def _no_difference(
    against: Sequence[suite.Against],
    friedman: suite.Friedman | None,
    metric: suite.SuiteMetric,
    most: int,
    few: bool,
) -> str:
    alike = [a.arm for a in against if a.same >= SURE]
    control = _control(against)
    others = f"from {control} in {metric.title}"
    if few:
        return f"{plural(most, 'table')} cannot show a difference of any arm {others}."
    text = f"Over {plural(most, 'table')}, no arm is shown to differ {others}"
    if friedman is not None:
        word = "do" if friedman.f_p < LEVEL else "are not shown to"
        p = p_value(friedman.f_p, "= ")
        text += f"; all arms together {word} differ (Friedman, p {p})"
    if alike:
        text += f"; {_subject(alike)} practically the same as {control}"
    return f"{text}."


def _control(against: Sequence[suite.Against]) -> str:
    """Say what arms are compared with."""
    several = len({a.control for a in against}) > 1
    return f"`{CONTROL}`" + " with the same model" * several


def _together(against: Sequence[suite.Against]) -> int:
    """Return the most arms with one control: so many p are adjusted together."""
    return max(Counter(a.control for a in against).values(), default=1)


def _nothing(tables: Sequence[suite.TableRow]) -> str:
    why = f"no arm has a result beside `{CONTROL}`"
    if not any(map(_has_values, tables)):
        why = f"none of {plural(len(tables), 'table')} has a result"
    elif not any(row.values.get(CONTROL) is not None for row in tables):
        why = f"the control `{CONTROL}` has no result"
    return f"Nothing can be compared: {why}."


def _few_tables(against: Sequence[suite.Against], most: int) -> str:
    arms = _together(against)
    least = min(1.0, arms * 2.0 ** (1 - most))
    return (
        f"With {plural(most, 'table')} no difference from {_control(against)} can be "
        f"shown: an arm that is better on every one has an adjusted p of {least:.2g} "
        f"at best. It takes {least_tables(arms)} tables for {plural(arms, 'arm')}."
    )


def _left_out(tables: Sequence[suite.TableRow]) -> str:
    out = [row.name for row in tables if not _has_values(row)]
    if not out:
        return ""
    return f"{len(out)} of {plural(len(tables), 'table')} left out: {some(out, MANY)}."


def _incomplete(
    tables: Sequence[suite.TableRow], friedman: suite.Friedman | None
) -> str:
    known = [row for row in tables if _has_values(row)]
    gaps = [
        f"{arm} on {row.name}"
        for row in known
        for arm, value in row.values.items()
        if value is None
    ]
    if not gaps:
        return ""
    text = f"No result of {some(gaps, MANY)}"
    if friedman is not None and friedman.tables < len(known):
        text += (
            f": ranks and the Friedman test are over the {friedman.tables} tables on "
            "which every ranked arm has one"
        )
    return f"{text}."


def _cost_scale(metric: suite.SuiteMetric, assumed: bool) -> str:
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


def _has_values(row: suite.TableRow) -> bool:
    return any(value is not None for value in row.values.values())


def _side(a: suite.Against, metric: suite.SuiteMetric) -> int:
    """Tell whether an arm is ahead (1) or behind (-1), by its median, else by wins."""
    gain = -a.median_difference if metric.falls else a.median_difference
    return (gain > 0) - (gain < 0) or (a.wins > a.losses) - (a.wins < a.losses)


def _subject(names: Sequence[str]) -> str:
    verb = "is" if len(names) == 1 else "are"
    return f"{', '.join(f'`{name}`' for name in names)} {verb}"
