"""Two runs or more side by side: what was done differently, then what came of it.

Pure over result documents (`engine.document.build`), finished or not. Light.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from engine.costs import read_costs
from engine.differences import (
    ArmRow,
    Change,
    ContrastRun,
    Difference,
    Value,
    differences,
)
from engine.errors import UsageError

__all__ = ["ArmRow", "Change", "Contrast", "ContrastRun", "Difference", "contrast"]

Document: TypeAlias = Mapping[str, Any]

_SHOWN_POINTS = 8


class Contrast(Value, frozen=True):
    """Runs side by side.

    `differences` are those of the experiments, the data and the versions, each with a
    value per run. `at` is the operating point that was asked for, or one that as
    many runs as possible have; None if none has a result. `same_test_rows` is None
    where fewer than two runs have come to their split. `arms` are in the order of the
    first run's board, and `rows` holds each of them once per run: those of an arm
    follow one another in the order of the runs. `verdicts` are the headlines, one per
    run; `notes` are what must be said about the comparison, one sentence each.
    """

    runs: tuple[ContrastRun, ...]
    at: str | None
    differences: tuple[Difference, ...]
    same_test_rows: bool | None
    arms: tuple[str, ...]
    rows: tuple[ArmRow, ...]
    verdicts: tuple[str | None, ...]
    notes: tuple[str, ...] = ()

    def of(self, arm: str) -> tuple[ArmRow, ...]:
        """Return the rows of an arm, one per run."""
        return tuple(row for row in self.rows if row.arm == arm)


def contrast(
    documents: Sequence[Document],
    *,
    at: str | None = None,
    arms: Iterable[str] | None = None,
) -> Contrast:
    """Set runs side by side.

    Parameters
    ----------
    documents : sequence of mapping
        Result documents of two runs or more.
    at : str or None, default=None
        Operating point; when None the one that the first run's board is ordered by,
        if the others have it too, else one that all of them have.
    arms : iterable of str or None, default=None
        Only these; all that some run has when None.

    Returns
    -------
    Contrast

    Raises
    ------
    UsageError
        If there are fewer than two runs, or one twice, or none of them has such a
        operating point or such an arm.

    Examples
    --------
    >>> def run(id, missed):
    ...     point = {"name": "f1", "threshold": 0.2, "metrics": {"recall": 0.5}}
    ...     counts = {"tn": 80, "fp": 10, "fn": missed, "tp": 10 - missed}
    ...     arm = {"name": "untreated", "status": "done", "test": {"brier": 0.1}}
    ...     return {
    ...         "run": id,
    ...         "status": "done",
    ...         "experiment": {"search": {"trials": missed}},
    ...         "dataset": {"positive": "1", "classes": {"0": 9, "1": 1}},
    ...         "split": {"test": {"0": 90, "1": 10}, "test_fingerprint": "c0ffee"},
    ...         "arms": [arm | {"operating_points": [point | {"confusion": counts}]}],
    ...     }
    >>> found = contrast([run("a", 4), run("b", 3)])
    >>> found.differences
    (Difference(path='search.trials', values=('4', '3')),)
    >>> [row.missed for row in found.of("untreated")], found.rows[1].change.missed
    ([4, 3], -1)
    """
    _refuse(documents)
    known = [_point_names(document) for document in documents]
    chosen = _at_point(documents, known, at)
    labels = [_label(document) for document in documents]
    prints = [(d.get("split") or {}).get("test_fingerprint") for d in documents]
    same = [
        prints[i] is not None and prints[i] == prints[0] and labels[i] == labels[0]
        for i in range(len(documents))
    ]
    runs = tuple(
        _run(document, label, chosen if chosen in there else None, comparable)
        for document, label, there, comparable in zip(
            documents, labels, known, same, strict=True
        )
    )
    table = [
        {
            str(arm["name"]): _row(arm, place, chosen, labels[place])
            for arm in document.get("arms") or []
        }
        for place, document in enumerate(documents)
    ]
    names = _names(table, arms)
    rows = tuple(
        _changed(
            found.get(name) or ArmRow(arm=name, run=place, status="absent"),
            table[0].get(name) if place and same[place] else None,
        )
        for name in names
        for place, found in enumerate(table)
    )
    told = [p for p in prints if p is not None]
    differ = differences(documents)
    return Contrast(
        runs=runs,
        at=chosen,
        differences=differ,
        same_test_rows=len(set(told)) == 1 if len(told) > 1 else None,
        arms=names,
        rows=rows,
        verdicts=tuple(run.headline for run in runs),
        notes=tuple(_notes(documents, runs, prints, known, chosen, differ)),
    )


def _refuse(documents: Sequence[Document]) -> None:
    if len(documents) < 2:
        raise UsageError("one run alone cannot be compared", "name two runs or more")
    ids = [str(document.get("run")) for document in documents]
    for place, run in enumerate(ids):
        if run in ids[:place]:
            raise UsageError(f"run {run} is named twice", "name each run once")


# One run


def _run(
    document: Document, label: str | None, at: str | None, comparable: bool
) -> ContrastRun:
    dataset = document.get("dataset") or {}
    data = (document.get("experiment") or {}).get("data") or {}
    test = (document.get("split") or {}).get("test")
    return ContrastRun(
        id=str(document.get("run")),
        status=str(document.get("status")),
        dataset=str(dataset.get("name") or data.get("source") or ""),
        target=str(dataset.get("target") or data.get("target") or ""),
        label=label,
        classes=len(dataset.get("classes") or {}),
        at=at,
        test_rows=sum(test.values()) if test else None,
        positives=test.get(label) if test and label is not None else None,
        comparable=comparable,
        headline=(document.get("verdict") or {}).get("headline"),
        seconds=document.get("seconds") or 0.0,
    )


def _label(document: Document) -> str | None:
    """Return the class whose rows are missed: the positive, or else the rarest."""
    dataset = document.get("dataset") or {}
    if dataset.get("positive") is not None:
        return str(dataset["positive"])
    counts = dataset.get("classes") or {}
    # The last of those that are equally rare, as on the board.
    return sorted(counts, key=lambda label: -counts[label])[-1] if counts else None


def _point_names(document: Document) -> tuple[str, ...]:
    arms = document.get("arms") or []
    points = (p["name"] for a in arms for p in a.get("operating_points") or [])
    return tuple(dict.fromkeys(points))


def _at_point(
    documents: Sequence[Document], known: Sequence[tuple[str, ...]], asked: str | None
) -> str | None:
    """Return the point asked for, or the first one that all with results have."""
    there = [names for names in known if names]
    every = tuple(dict.fromkeys(name for names in there for name in names))
    if asked is not None:
        if asked not in every:
            raise UsageError(
                f"no run has the operating point {asked!r}",
                f"choose one of: {', '.join(every)}" if every else "none has a result",
            )
        return asked
    if not there:
        return None
    own = [
        str(((d.get("experiment") or {}).get("decision") or {}).get("at"))
        for d in documents
    ]
    # Of more than two classes some points are about one class only, and not there.
    wanted = [o if o in n else n[0] for o, n in zip(own, known, strict=True) if n]
    shared = (p for p in (*wanted, *every) if all(p in names for names in there))
    return next(shared, wanted[0])


def _row(arm: Mapping[str, Any], run: int, at: str | None, label: str | None) -> ArmRow:
    points = arm.get("operating_points") or []
    point = next((p for p in points if p["name"] == at), None)
    test, error = arm.get("test") or {}, arm.get("error") or {}
    return ArmRow(
        arm=str(arm["name"]),
        run=run,
        status=str(arm.get("status")),
        average_precision=test.get("average_precision"),
        brier=test.get("brier"),
        trials=(arm.get("search") or {}).get("trials") or 0,
        seconds=sum((arm.get("seconds") or {}).values()),
        error=str(error.get("message") or ""),
        **(_counts(point, label) if point is not None else {}),
    )


def _counts(point: Mapping[str, Any], label: str | None) -> dict[str, Any]:
    counts, metrics = point["confusion"], point.get("metrics") or {}
    if "matrix" not in counts:
        limits = metrics.get("recall_ci")
        return {
            "missed": counts["fn"],
            "found": counts["tp"],
            "false_alarms": counts["fp"],
            "recall": metrics.get("recall"),
            "recall_ci": tuple(limits) if limits else None,
            "precision": metrics.get("precision"),
            "threshold": point.get("threshold"),
        }
    labels, table = list(counts["labels"]), counts["matrix"]
    place = labels.index(label) if label in labels else 0
    found = table[place][place]
    limits = (point.get("recall_ci") or {}).get(label)
    return {
        "missed": sum(table[place]) - found,
        "found": found,
        "false_alarms": sum(line[place] for line in table) - found,
        "recall": (point.get("recall") or {}).get(label),
        "recall_ci": tuple(limits) if limits else None,
        "precision": (point.get("precision") or {}).get(label),
        "macro_recall": metrics.get("macro_recall"),
    }


# Side by side


def _names(
    table: Sequence[Mapping[str, ArmRow]], arms: Iterable[str] | None
) -> tuple[str, ...]:
    """Return the arms as the first run's board orders them, then what others add."""
    found: dict[str, ArmRow] = {}
    for rows in table:
        for name, row in rows.items():
            if name not in found or (not found[name].judged and row.judged):
                found[name] = row
    if arms is not None:
        wanted = list(dict.fromkeys(arms))
        for name in wanted:
            if name not in found:
                raise UsageError(
                    f"no run has an arm {name!r}",
                    f"choose of: {', '.join(found)}" if found else "none has begun",
                )
        found = {name: row for name, row in found.items() if name in wanted}

    def rank(name: str) -> tuple[int, int, int]:
        row = found[name]
        if not row.judged:
            return len(table), 0, 0
        return row.run, row.missed or 0, row.false_alarms or 0

    return tuple(sorted(found, key=rank))


def _changed(row: ArmRow, first: ArmRow | None) -> ArmRow:
    if first is None or not (row.judged and first.judged):
        return row
    change = Change(
        **{
            name: new - old
            for name in Change.__struct_fields__
            if (new := getattr(row, name)) is not None
            and (old := getattr(first, name)) is not None
        }
    )
    return msgspec.structs.replace(row, change=change)


def _notes(
    documents: Sequence[Document],
    runs: Sequence[ContrastRun],
    prints: Sequence[str | None],
    known: Sequence[tuple[str, ...]],
    at: str | None,
    differ: Sequence[Difference],
) -> Iterable[str]:
    first = runs[0]
    others = [
        run.id
        for run, told in zip(runs, prints, strict=True)
        if told is not None and prints[0] is not None and told != prints[0]
    ]
    if others:
        yield (
            f"the test rows of {', '.join(others)} are not those of {first.id}: "
            "their counts cannot be compared"
        )
    if len({run.label for run in runs if run.label is not None}) > 1:
        said = ", ".join(f"{r.id} {r.label}" for r in runs if r.label is not None)
        yield f"missed rows are not of the same class: {said}"
    several = [
        run.id
        for run, document in zip(runs, documents, strict=True)
        if run.classes > 2 and document["dataset"].get("positive") is None
    ]
    if several:
        ids = ", ".join(several)
        yield (
            f"more than two classes ({ids}): missed, recall, precision and false "
            "alarms are those of the rarest"
        )
    for run, there in zip(runs, known, strict=True):
        if there and run.at is None:
            shown = ", ".join(there[:_SHOWN_POINTS])
            yield f"{run.id} has no operating point {at}; it has {shown}"
        if not there:
            yet = " yet" if run.status in ("running", "queued") else ""
            yield f"{run.id} is {run.status} and has no result{yet}"
        elif run.status != "done":
            yield f"{run.id} is {run.status}: what it has is shown"
    costs = [read_costs(document) for document in documents]
    ratios = dict.fromkeys(f"{one.ratio:.3g}:1" for one in costs if one is not None)
    if at in ("cost", "recommended") and len(ratios) > 1:
        told = ", ".join(ratios)
        yield f"the costs differ ({told}), and so does what the point {at} means"
    if not differ:
        yield "the experiments, and what is known of data and versions, are the same"
