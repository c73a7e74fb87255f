"""`imbtui bench`: the same experiment over many tables, one stored run each."""

from __future__ import annotations

import argparse
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from engine import client
from engine.data.source import check as check_source
from engine.errors import (
    DataError,
    EngineError,
    SpecError,
    StoreError,
    UsageError,
)
from engine.spec import DataSpec, Experiment
from engine.state import reduce
from engine.store.store import Run, RunOptions, Store
from engine.suite.aggregate import aggregate, described, row
from engine.suite.members import Member, members
from engine.suite.stored import taken
from engine.suite.values import Metric, TableRow, metric
from tui.cli.follow import (
    History,
    cancelled,
    display,
    refusal,
    replayed,
    started,
    uninterrupted,
)
from tui.cli.output import answer, open_store, say
from tui.cli.run import experiment, how
from tui.console.bench import render


class _Plan(NamedTuple):
    """What is done to every table."""

    experiment: Experiment
    options: RunOptions
    metric: Metric
    quiet: bool

    @property
    def arms(self) -> tuple[str, ...]:
        return tuple(arm.name for arm in self.experiment.arms)


def bench(args: argparse.Namespace) -> int:
    """Run what is not run yet, table by table, and print what all say together."""
    plan = _plan(args)
    found = members(args.tables)
    # All of them before any work: one may be refused.
    tables = [(one, replace(plan.experiment, data=one.data)) for one in found]
    rows: list[TableRow] = []
    seconds = 0.0
    with open_store(args.store) as store:
        for number, (member, wanted) in enumerate(tables, 1):
            if not plan.quiet:
                say(f"table {number} of {len(found)}: {member.name}")
            try:
                one, spent = _Table(store, member, wanted, plan).done()
            except KeyboardInterrupt:
                say(
                    f"{number - 1} of {len(found)} tables are done; the same command "
                    "goes on"
                )
                return 130
            rows.append(one)
            seconds += spent
    suite = aggregate(
        rows,
        arms=plan.arms,
        name=plan.metric.name,
        rope=args.rope,
        seed=plan.experiment.seed,
        bench=described(plan.experiment, args.tables),
        seconds=round(seconds, 3),
    )
    plain = msgspec.to_builtins(suite)
    answer(plain, json=args.json, render=partial(render, suite))
    return 0 if suite.mean_ranks or suite.against_control else 1


def _plan(args: argparse.Namespace) -> _Plan:
    """Return what the arguments say of every table, as `imbtui run` reads them."""
    chosen = metric(args.metric)
    if args.rope is not None and args.rope < 0:
        raise SpecError(f"--rope is {args.rope:g}", "give 0 or more")
    options = how(args, RunOptions())
    made = experiment(argparse.Namespace(**{**vars(args), "data": "a table"}))
    if len(made.arms) < 2:
        raise SpecError(
            "there is only one arm, which is compared with nothing",
            "name more: --arms none,weights,smote",
        )
    return _Plan(replace(made, data=DataSpec(source="")), options, chosen, args.quiet)


@dataclass(slots=True)
class _Table:
    """One table on its way to a row of the whole."""

    store: Store
    member: Member
    wanted: Experiment
    plan: _Plan
    run: Run | None = None

    def done(self) -> tuple[TableRow, float]:
        """Return the table's row and its seconds, after a run if there is none to take.

        Raises
        ------
        KeyboardInterrupt
            After the run at work was asked to end.
        """
        try:
            with uninterrupted():
                history = self._begin()
            assert self.run is not None
            if not self.run.ended or history is not None:
                self._follow(history or ())
        except DataError as error:
            return self._refused(error), 0.0
        except KeyboardInterrupt:
            if self.run is not None:
                cancelled(self.store, self.run.id)
            raise
        return self._outcome()

    def _begin(self) -> History | None:
        """Find the table's run or start one; return the events it had, None if done."""
        store = self.store
        run = self.run = taken(store.runs(), self.wanted)
        if run is None:
            try:
                check_source(self.member.data.source)
            except UsageError as error:
                raise DataError(error.message, error.remedy) from None
            self.run = started(store, self.wanted, self.plan.options)
            return ()
        if run.status == "done":
            self._say(f"run {run.id} is done already")
            return None
        history = store.events(run.id)
        if run.ended:
            with suppress(StoreError):  # somebody else may have resumed it just now
                client.resume(store, run)
            how = "had failed" if run.status == "failed" else f"was {run.status}"
            self._say(f"run {run.id} {how} and goes on")
            self.run = store.run(run.id)
        return history

    def _follow(self, history: History) -> None:
        assert self.run is not None
        state, after = replayed(history)
        with display(self.run, state, quiet=self.plan.quiet) as show:
            for news in client.follow(self.store, self.run.id, after=after):
                show.event(state, news)
                if news is not None:
                    state = reduce(state, news)

    def _outcome(self) -> tuple[TableRow, float]:
        """Return what the run came to; one that could not begin is not kept."""
        assert self.run is not None
        run = self.store.run(self.run.id)
        state = self.store.state(run.id)
        if state.experiment is None and run.status == "failed":
            why = refusal(self.store, run, state.error or {})
            return self._refused(why), 0.0
        found = row(
            state,
            self.plan.arms,
            self.member.name,
            source=self.member.data.source,
            run=run.id,
            status=run.status,
            metric=self.plan.metric.name,
        )
        if found.error is not None:
            self._say(f"left out: {found.error}")
        return found, state.seconds

    def _refused(self, error: EngineError) -> TableRow:
        self._say(f"left out: {error}")
        return TableRow(
            name=self.member.name,
            source=self.member.data.source,
            status="refused",
            error=str(error),
        )

    def _say(self, text: str) -> None:
        if not self.plan.quiet:
            say(f"{self.member.name}: {text}")
