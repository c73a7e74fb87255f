"""`imbtui bench`: the same experiment over many tables, one stored run each."""

from __future__ import annotations

import argparse
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from msgspec.structs import replace

from engine.core.errors import DataError, EngineError, SpecError, StoreError, UsageError
from engine.core.experiment import DataSpec, Experiment, references
from engine.core.state import reduce
from engine.core.suite import METRICS, SuiteMetric, TableRow, metric
from engine.io.source import check as check_source
from engine.service import client
from engine.store.store import Run, RunOptions, Store
from engine.suite.aggregate import aggregate, describe_bench, table_row
from engine.suite.stored import Member, find_run, members
from tui.cli import follow
from tui.cli.declare import (
    BUDGET,
    CHOICES,
    EXPERIMENT,
    HOLD_OUT,
    JSON,
    PLACE,
    QUIET,
    SEARCH,
    STORE,
    TRIALS,
    Option,
    command,
    unset,
)
from tui.cli.output import answer, open_store
from tui.cli.run import experiment, run_options
from tui.cli.streams import say
from tui.text.comparisons import render_suite
from tui.text.grid import error_text


class _Plan(NamedTuple):
    """What is done to every table."""

    experiment: Experiment
    options: RunOptions
    metric: SuiteMetric
    quiet: bool

    @property
    def arms(self) -> tuple[str, ...]:
        return tuple(arm.name for arm in self.experiment.arms)

    def say(self, member: Member, text: str) -> None:
        """Report on a table, unless there is nothing."""
        if not self.quiet:
            say(f"{member.name}: {text}")


@command(
    "imbtui bench tables/ --methods untreated,weights,smote --trials 10",
    Option("tables DIR|LIST", "a folder of tables, or a .toml or .txt list of them"),
    *(STORE, JSON, QUIET),
    "aggregation",
    Option(
        "--metric NAME",
        f"{', '.join(METRICS)} (default: the first)",
        words=tuple(METRICS),
    ),
    Option("--rope X", "differences that count as equal (0.01; cost 1; brier 0.001)"),
    "experiment, the same for every table",
    *(*CHOICES, *SEARCH, *HOLD_OUT, *TRIALS, *BUDGET, *PLACE),
    **unset(EXPERIMENT) | {"metric": "average_precision", "executor": "local"},
)
def bench(args: argparse.Namespace) -> int:
    """Compare methods across many datasets, one run each."""
    plan = _plan(args)
    tables_of = members(args.tables)
    # All of them before any work: one may be refused.
    tables = [(row, replace(plan.experiment, data=row.data)) for row in tables_of]
    rows: list[TableRow] = []
    seconds = 0.0
    with open_store(args.store) as store:
        for number, (member, spec) in enumerate(tables, 1):
            if not plan.quiet:
                say(f"table {number} of {len(tables_of)}: {member.name}")
            try:
                row, spent = _run_table(store, member, spec, plan)
            except KeyboardInterrupt:
                done = f"{number - 1} of {len(tables_of)} tables are done"
                say(f"{done}; the same command continues")
                return 130
            rows.append(row)
            seconds += spent
    suite = aggregate(
        rows,
        arms=plan.arms,
        name=plan.metric.name,
        rope=args.rope,
        seed=plan.experiment.seed,
        bench=describe_bench(plan.experiment, args.tables),
        references=references(plan.experiment.arms),
        seconds=round(seconds, 3),
    )
    answer(suite, json=args.json, render=partial(render_suite, suite))
    return 0 if suite.mean_ranks or suite.against_control else 1


def _plan(args: argparse.Namespace) -> _Plan:
    """Return what the arguments say of every table, as `imbtui run` reads them."""
    chosen = metric(args.metric)
    if args.rope is not None and args.rope < 0:
        raise SpecError(f"--rope is {args.rope:g}", "give 0 or more")
    options = run_options(args, RunOptions())
    spec = experiment(argparse.Namespace(**{**vars(args), "data": "a table"}))
    if len(spec.arms) < 2:
        way = "name more: --methods untreated,weights,smote"
        raise SpecError("there is only one arm: nothing to compare", way)
    return _Plan(replace(spec, data=DataSpec(source="")), options, chosen, args.quiet)


def _run_table(
    store: Store, member: Member, spec: Experiment, plan: _Plan
) -> tuple[TableRow, float]:
    """Return a table's row and its seconds, after a run if there is none to take.

    Raises
    ------
    KeyboardInterrupt
        After the run at work was asked to end.
    """
    run: Run | None = None
    try:
        with follow.delay_interrupt():
            run, history = _begin(store, member, spec, plan)
        if not run.ended or history is not None:
            _follow(store, run, history or (), quiet=plan.quiet)
    except DataError as error:
        return _refused_row(error, member, plan), 0.0
    except KeyboardInterrupt:
        if run is not None:
            follow.cancel_run(store, run.id)
        raise
    run = store.run(run.id)
    state = store.state(run.id)
    if state.experiment is None and run.status == "failed":
        # One that could not begin is not kept.
        why = follow.start_error(store, run, state.error or {})
        return _refused_row(why, member, plan), 0.0
    row = table_row(
        state,
        plan.arms,
        member.name,
        source=member.data.source,
        run=run.id,
        status=run.status,
        metric=plan.metric.name,
    )
    if row.error is not None:
        plan.say(member, f"left out: {row.error}")
    return row, state.seconds


def _begin(
    store: Store, member: Member, spec: Experiment, plan: _Plan
) -> tuple[Run, follow.History | None]:
    """Find the table's run or start one; with the events it had, None if it is done."""
    run = find_run(store.runs(), spec)
    if run is None:
        try:
            check_source(member.data.source)
        except UsageError as error:
            raise DataError(error.message, error.fix, action=error.action) from None
        return follow.start_run(store, spec, plan.options), ()
    if run.status == "done":
        plan.say(member, f"{run.title} is done already")
        return run, None
    history = store.events(run.id)
    if run.ended:
        with suppress(StoreError):  # another process may have resumed it just now
            client.resume(store, run)
        how = "had failed" if run.status == "failed" else f"was {run.status}"
        plan.say(member, f"{run.title} {how} and is resumed")
        run = store.run(run.id)
    return run, history


def _follow(store: Store, run: Run, history: follow.History, *, quiet: bool) -> None:
    state, after = follow.replay(history)
    with follow.display(run, state, quiet=quiet) as show:
        for news in client.follow(store, run.id, after=after):
            show.event(state, news)
            if news is not None:
                state = reduce(state, news)


def _refused_row(error: EngineError, member: Member, plan: _Plan) -> TableRow:
    plan.say(member, f"left out: {error_text(error)}")
    return TableRow(
        name=member.name, source=member.data.source, status="refused", error=str(error)
    )
