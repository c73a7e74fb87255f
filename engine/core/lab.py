"""Messages between the app and its service child about methods: JSON."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from engine.core.events import Quality, Sampled
from engine.core.experiment import Experiment
from engine.core.messages import Answer, Request
from engine.core.methods.grammar import Arm

Cloud: TypeAlias = dict[str, tuple[tuple[float, ...], tuple[float, ...]]]
"""Points by class label: across and up."""


class Treat(Request, frozen=True, tag="treat"):
    """Ask what an arm does to the training rows of the loaded table.

    Parameters
    ----------
    arm : Arm
    axes : tuple of (str, str) or None
        Two number columns to draw; the first two principal components when None.
    column : str or None
        A column whose distribution is wanted before and after.
    points : int
        Most points of each kind.
    rows : int
        Most synthetic rows to list.
    patience : float
        Seconds that it may be estimated to take; else a sample of the rows is
        resampled, and marked as one.
    """

    arm: Arm
    axes: tuple[str, str] | None = None
    column: str | None = None
    points: int = 1_500
    rows: int = 200
    patience: float = 5.0


class SyntheticRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row that no file held, and the rows it was made from.

    `cells`, `first` and `second` are in the order of `TreatedRows.columns`; a parent
    is empty if there is none, or it is synthetic itself. `rows` are the parents'
    numbers in the table (from 1), `weight` how far from the first to the second it
    lies. It is `exact` if the sampler reported it, else the nearest one found.
    """

    method: str
    label: str
    cells: tuple[str | None, ...]
    first: tuple[str | None, ...] = ()
    second: tuple[str | None, ...] = ()
    rows: tuple[int | None, int | None] = (None, None)
    weight: float | None = None
    exact: bool = True


class TreatedRows(Answer, frozen=True, tag="treated"):
    """Training rows before and after an arm.

    `kept`, `made` and `dropped` are thinned points; `counts` of them are in `before`,
    `after`, `synthetic`, `removed` and `copies`. `bins_before` and `bins_after` are the
    asked column's counts by class, over `edges` or `levels`.
    """

    arm: Arm
    before: dict[str, int]
    after: dict[str, int]
    synthetic: dict[str, int] = {}
    removed: dict[str, int] = {}
    copies: int = 0
    sampled: Sampled | None = None
    repairs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    axes: tuple[str, str] = ("", "")
    choices: tuple[str, ...] = ()
    kept: Cloud = {}
    made: Cloud = {}
    dropped: Cloud = {}
    quality: Quality | None = None
    columns: tuple[str, ...] = ()
    lineage: tuple[SyntheticRow, ...] = ()
    column: str | None = None
    edges: tuple[float, ...] = ()
    levels: tuple[str, ...] = ()
    bins_before: dict[str, tuple[int, ...]] = {}
    bins_after: dict[str, tuple[int, ...]] = {}


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What will become of an arm, before it is run.

    `status` is ``runs``, ``repaired`` (`repairs` say what and why) or ``cannot``
    (`problem` says why, `fix` what would help, `field` by what). `seconds` and
    `bytes` are those of one treatment of all training rows on one core; `measured` if a
    part of the rows was treated to know, else by a law. `after` is what is expected,
    before a cleaning that follows if it is `open`.
    """

    arm: str
    status: Literal["runs", "repaired", "cannot"]
    repairs: tuple[str, ...] = ()
    problem: str = ""
    fix: str = ""
    field: str | None = None
    notes: tuple[str, ...] = ()
    before: dict[str, int] = {}
    after: dict[str, int] = {}
    open: bool = False
    seconds: float = 0.0
    bytes: int = 0
    measured: bool = False


class Preflight(Request, frozen=True, tag="judge"):
    """Ask what will become of arms on the loaded table's training rows."""

    arms: tuple[Arm, ...]
    folds: int = 5
    max_categories: int = 30


class PreflightReport(Answer, frozen=True, tag="judged"):
    """The findings, in the order of the arms asked for."""

    findings: tuple[Finding, ...]
    seconds: float = 0.0


class EstimateRun(Request, frozen=True, tag="estimate-run"):
    """Ask what a run of an experiment would take; nothing is run or stored."""

    experiment: Experiment


class RunEstimate(Answer, frozen=True, tag="run-estimated"):
    """What a run is expected to take, as it would say with its first line.

    `seconds` with all cores (`jobs`) and `bytes` at most; both None where nothing is
    told, and `why`. `refused` are arms that would not be run, and do not count.
    """

    seconds: float | None = None
    bytes: int | None = None
    jobs: int = 1
    refused: tuple[str, ...] = ()
    why: str = ""


class Balance(Request, frozen=True, tag="balance"):
    """Ask for the balanced training rows to be written to a file.

    With `split` the loaded table's hold-out is kept apart: train and test rows go to
    two files. Without, all rows of the table are treated as training rows.
    """

    arm: Arm
    path: str
    split: bool = False
    flag: str | None = None
    overwrite: bool = False


class Balanced(Answer, frozen=True, tag="balanced"):
    """The balanced table was written.

    `test_path` is None unless it was split. `counts` are rows by class.
    """

    path: str
    before: dict[str, int]
    after: dict[str, int]
    test_path: str | None = None
    synthetic: int = 0
    repairs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class LeakDemo(Request, frozen=True, tag="leak-demo"):
    """Ask for the wrong way beside the right one, on the loaded table."""

    arm: Arm
    seed: int = 42


class LeakScore(msgspec.Struct, frozen=True, kw_only=True):
    """What one way of doing it says of its model, at a threshold of 0.5.

    `way` is ``wrong`` (treated, then split: what it claims), ``delivered`` (the same
    model on rows that were set aside before) or ``right`` (split, then treated). Of
    the rows judged `synthetic` were in no file, and `copies` share a real row with the
    rows trained on: as a copy of it, or made from it.
    """

    way: Literal["wrong", "delivered", "right"]
    tn: int
    fp: int
    fn: int
    tp: int
    recall: float | None
    precision: float | None
    f1: float | None
    average_precision: float
    roc_auc: float
    synthetic: int = 0
    copies: int = 0


class LeakShown(Answer, frozen=True, tag="leak-shown"):
    """The scores of the three, on one table and with one model."""

    arm: Arm
    scores: tuple[LeakScore, ...]
    positive: str
    prevalence: float
    repairs: tuple[str, ...] = ()
    seconds: float = 0.0
