"""`imbtui bench`: the same experiment over many tables, one stored run each."""

from __future__ import annotations

import argparse
from contextlib import suppress
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
from tui.cli.opening import open_store
from tui.cli.output import answer, say
from tui.cli.run import experiment, how
from tui.console.bench import render
from tui.safe_text import clean

__all__ = ["bench"]


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
    experiments = [replace(plan.experiment, data=one.data) for one in found]
    rows: list[TableRow] = []
    seconds = 0.0
    with open_store(args.store) as store:
        for number, (member, wanted) in enumerate(
            zip(found, experiments, strict=True), 1
        ):
            if not plan.quiet:
                say(clean(f"table {number} of {len(found)}: {member.name}"))
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
    """Return what the arguments say of every table.

    Raises
    ------
    EngineError
        If it cannot be so, before any work.
    """
    chosen = metric(args.metric)
    if args.rope is not None and args.rope < 0:
        raise SpecError(f"--rope is {args.rope:g}", "give 0 or more")
    return _Plan(_experiment(args), how(args, RunOptions()), chosen, args.quiet)


def _experiment(args: argparse.Namespace) -> Experiment:
    """Return the experiment as `imbtui run` makes it, of no table yet."""
    made = experiment(argparse.Namespace(**{**vars(args), "data": "a table"}))
    if len(made.arms) < 2:
        raise SpecError(
            "there is only one arm, which is compared with nothing",
            "name more: --arms none,weights,smote",
        )
    return replace(made, data=DataSpec(source=""))


class _Table:
    """One table on its way to a row of the whole."""

    def __init__(
        self, store: Store, member: Member, experiment: Experiment, plan: _Plan
    ) -> None:
        self._store = store
        self._member = member
        self._experiment = experiment
        self._plan = plan
        self._run: Run | None = None

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
            assert self._run is not None
            if not self._run.ended or history is not None:
                self._follow(history or ())
        except DataError as error:
            return self._refused(error), 0.0
        except KeyboardInterrupt:
            if self._run is not None:
                cancelled(self._store, self._run.id)
            raise
        return self._outcome()

    def _begin(self) -> History | None:
        """Find the table's run or start one; return the events it had, None if done."""
        store = self._store
        run = self._run = taken(store.runs(), self._experiment)
        if run is None:
            self._check()
            self._run = started(store, self._experiment, self._plan.options)
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
            self._run = store.run(run.id)
        return history

    def _check(self) -> None:
        """Refuse a table that is not there, before a run is made for it."""
        try:
            check_source(self._member.data.source)
        except UsageError as error:
            raise DataError(error.message, error.remedy) from None

    def _follow(self, history: History) -> None:
        assert self._run is not None
        state, after = replayed(history)
        with display(self._run, state, quiet=self._plan.quiet) as show:
            for news in client.follow(self._store, self._run.id, after=after):
                show.event(state, news)
                if news is not None:
                    state = reduce(state, news)

    def _outcome(self) -> tuple[TableRow, float]:
        """Return what the run came to; one that could not begin is not kept."""
        assert self._run is not None
        run = self._store.run(self._run.id)
        state = self._store.state(run.id)
        if state.experiment is None and run.status == "failed":
            why = refusal(self._store, run, state.error or {})
            return self._refused(why), 0.0
        found = row(
            state,
            self._plan.arms,
            self._member.name,
            source=self._member.data.source,
            run=run.id,
            status=run.status,
            metric=self._plan.metric.name,
        )
        if found.error is not None:
            self._say(f"left out: {found.error}")
        return found, state.seconds

    def _refused(self, error: EngineError) -> TableRow:
        self._say(f"left out: {error}")
        return TableRow(
            name=self._member.name,
            source=self._member.data.source,
            status="refused",
            error=str(error),
        )

    def _say(self, text: str) -> None:
        if not self._plan.quiet:
            say(clean(f"{self._member.name}: {text}"))
