"""What the renderers read out of a result document, missing parts included."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from engine.errors import UsageError
from tui.console import figures

__all__ = [
    "ArmRow",
    "Document",
    "arm_rows",
    "chosen_policy",
    "folded",
    "labels",
    "name_of",
    "policies",
    "sample",
    "test_counts",
]

Document: TypeAlias = Mapping[str, Any]

_NUMBER = re.compile(r"[0-9][0-9,]*(?:\.[0-9]+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmRow:
    """One arm at one policy, as a board shows it; None is what is not known.

    Parameters
    ----------
    name, kind, status : str
        As in the document; the status is ``done``, ``failed`` or ``running``.
    tn, fp, fn, tp : int
        Counts of the test rows; all 0 without a result.
    recall, precision, average_precision, brier, threshold : float or None
    recall_ci : tuple of float or None
        95 % interval.
    trials : int
        Finished trials.
    best : float or None
        Score of the best trial.
    seconds : float
        Time spent on the arm.
    repairs, notes : tuple of str
        What was changed before it would fail, and what was noticed.
    error : tuple of str
        Message and remedy of a failed arm; empty otherwise.
    """

    name: str
    kind: str
    status: str
    tn: int = 0
    fp: int = 0
    fn: int = 0
    tp: int = 0
    recall: float | None = None
    recall_ci: tuple[float, float] | None = None
    precision: float | None = None
    average_precision: float | None = None
    brier: float | None = None
    threshold: float | None = None
    trials: int = 0
    best: float | None = None
    seconds: float = 0.0
    repairs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    error: tuple[str, ...] = ()

    @property
    def judged(self) -> bool:
        """Whether there are counts at this policy."""
        return self.tn + self.fp + self.fn + self.tp > 0


def arm_rows(document: Document, policy: str | None = None) -> list[ArmRow]:
    """Return the arms as a board orders them.

    Parameters
    ----------
    document : mapping
        A result document, finished or not.
    policy : str or None, default=None
        Operating point; the experiment's own when None.

    Returns
    -------
    list of ArmRow
        Those with a result by missed positives, then by false alarms, then in
        the experiment's order; then those still at work; the failed ones last.

    Raises
    ------
    UsageError
        If no arm has an operating point of that policy.
    """
    chosen = chosen_policy(document, policy)
    rows = [_row(arm, chosen) for arm in document.get("arms") or []]
    judged = [row for row in rows if row.judged]
    judged.sort(key=lambda row: (row.fn, row.fp))
    rest = [row for row in rows if not row.judged]
    return [*judged, *sorted(rest, key=lambda row: row.status == "failed")]


def _row(arm: Mapping[str, Any], policy: str) -> ArmRow:
    search = arm.get("search") or {}
    history = search.get("history") or []
    best = [t["score"] for t in history if t["trial"] == search.get("best_trial")]
    test = arm.get("test") or {}
    points = arm.get("operating_points") or []
    point = next((p for p in points if p["policy"] == policy), None) or {}
    counts = point.get("confusion") or {}
    metrics = point.get("metrics") or {}
    limits = metrics.get("recall_ci")
    error = arm.get("error") or {}
    return ArmRow(
        name=arm["name"],
        kind=arm["kind"],
        status=arm["status"],
        **{key: counts.get(key, 0) for key in ("tn", "fp", "fn", "tp")},
        recall=metrics.get("recall"),
        recall_ci=(limits[0], limits[1]) if limits else None,
        precision=metrics.get("precision"),
        average_precision=test.get("average_precision"),
        brier=test.get("brier"),
        threshold=point.get("threshold"),
        trials=search.get("trials") or 0,
        best=best[0] if best else None,
        seconds=sum((arm.get("seconds") or {}).values()),
        repairs=tuple(arm.get("repairs") or ()),
        notes=tuple(arm.get("notes") or ()),
        error=tuple(str(error[key]) for key in ("message", "remedy") if error.get(key)),
    )


def policies(document: Document) -> list[str]:
    """Return the policies that some arm was judged at, in the order shown."""
    arms = document.get("arms") or []
    points = (p for arm in arms for p in arm.get("operating_points") or [])
    return list(dict.fromkeys(point["policy"] for point in points))


def chosen_policy(document: Document, policy: str | None = None) -> str:
    """Return the policy asked for, or else the experiment's own.

    Raises
    ------
    UsageError
        If arms were judged, but none at the policy asked for.
    """
    known = policies(document)
    if policy is None:
        return str(_decision(document).get("policy", "default"))
    if known and policy not in known:
        raise UsageError(
            f"the run has no policy {policy!r}", f"choose one of: {', '.join(known)}"
        )
    return policy


def name_of(document: Document, policy: str) -> str:
    """Return a policy as a board heads it, with the experiment's costs."""
    decision = _decision(document)
    return figures.policy_name(
        policy,
        cost_fn=decision.get("cost_fn", 10.0),
        cost_fp=decision.get("cost_fp", 1.0),
    )


def _decision(document: Document) -> Mapping[str, Any]:
    decision: Mapping[str, Any] = (document.get("experiment") or {}).get(
        "decision"
    ) or {}
    return decision


def labels(document: Document) -> tuple[str, str]:
    """Return the negative and the positive label."""
    positive = str((document.get("dataset") or {}).get("positive", "positive"))
    counted = (document.get("split") or {}).get("test") or {}
    negative = next((str(label) for label in counted if label != positive), "negative")
    return negative, positive


def test_counts(document: Document) -> tuple[int, int] | None:
    """Return the positives among the test rows, and all test rows, if known."""
    counted = (document.get("split") or {}).get("test")
    if not counted:
        return None
    return counted.get(labels(document)[1], 0), sum(counted.values())


def sample(document: Document) -> str:
    """Return of how many rows the table is a sample; nothing if it is whole.

    Examples
    --------
    >>> sample({"dataset": {"sampled": {"rows": 100_000, "of": 12_000_000}}})
    'sample 100,000 of 12,000,000 rows'
    >>> sample({"dataset": {"sampled": None}})
    ''
    """
    found = (document.get("dataset") or {}).get("sampled")
    return f"sample {found['rows']:,} of {found['of']:,} rows" if found else ""


def folded(texts: Iterable[str]) -> list[str]:
    """Put texts that differ in their numbers only into one, with ranges.

    Examples
    --------
    >>> folded(["k 5 → 3: only 4 rows", "k 5 → 2: only 3 rows", "m → 9"])
    ['k 5 → 2–3: only 3–4 rows', 'm → 9']
    """
    variants: dict[tuple[str, ...], list[list[str]]] = {}
    for text in texts:
        words = tuple(_NUMBER.split(text))
        variants.setdefault(words, []).append(_NUMBER.findall(text))
    return [_joined(words, found) for words, found in variants.items()]


def _joined(words: tuple[str, ...], found: list[list[str]]) -> str:
    joined = words[0]
    for numbers, word in zip(zip(*found, strict=True), words[1:], strict=True):
        ends = sorted(set(numbers), key=lambda n: (float(n.replace(",", "")), n))
        joined += ends[0] if len(ends) == 1 else f"{ends[0]}–{ends[-1]}"
        joined += word
    return joined
