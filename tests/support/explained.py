"""Stored runs whose mistakes are looked at, and how a desk is asked about them."""

from __future__ import annotations

from pathlib import Path

import msgspec

from engine.core import explain
from engine.core.execution import CancelToken
from engine.core.experiment import Experiment
from engine.service import ExplainHandler, execute
from engine.store import RunOptions, open_store
from tests.support.finished import ENSEMBLE as ENSEMBLE
from tests.support.finished import Finished, two_classes


def run_once(_folder: Path | None = None) -> Finished:
    """The run of two classes that all tests share; nobody changes its files."""
    return two_classes()


def execute_here(store_path: Path, experiment: Experiment) -> tuple[str, str]:
    """Execute an experiment in this process; return the store's file and the id."""
    with open_store(store_path) as store:
        options = RunOptions(executor="inline", cache=False)
        run = store.create(experiment, options)
        assert execute(store, run, CancelToken()) == "done"
    return str(store_path), run.id


def ask(desk: ExplainHandler, where: tuple[str, ...], kind: type, /, **wish):
    """Ask a desk something about a run."""
    store, run = where[:2]
    return desk.answer(kind(id=7, store=store, run=run, **wish))


def plain(struct: msgspec.Struct) -> dict:
    """Return a message as plain values."""
    return msgspec.to_builtins(struct)


rows, groups = explain.ErrorRows, explain.ErrorGroups
worth, parts = explain.Importance, explain.Contributions
