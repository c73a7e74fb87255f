"""What the renderers read out of a result document, missing parts included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from engine.costs import read_costs
from engine.errors import UsageError
from engine.format import folded
from tui.console import figures

__all__ = [
    "ArmRow",
    "Document",
    "arm_rows",
    "chosen_policy",
    "classes",
    "costs",
    "focus",
    "folded",
    "labels",
    "name_of",
    "policies",
    "sample",
    "short_name_of",
    "test_counts",
    "unseen",
]

Document: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmRow:
    """One arm at one policy, as a board shows it; None is what is not known.

    Parameters
    ----------
    name, status : str
        As in the document; the status is ``done``, ``failed`` or ``running``.
    tn, fp, fn, tp : int
        Counts of the test rows; all 0 without a result. Of more than two classes
        those of the rarest against all others.
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
    note : str
        What is to be known of the threshold.
    error : tuple of str
        Message and remedy of a failed arm; empty otherwise.
    matrix : dict of str to dict of str to int
        Of more than two classes: rows by what they are, then by what the arm said.
    class_recall, weights : dict of str to float or None
        Of more than two classes: what is found of each, and its weight.
    macro_recall, macro_f1 : float or None
        Their means over more than two classes.
    """

    name: str
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
    note: str = ""
    error: tuple[str, ...] = ()
    matrix: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    class_recall: Mapping[str, float | None] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)
    macro_recall: float | None = None
    macro_f1: float | None = None

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
        the experiment's order; then those still at work; the failed ones last. Of
        more than two classes by missed rows of the rarest, then by macro recall.

    Raises
    ------
    UsageError
        If no arm has an operating point of that policy.
    """
    chosen = chosen_policy(document, policy)
    rarest = focus(document)
    rows = [_row(arm, chosen, rarest) for arm in document.get("arms") or []]
    judged = [row for row in rows if row.judged]
    judged.sort(
        key=lambda row: (row.fn, -(row.macro_recall or 0.0) if row.matrix else row.fp)
    )
    rest = [row for row in rows if not row.judged]
    return [*judged, *sorted(rest, key=lambda row: row.status == "failed")]


def _row(arm: Mapping[str, Any], policy: str, rarest: str | None) -> ArmRow:
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
    row = ArmRow(
        name=arm["name"],
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
        note=str(point.get("note") or ""),
        error=tuple(str(error[key]) for key in ("message", "remedy") if error.get(key)),
    )
    return _of_classes(row, point, rarest) if rarest is not None and point else row


def _of_classes(row: ArmRow, point: Mapping[str, Any], rarest: str) -> ArmRow:
    """Add what is known of more than two classes, of the rarest above all."""
    counts, metrics = point["confusion"], point["metrics"]
    labels, table = counts["labels"], counts["matrix"]
    place = labels.index(rarest) if rarest in labels else 0
    found, truth = table[place][place], sum(table[place])
    said = sum(line[place] for line in table)
    limits = (point.get("recall_ci") or {}).get(rarest)
    return replace(
        row,
        tp=found,
        fn=truth - found,
        fp=said - found,
        tn=sum(map(sum, table)) - truth - said + found,
        recall=point["recall"].get(rarest),
        recall_ci=(limits[0], limits[1]) if limits else None,
        precision=point["precision"].get(rarest),
        matrix={
            label: dict(zip(labels, line, strict=True))
            for label, line in zip(labels, table, strict=True)
        },
        class_recall=point["recall"],
        weights=point["weights"],
        macro_recall=metrics.get("macro_recall"),
        macro_f1=metrics.get("macro_f1"),
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
        own = str(_decision(document).get("policy", "recommended"))
        # Of more than two classes some are about one class against the rest only.
        return own if own in known or not known else known[0]
    if known and policy not in known:
        raise UsageError(
            f"the run has no policy {policy!r}", f"choose one of: {', '.join(known)}"
        )
    return policy


def name_of(
    document: Document,
    policy: str,
    *,
    klass: str | None = None,
    aimed: bool = True,
) -> str:
    """Return an operating point as a board heads it, with the costs of the run.

    It is about one class against the rest if that is named, else about all. What the
    recommended one follows is named with it if `aimed`.
    """
    meant = _meant(document, klass)
    return figures.policy_name(
        policy,
        **meant | {"several": klass is None and meant["several"]},
        aim=_aim(document) if aimed else "",
    )


def short_name_of(document: Document, policy: str) -> str:
    """Return a policy as `name_of`, where there is little room."""
    return figures.policy_short(policy, **_meant(document))


def _meant(document: Document, klass: str | None = None) -> dict[str, Any]:
    """Return the costs that are meant, and whether there are several classes."""
    given = costs(document, klass)
    return {
        "cost_fn": given["cost_fn"] - given["cost_tp"],
        "cost_fp": given["cost_fp"] - given["cost_tn"],
        "several": bool(classes(document)),
    }


def _aim(document: Document) -> str:
    """Return the operating point that the recommended one follows."""
    decision = _decision(document)
    policy = str(decision.get("policy") or "recommended")
    if policy == "recommended" or decision.get("cost_fn") is not None:
        return "cost"
    # Of more than two classes there are fewer.
    return policy if policy in policies(document) else "cost"


def costs(document: Document, klass: str | None = None) -> dict[str, float]:
    """Return what each of the four outcomes costs; 0 where it is told nowhere.

    Parameters
    ----------
    document : mapping
        A result document of any age.
    klass : str or None, default=None
        Of more than two classes the one that is told from the rest.

    Examples
    --------
    >>> costs({"costs": {"cost_fn": 54.4, "cost_fp": 1.0}})["cost_fn"]
    54.4
    """
    known = read_costs(document, klass)
    names = ("cost_fn", "cost_fp", "cost_tp", "cost_tn")
    return {name: float(getattr(known, name, 0.0)) for name in names}


def _decision(document: Document) -> Mapping[str, Any]:
    decision: Mapping[str, Any] = (document.get("experiment") or {}).get(
        "decision"
    ) or {}
    return decision


def labels(document: Document) -> tuple[str, str]:
    """Return the negative and the positive label; of more classes the rarest."""
    rarest = focus(document)
    if rarest is not None:
        return "the rest", rarest
    positive = str((document.get("dataset") or {}).get("positive", "positive"))
    counted = (document.get("split") or {}).get("test") or {}
    negative = next((str(label) for label in counted if label != positive), "negative")
    return negative, positive


def classes(document: Document) -> tuple[str, ...]:
    """Return the classes of a run of more than two, the rarest first; else none.

    Examples
    --------
    >>> classes({"dataset": {"positive": None, "classes": {"a": 9, "b": 1, "c": 3}}})
    ('b', 'c', 'a')
    >>> classes({"dataset": {"positive": "b", "classes": {"a": 9, "b": 1}}})
    ()
    """
    dataset = document.get("dataset") or {}
    counted = dataset.get("classes") or {}
    if dataset.get("positive") is not None or len(counted) < 3:
        return ()
    # As the app has them, where equally many are listed as in the data.
    return tuple(sorted(counted, key=lambda label: -int(counted[label])))[::-1]


def focus(document: Document) -> str | None:
    """Return the rarest of more than two classes; None of two."""
    known = classes(document)
    return known[0] if known else None


def test_counts(document: Document) -> tuple[int, int] | None:
    """Return the positives among the test rows, and all test rows, if known."""
    counted = (document.get("split") or {}).get("test")
    if not counted:
        return None
    return counted.get(labels(document)[1], 0), sum(counted.values())


def unseen(document: Document) -> dict[str, Mapping[str, Any]]:
    """Return each arm on the test rows that have no equal among the training rows.

    Empty where every test row is one. Of more than two classes of the rarest.
    """
    rarest, found = focus(document), {}
    for arm in document.get("arms") or []:
        told = arm if rarest is None else (arm.get("classes") or {}).get(rarest) or {}
        if told.get("unseen"):
            found[arm["name"]] = told["unseen"]
    return found


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
