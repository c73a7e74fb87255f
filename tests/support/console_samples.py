"""A run in events with known numbers, from which documents and states are built."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

import pytest

from engine.core import Result, build_result
from engine.core.errors import SpecError
from engine.core.events import (
    Advice,
    ArmEvaluated,
    ArmFailed,
    Compared,
    DatasetInfo,
    Event,
    FoldPrepared,
    Progress,
    Proof,
    RunFinished,
    RunStarted,
    SplitInfo,
    TrialFinished,
    Warned,
    Work,
)
from engine.core.experiment import DataSpec, DecisionSpec, Experiment, SearchSpec
from engine.core.methods.grammar import Arm, Step
from engine.core.outcome import Confusion, OperatingPoint, Remark, Verdict
from engine.core.state import State, reduce

POSITIVES, NEGATIVES = 161, 8519

# The article's numbers at 0.5; the rest is made up. (missed, false alarms)
COUNTS = {
    "untreated": {"fixed": (161, 0), "cost": (125, 305)},
    "smote": {"fixed": (81, 1320), "cost": (130, 323)},
    "smote-enn": {"fixed": (63, 1710), "cost": (125, 307)},
    "kmeans-smote": {"fixed": (122, 700), "cost": (132, 203)},
}

HOSTILE = {
    "colours": "\x1b[31mred\x1b[0m",
    "clipboard": "\x1b]52;c;cm0gLXJmIH4=\x07",
    "c1": "\x9b2J",
    "blanks": "tab\there\nand\r\x0bthere",
    "del": "del\x7f",
    "bidi": "abc\u202edcba\u2066x\u2069",
    "zero width": "zero\u200bwidth\u200d\ufeff\u2060",
    "separators": "line\u2028para\u2029",
    "surrogate": "surro\udcffgate",
    "tag": "tag\U000e0041",
    "variation": "heart\u2764\ufe0f",
    "pile": "z" + "\u0301" * 40,
    "first mark": "\u0301first",
    "wide": "漢字" * 10,
    "markup": "[/x][ @click=app.quit]",
    "long": "x" * 10_000,
    "many escapes": "\x1b" * 3_000,
    "empty": "",
}
hostile = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)


def point(at: str, missed: int, alarms: int) -> OperatingPoint:
    found = POSITIVES - missed
    called = found + alarms
    return OperatingPoint(
        name=at,
        threshold=0.5 if at == "fixed" else 0.0892,
        confusion=Confusion(tn=NEGATIVES - alarms, fp=alarms, fn=missed, tp=found),
        metrics={
            "recall": found / POSITIVES,
            "recall_ci": (
                max(0.0, found / POSITIVES - 0.07),
                min(1.0, found / POSITIVES + 0.07),
            ),
            "precision": found / called if called else None,
        },
    )


def trial(arm: str, number: int, score: float, seconds: float = 2.0) -> TrialFinished:
    return TrialFinished(
        arm=arm,
        number=number,
        params={"max_depth": 3},
        rounds=60,
        score=score,
        folds={"average_precision": (score,)},
        work=Work(trials=1, boosting_rounds=600),
        seconds=seconds,
    )


def named(name: str) -> Arm:
    """The method of that name, or an arm that is called so."""
    try:
        return Arm(name=name)
    except SpecError:
        return Arm(name=name, steps=(Step(sampler="smote"),))


def started(
    *,
    name: str = "stroke.csv",
    target: str = "stroke",
    labels: tuple[str, str] = ("0", "1"),
    arms: Iterable[str] = COUNTS,
    at: str = "fixed",
    cost_fn: float | None = 10.0,
    trials: int = 2,
    time_limit: float | None = None,
    advice: tuple[Advice, ...] = (),
) -> RunStarted:
    negative, positive = labels
    return RunStarted(
        experiment=Experiment(
            data=DataSpec(source=name, target=target),
            arms=tuple(map(named, arms)),
            search=SearchSpec(trials=trials, folds=2, time_limit=time_limit),
            decision=DecisionSpec(at=at, cost_fn=cost_fn),
        ),
        dataset=DatasetInfo(
            name=name,
            rows=43_400,
            columns=12,
            target=target,
            positive=positive,
            classes={negative: 42_617, positive: 783},
            roles={target: "target"},
            advice=advice,
        ),
        split=SplitInfo(
            train={negative: 34_098, positive: 622},
            test={negative: NEGATIVES, positive: POSITIVES},
            test_fingerprint="ff6cfe5bd165d9e2" * 4,
        ),
        versions={},
    )


def prepared(
    arm: str, fold: int, *, repairs: tuple[str, ...] = (), positive: str = "1"
) -> FoldPrepared:
    return FoldPrepared(
        arm=arm,
        fold=fold,
        before={"0": 17_049, positive: 311},
        after={"0": 17_049, positive: 17_049},
        synthetic=16_738,
        repairs=repairs,
        seconds=1.0,
    )


def evaluated(arm: str, counts: dict[str, tuple[int, int]]) -> ArmEvaluated:
    return ArmEvaluated(
        arm=arm,
        operating_points=tuple(point(p, *pair) for p, pair in counts.items()),
        test={"average_precision": 0.0664, "brier": 0.1109},
        fit_seconds=1.0,
    )


def compared(said: str = "Chance alone could explain it.") -> Compared:
    print_ = "ff6cfe5bd165d9e2" * 4
    return Compared(
        comparison=(),
        verdict=Verdict(
            code="VRD002",
            headline=said,
            recommendation="Do not resample: move the threshold of `untreated`.",
            reasons=(Remark("VRD112", "It costs less."),),
            doubts=(Remark("VRD201", "Few positives."),),
        ),
        proof=Proof(
            test_fingerprint_before=print_,
            test_fingerprint_after=print_,
            test_counts_unchanged=True,
            synthetic_rows_in_validation=0,
            validation_rows_equal_across_arms=True,
        ),
    )


def events(
    counts: dict[str, dict[str, tuple[int, int]]] | None = None,
    **about: Any,
) -> list[Event]:
    """A whole run: every arm prepared, tried, evaluated, compared."""
    counts = COUNTS if counts is None else counts
    positive = about.get("labels", ("0", "1"))[1]
    out: list[Event] = [started(arms=counts, **about)]
    for arm, points in counts.items():
        for fold in (0, 1, -1):
            repairs = (
                f"k_neighbors 5 → {fold + 2}: only {fold + 3} minority rows",
            ) * (arm == "kmeans-smote" and fold >= 0)
            out.append(prepared(arm, fold, repairs=repairs, positive=positive))
        out += [trial(arm, 0, 0.05), trial(arm, 1, 0.06), evaluated(arm, points)]
    out += [compared(), RunFinished(status="done", seconds=192.0)]
    return out


def failed(arm: str, message: str = "no room", fix: str = "use none") -> ArmFailed:
    return ArmFailed(arm=arm, code="arm", message=message, fix=fix)


def state_of(some: Iterable[Event]) -> State:
    state = State()
    for event in some:
        state = reduce(state, event)
    return state


def document(some: Iterable[Event] | None = None, **about: Any) -> Result:
    """The result of a run."""
    state = state_of(events(**about) if some is None else some)
    return build_result(state, run="20261124-7f")


def hostile_document(text: str) -> Result:
    """The result of such a run."""
    return document(hostile_events(text))


def hostile_events(text: str) -> list[Event]:
    """A run in which every text that others wrote is this one."""
    a, b, c = f"a{text}", f"b{text}", f"c{text}"
    counts = {a: COUNTS["untreated"], b: COUNTS["smote"], c: COUNTS["smote-enn"]}
    out = events(
        counts,
        name=text,
        target=text,
        labels=(f"n{text}", f"p{text}"),
        advice=(Advice(code=text, message=text, fix=text, column=text),),
    )
    last = out[0]
    assert isinstance(last, RunStarted)
    return [
        *(e for e in out[:-2] if not isinstance(e, ArmEvaluated) or e.arm != c),
        prepared(a, 5, repairs=(text,)),
        failed(c, text, text),
        Warned(message=text, arm=a),
        Progress(arm=b, stage="tune", done=1, total=2),
        compared(text),
        RunFinished(
            status="cancelled",
            seconds=3.0,
            error={"code": "cancelled", "message": text, "fix": text},
        ),
    ]


_SGR = re.compile(r"\x1b\[[0-9;]*m")


def without_looks(text: str) -> str:
    return _SGR.sub("", text)


def harmful(text: str) -> list[str]:
    """The characters of shown text that could drive or deceive a terminal."""
    return [
        char
        for char in text
        if unicodedata.category(char)[0] == "C"
        or unicodedata.category(char) in ("Zl", "Zp")
        or char in "\ufe0f\u034f\u2800\u3164"
    ]
