"""The result document: a run as plain JSON values, ready to print or store."""

from __future__ import annotations

from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any, Final

import msgspec

from engine._version import __version__
from engine.events import ArmEvaluated
from engine.outcome import Scored, Verdict
from engine.state import ArmState, State

if TYPE_CHECKING:
    from engine.client.messages import TableInfo
    from engine.store.record import Run


_TABLE: Final = (
    *("name", "rows", "columns", "target", "positive", "classes", "ratio"),
    *("train", "test", "recall_half_width", "duplicate_rows", "contradictory_rows"),
    *("reader", "sampled", "advice", "muted", "problem", "seconds"),
)
_ADVICE: Final = ("code", "column", "message", "cause", "fix", "change")
"""What is told of a table and of advice, in the order that a user would tell it."""


def build(state: State, *, run: str, status: str | None = None) -> dict[str, Any]:
    """Return the result document of a run.

    Parameters
    ----------
    state : State
        The run's events, reduced.
    run : str
        The run's id.
    status : str or None, default=None
        What the store says; the state's own status when None.

    Returns
    -------
    dict
        Only JSON types; a value that is undefined (a precision where nothing was
        called positive) is None. Lists of arms keep the experiment's order.
    """
    compared = state.compared
    dataset = msgspec.to_builtins(state.dataset) if state.dataset else None
    document = {
        "imbtui": __version__,
        "run": run,
        "status": status or state.status,
        "error": state.error,
        "experiment": msgspec.to_builtins(state.experiment),
        "costs": msgspec.to_builtins(state.costs),
        "dataset": dataset,
        "split": msgspec.to_builtins(state.split) if state.split else None,
        "arms": [_arm(arm) for arm in state.arms],
        **{
            name: msgspec.to_builtins(getattr(compared, name)) if compared else []
            for name in ("comparison", "folds", "cost_winners", "detectable")
        },
        "matched": [
            {"arm": arm, "control": "untreated", **msgspec.to_builtins(point)}
            for arm, point in sorted(compared.matched.items())
        ]
        if compared
        else [],
        "skill": msgspec.to_builtins(compared.skill) if compared else None,
        "verdict": _verdict(compared.verdict) if compared else None,
        "proof": msgspec.to_builtins(compared.proof) if compared else None,
        "warnings": _ordered(state),
        "work": msgspec.to_builtins(state.work),
        "seconds": round(state.seconds, 3),
        "versions": state.versions,
    }
    # Through JSON once: tuples become lists, so that it equals what is printed.
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(document))
    return plain


def of_run(state: State, run: Run, *, name: str | None = None) -> dict[str, Any]:
    """Return the result document of a stored run, with its note and tags.

    Parameters
    ----------
    state : State
    run : Run
    name : str or None, default=None
        Stands for the run's id.

    Returns
    -------
    dict
        As of `build`. `status` is ``running``, also before the first event, ``done``,
        ``failed``, ``cancelled``, or ``interrupted``: its process is gone.
    """
    status = "running" if run.status == "queued" else run.status
    found = build(state, run=name or run.id, status=status)
    if found["experiment"] is None:
        found["experiment"] = msgspec.to_builtins(run.experiment)
    return found | {"note": run.note, "tags": list(run.tags)}


def of_table(info: TableInfo, *, seconds: float) -> dict[str, Any]:
    """Return the profile document of a table.

    Parameters
    ----------
    info : TableInfo
        What the service says of it.
    seconds : float
        What reading and measuring took.

    Returns
    -------
    dict
        Of JSON values. Without a target ``target`` is None and ``classes`` empty;
        with more than two classes and no positive one ``positive`` is None and
        ``classes`` holds all of them.

    Examples
    --------
    >>> from engine.client.messages import TableInfo
    >>> info = TableInfo(source="t.csv", name="t.csv", bytes=9, rows=2, columns=())
    >>> document = of_table(info, seconds=0.1)
    >>> document["rows"], document["target"], document["ratio"], document["sampled"]
    (2, None, None, False)
    """
    # Through JSON once, as above.
    plain = msgspec.json.decode(msgspec.json.encode(info))
    plain |= {
        "advice": [{name: one[name] for name in _ADVICE} for one in plain["advice"]],
        "sampled": plain["sampled"] or False,
        "ratio": _ratio(info),
        "seconds": round(seconds, 3),
    }
    return {name: plain[name] for name in _TABLE}


def _ratio(info: TableInfo) -> float | None:
    """Return negatives per positive; of more than two classes, most per fewest."""
    counts = info.classes
    if len(counts) < 2 or not all(counts.values()):
        return None
    if info.positive is not None:
        few = counts[info.positive]
        return round((sum(counts.values()) - few) / few, 4)
    return round(max(counts.values()) / min(counts.values()), 4)


def _verdict(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict; the counts of its choice have one name for any classes."""
    plain: dict[str, Any] = msgspec.to_builtins(verdict)
    if plain["choice"] is not None:
        several = plain["choice"].pop("class_confusion")
        if several is not None:
            plain["choice"]["confusion"] = several
    return plain


def _ordered(state: State) -> list[str]:
    """Return what was warned of: of the run, then of each arm, whichever came first."""
    names = [arm.name for arm in state.arms]

    def place(said: str) -> tuple[int, str]:
        of = [n for n, name in enumerate(names) if said.startswith(f"{name}: ")]
        return (of[0] + 1, said) if of else (0, "")

    return sorted(state.warnings, key=place)


def _arm(arm: ArmState) -> dict[str, Any]:
    final, best, evaluated = arm.final, arm.best, arm.evaluated
    failed = arm.failed
    status = "done" if evaluated else "failed" if failed else "running"
    return {
        "name": arm.name,
        "kind": arm.kind,
        "status": status,
        "error": failed and {n: getattr(failed, n) for n in ("code", "message", "fix")},
        "repairs": list(arm.repairs),
        "notes": list(arm.notes),
        "train_before": final.before if final else None,
        "train_after": final.after if final else None,
        "synthetic_rows": final.synthetic if final else None,
        "quality": msgspec.to_builtins(final.quality) if final else None,
        "folds": [
            {"fold": p.fold, "before": p.before, "after": p.after}
            for p in sorted(arm.chosen, key=lambda p: p.fold)
            if p.fold >= 0
        ],
        "search": {
            "trials": len(arm.trials),
            "pruned": sum(t.pruned and not t.failed for t in arm.trials),
            "best_trial": best.number if best else None,
            "failed": sum(bool(t.failed) for t in arm.trials),
            "best_params": best.params if best else None,
            "method_settings": _settings(arm),
            "rounds": best.rounds if best else None,
            "history": [
                {
                    "trial": t.number,
                    "score": t.score,
                    "rounds": t.rounds,
                    "pruned": t.pruned,
                    **({"failed": t.failed} if t.failed else {}),
                }
                for t in arm.trials
            ],
        },
        "cv": {name: _spread(values) for name, values in best.folds.items()}
        if best
        else {},
        **_judged(evaluated),
        "seconds": {
            "prepare": round(sum(p.seconds for p in arm.prepared), 3),
            "tune": round(sum(t.seconds for t in arm.trials), 3),
            "fit": round(evaluated.fit_seconds, 3) if evaluated else 0.0,
            "evaluate": round(evaluated.evaluate_seconds, 3) if evaluated else 0.0,
        },
    }


def _judged(evaluated: ArmEvaluated | None) -> dict[str, Any]:
    """Return what the test rows said; of more than two classes by class as well."""
    if evaluated is None:
        return {"operating_points": [], "test": None}
    found = {name: getattr(evaluated, name) for name in Scored.__struct_fields__}
    if evaluated.class_points:
        found["operating_points"] = [
            {"threshold": None, **msgspec.to_builtins(point)}
            for point in evaluated.class_points
        ]
        found["classes"] = evaluated.classes
    plain = {name: msgspec.to_builtins(value) for name, value in found.items()}
    for one in (plain, *plain.get("classes", {}).values()):
        one["operating_points"] = [
            {k: v for k, v in point.items() if v or k not in ("note", "delivered")}
            for point in one["operating_points"]
        ]
    return plain


def _settings(arm: ArmState) -> int:
    """Count the settings of the samplers that trials chose."""
    names = {name for prepared in arm.prepared for name in prepared.setting}
    chosen = {tuple((n, t.params.get(n)) for n in sorted(names)) for t in arm.trials}
    return len(chosen) if names else 1


def _spread(values: tuple[float, ...]) -> dict[str, Any]:
    return {
        "mean": fmean(values),
        "std": stdev(values) if len(values) > 1 else 0.0,
        "folds": list(values),
    }
