"""From the runs of many tables to the document of the whole."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

import msgspec

from engine._version import __version__
from engine.seeds import child
from engine.spec import Experiment
from engine.state import State
from engine.suite import values
from engine.suite.values import CONTROL, LEVEL


def table_row(
    state: State,
    arms: Sequence[str],
    name: str,
    *,
    source: str,
    run: str,
    status: str,
    metric: str,
) -> values.TableRow:
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
        That of `engine.suite.values.METRICS`.

    Returns
    -------
    TableRow
        Values only of a run that is done: those of another are not comparable yet.
    """
    figures: dict[str, float | None] = {}
    failed: dict[str, str] = {}
    known = {arm.name: arm for arm in state.arms}
    for arm in arms if status == "done" else ():
        found = known.get(arm)
        evaluated = found.evaluated if found else None
        figures[arm] = values.value_of(evaluated, metric) if evaluated else None
        if found is not None and found.failed is not None:
            failed[arm] = found.failed.message
    dataset = state.dataset
    return values.TableRow(
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


def describe_bench(experiment: Experiment, source: str) -> dict[str, Any]:
    """Return the source of a bench's tables, and the settings that they share."""
    settings = msgspec.to_builtins(experiment)
    del settings["data"], settings["arms"]
    return {"imbtui": __version__, "source": source, "settings": settings}


def aggregate(
    rows: Sequence[values.TableRow],
    *,
    arms: Sequence[str],
    name: str,
    rope: float | None,
    seed: int,
    bench: Mapping[str, Any],
    seconds: float = 0.0,
) -> values.Suite:
    """Compare arms over tables.

    Parameters
    ----------
    rows : sequence of TableRow
        All tables, in order, also those that came to nothing.
    arms : sequence of str
        In order, the control `untreated` among them.
    name : str
        The metric's.
    rope : float or None
        Differences up to this are the same in practice; the metric's own if None.
    seed : int
        Of the draws of the Bayesian test.
    bench : mapping
        What `describe_bench` returned.
    seconds : float, default=0.0

    Returns
    -------
    Suite
        Ranks, mean ranks and the Friedman test are over the tables on which every arm
        that has a value anywhere has one; each arm against the control is over the
        tables on which both do. Where the Friedman test shows no difference, all arms
        are one group. What cannot be worked out is None or empty.
    """
    from engine.suite.verdict import verdict

    chosen = values.metric(name)
    rope = chosen.rope if rope is None else rope
    ranked = tuple(a for a in arms if any(r.values.get(a) is not None for r in rows))
    rows, means, tested, difference = _ranked(rows, ranked, chosen)
    against = _against(rows, ranked, chosen, rope, seed)
    decision = bench.get("settings", {}).get("decision", {})
    assumed = decision.get("cost_fn") is None
    return values.Suite(
        bench=dict(bench),
        arms=tuple(arms),
        metric=name,
        rope=rope,
        tables=tuple(rows),
        friedman=tested,
        mean_ranks=means,
        critical_difference=difference,
        groups=_groups(means, tested, difference),
        against_control=against,
        verdict=verdict(rows, against, tested, chosen, assumed=assumed),
        seconds=seconds,
    )


def _ranked(
    rows: Sequence[values.TableRow], arms: Sequence[str], metric: values.SuiteMetric
) -> tuple[
    list[values.TableRow], dict[str, float], values.Friedman | None, float | None
]:
    """Rank the arms on the tables where all of them have a value."""
    whole = [n for n, r in enumerate(rows) if None not in map(r.values.get, arms)]
    found = list(rows)
    if not whole or len(arms) < 2:
        return found, {}, None, None
    from engine.suite import ranks

    sign = -1.0 if metric.falls else 1.0
    figures = [[sign * (rows[n].values[a] or 0.0) for a in arms] for n in whole]
    placed = ranks.ranks(figures)
    for n, line in zip(whole, placed.tolist(), strict=True):
        given = dict(zip(arms, line, strict=True))
        found[n] = msgspec.structs.replace(rows[n], ranks=given)
    means = {a: float(m) for a, m in zip(arms, placed.mean(axis=0), strict=True)}
    if len(arms) < 3 or len(whole) < 2:
        return found, means, None, None
    result = ranks.friedman(figures)._asdict()
    result["f"] = result["f"] if math.isfinite(result["f"]) else None
    tested = values.Friedman(**result, tables=len(whole), arms=tuple(arms))
    return found, means, tested, ranks.critical_difference(len(arms), len(whole))


def _groups(
    means: dict[str, float], tested: values.Friedman | None, difference: float | None
) -> tuple[tuple[str, ...], ...]:
    if tested is None or difference is None:
        return ()
    if tested.f_p >= LEVEL:
        return (tuple(sorted(means, key=lambda name: means[name])),)
    from engine.suite.ranks import groups

    return groups(means, difference)


def _against(
    rows: Sequence[values.TableRow],
    arms: Sequence[str],
    metric: values.SuiteMetric,
    rope: float,
    seed: int,
) -> tuple[values.Against, ...]:
    """Compare each arm with the control, where both have a value."""
    if CONTROL not in arms:
        return ()
    pairs = {a: _differences(rows, a) for a in arms if a != CONTROL}
    pairs = {arm: differences for arm, differences in pairs.items() if differences}
    if not pairs:
        return ()
    from engine.evaluate.paired import holm
    from engine.suite.ranks import signed_rank, signed_rank_odds

    p_values = {arm: signed_rank(differences) for arm, differences in pairs.items()}
    adjusted = dict(zip(pairs, holm([*p_values.values()]), strict=True))
    sign = -1.0 if metric.falls else 1.0
    gains = {arm: [sign * d for d in differences] for arm, differences in pairs.items()}
    return tuple(
        values.Against(
            arm=arm,
            wins=sum(gain > 0 for gain in gains[arm]),
            ties=sum(gain == 0 for gain in gains[arm]),
            losses=sum(gain < 0 for gain in gains[arm]),
            p=p_values[arm],
            adjusted_p=adjusted[arm],
            median_difference=median(differences),
            **signed_rank_odds(
                gains[arm], rope, seed=child(seed, "suite", arm)
            )._asdict(),
        )
        for arm, differences in pairs.items()
    )


def _differences(rows: Sequence[values.TableRow], arm: str) -> list[float]:
    both = [(r.values.get(arm), r.values.get(CONTROL)) for r in rows]
    return [a - b for a, b in both if a is not None and b is not None]
