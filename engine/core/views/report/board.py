"""What is read first: the grounds of the verdict, the board, the matrices."""

from __future__ import annotations

from typing import Final

from engine.core.arm_result import ErrorInfo
from engine.core.format import plural
from engine.core.format import share as in_percent
from engine.core.methods.samplers import CONTROL
from engine.core.outcome import ModelVerdict, OperatingPoint
from engine.core.prevalence import weights
from engine.core.views import Column, Look
from engine.core.views.board import (
    MARK,
    MOST_ARM,
    MatrixCount,
    confusion_matrix,
    notices,
)
from engine.core.views.report import facts as figures
from engine.core.views.report import parts
from engine.core.views.report.facts import ArmFigures, Facts, explain

_MOST_LABELS = 12
"""Classes of which every matrix is shown at once; of more they are folded away."""
ASSUMED: Final = "VRD202"
"""The doubt that the costs were not given."""
_OF_COSTS: Final = (ASSUMED, "VRD113")
"""What a verdict says of the costs: assumed or not, and where other costs matter."""
_FIELDS: Final = {
    ASSUMED: "decision.cost_fn decision.cost_fp",
    "VRD223": "splits",
}
"""The fields that answer a doubt."""


def status(facts: Facts) -> list[parts.ListItem]:
    """Say what kept the run from its end, and how much of it there is."""
    result, error = facts.result, facts.result.error or ErrorInfo.of({})
    state, items = result.status, list[parts.ListItem]()
    if state == "done":
        return []
    if state == "failed":
        message = error.message or "no cause given"
        if message.startswith("every arm failed"):
            message = "every arm failed"  # Each has its cause below.
        spans = (f"failed: {message}",)
        items.append(_error_item(spans, error.fix, error.field))
    elif state != "running":
        why = error.message.removeprefix("cancelled: ") or "cancelled"
        why = "its process is gone" if state == "interrupted" else why
        go_on = "go on with: ", parts.Code(explain("to go on", run=result.run))
        items.append(parts.ListItem("!", (f"{state}: {why}",), "", "warn", go_on))
    if facts.arms and (facts.done or state != "failed"):
        every = plural(len(facts.arms), "arm")
        text = f"partial: {len(facts.done)} of {every} have a result"
        text += ", still running" if state == "running" else ""
        items.append(parts.ListItem("!", (text,), "", "warn"))
    return items


def _error_item(
    text: parts.Spans, fix: str, field: str | None, code: str = ""
) -> parts.ListItem:
    below = (fix,) if fix else ()
    return parts.ListItem("✗", text, code, "bad", below, field or "")


def use_in_numbers(facts: Facts) -> list[parts.Block]:
    """Return what the recommendation comes to per 1,000 rows, beside no change at 0.5.

    In the user's costs. Of more than two classes it is about the rarest.
    """
    choice = facts.result.choice
    if choice is None:
        return []
    known = {
        (arm.name, at): arm
        for at in dict.fromkeys((choice.at, "fixed"))
        if at in facts.points
        for arm in facts.arms_at(at)
    }
    control = next(iter(facts.models), CONTROL)
    wanted = dict.fromkeys(((choice.arm, choice.at), (control, "fixed")))
    rows = [_per_1000(facts, known[one], one[1]) for one in wanted if one in known]
    if not rows:
        return []
    costs = facts.all["costs"] or facts.experiment["decision"]
    note: parts.Spans = ()
    if costs["cost_fn"]:
        whose = "assumed" if costs["assumed"].value else "given"
        miss, alarm = figures.number(costs["cost_fn"]), figures.number(costs["cost_fp"])
        note = (f"Costs, {whose}: a miss ", miss, ", a false alarm ", alarm, ".")
    what = f" of class {facts.rarest}" if facts.rarest is not None else ""
    titles = ("", "alerts", f"found{what} (TP)", "missed (FN)", "false alarms (FP)")
    where = "test rows"
    if facts.result.prevalence:
        where = f"rows, of which {in_percent(facts.result.prevalence, 1)} are positive"
    title = f"Per 1,000 {where}"
    return [parts.table(title, (*titles, "cost"), rows, *note)]


def _per_1000(facts: Facts, placed: ArmFigures, at: str) -> parts.Row:
    """Return the outcomes of an arm among 1,000 rows, and what they cost."""
    cells = facts.cells(placed.point["confusion"])
    labels = placed.point["confusion"]["labels"].value
    k = labels.index(facts.rarest) if labels else 1
    positives = cells[k]
    negatives = tuple(a for n, row in enumerate(cells) if n != k for a in row)
    found = (positives[k],)
    shown = [
        figures.per_1000(*ats, of=(*positives, *negatives))
        for ats in ((*found, *placed.fp), found, placed.fn, placed.fp)
    ]
    if there := facts.result.prevalence:
        tp, fn, fp, every = (
            sum(at.value for at in ats)
            for ats in (found, placed.fn, placed.fp, (*positives, *negatives))
        )
        up, down = weights(there, tp + fn, every - tp - fn)
        counts = (up * tp + down * fp, up * tp, up * fn, down * fp)
        shown = [f"{1000 * count / every:,.1f}" for count in counts]
    cost = figures.decimals(placed.point["metrics"]["cost_per_1000"], 1)
    label = (parts.Strong(placed.name), f", {facts.point_label(at, aimed=False)}")
    return (label, *shown, cost)


def grounds(facts: Facts) -> list[parts.Items]:
    """Return the verdict by model, what is said of the costs, reasons and doubts."""
    final = facts.result.verdict
    if final is None:
        return []
    every = (*final.doubts, *final.reasons)
    lines = tuple(_of_model(facts, one) for one in final.by_model)
    out = [parts.Items(lines, "By model")] if lines else []
    for title, mark, remarks in (
        ("", "", every),
        ("Why", "·", final.reasons),
        ("Caveats", "?", final.doubts),
    ):
        items = tuple(
            parts.ListItem(
                mark,
                parts.markup(remark.text, facts.names),
                remark.code,
                field=_FIELDS.get(remark.code, ""),
            )
            for remark in remarks
            if (remark.code in _OF_COSTS) == (not title)
        )
        out += [parts.Items(items, title)] if items else []
    return out


def _of_model(facts: Facts, one: ModelVerdict) -> parts.ListItem:
    """Return the verdict of one of several models in a line."""
    text = parts.markup(one.recommendation, facts.names)
    return parts.ListItem("·", (parts.Strong(one.model), ": ", *text), one.code)


def use(facts: Facts) -> list[parts.Block]:
    """Return how what the verdict recommends is exported."""
    if facts.result.choice is None:
        return []
    command = explain("to use it", run=facts.result.run)
    return [parts.TextBlock(("To use it: ", parts.Code(command), "."))]


# The board ----------------------------------------------------------------------------


def boards(facts: Facts) -> parts.PageSection | None:
    """Return the board at the experiment's point, and arms without a result."""
    blocks: list[parts.Block] = []
    if facts.done:
        blocks = [_positives(facts), *_at(facts, facts.at)]
    without = (*unfinished(facts), *failures(facts))
    for title, items in (("Arms without a result", without), ("", remarks(facts))):
        blocks += [parts.Items(tuple(items), title)] if items else []
    rarest = f"Missed rows of class {facts.rarest}, the rarest"
    title = "Missed positives" if facts.rarest is None else rarest
    return parts.section("board", title, blocks)


def _positives(facts: Facts) -> parts.TextBlock:
    negatives, positives = facts.split_counts(facts.split["test"])
    what = "positives" if facts.rarest is None else f"rows of class {facts.rarest}"
    return parts.TextBlock(
        (
            figures.count(*positives),
            f" {what} in ",
            figures.count(*negatives, *positives),
            " test rows; operating point: ",
            parts.Strong(facts.point_label(facts.at)),
            f". A missed row is {facts.positive} and was predicted {facts.negative}; "
            "the arm that misses the fewest comes first.",
        ),
        "dim",
    )


def _at(facts: Facts, at: str) -> list[parts.Block]:
    """Return the board at a point, of many classes the recall, and what is noted."""
    notes = tuple(
        _remark(arm.name, f"! {arm.point.text('note')}")
        for arm in facts.arms_at(at)
        if arm.point["note"]
    )
    by_class = [_by_class(facts, at)] if facts.classes else []
    return [_board(facts, at), *by_class, *([parts.Items(notes)] if notes else [])]


def _board(facts: Facts, at: str) -> parts.PageTable:
    """Lay out the arms at a point; what needs none is at the experiment's only."""
    rows = [_board_row(facts, arm) for arm in facts.arms_at(at)]
    note = "MCC: Matthews' correlation coefficient. ▶ marks what is missed."
    if at == facts.at:
        note = explain("board")
    titles = rows[0] if rows else ["arm"]
    cells = [list(row.values()) for row in rows]
    return parts.table(f"The board: {facts.point_label(at)}", titles, cells, note)


def _board_row(
    facts: Facts, placed: ArmFigures
) -> dict[str, parts.PageCell | parts.Span | parts.Spans]:
    arm, point, test = placed.arm, placed.point, placed.arm["test"]
    metrics = point["metrics"]
    recall, limits, precision = facts.rates(placed)
    missed = parts.PageCell((figures.count(*placed.fn),), "strong")
    if placed.missed:
        missed = parts.PageCell(("▶ ", *missed.spans), "bad")
    cells: dict[str, parts.PageCell | parts.Span | parts.Spans] = {
        "arm": (*facts.name(arm), " ⚠" if arm["repairs"] else ""),
        "missed (FN)": missed,
        "recall (95 %)": (figures.decimals(recall, 2), *figures.interval(limits)),
        "false alarms (FP)": figures.count(*placed.fp),
        "precision": figures.decimals(precision, 2),
    }
    if facts.classes:
        cells["macro recall"] = figures.decimals(metrics["macro_recall"], 2)
        cells["macro F1"] = figures.decimals(metrics["macro_f1"], 2)
    else:
        cells["threshold"] = figures.threshold(point["threshold"])
    cost: dict[str, parts.PageCell | parts.Span | parts.Spans]
    spent = figures.decimals(metrics["cost_per_1000"], 1)
    cost = {"cost per 1,000": spent}
    if facts.all["costs"]["column"]:
        share, within = metrics["amount_recall"], metrics["amount_recall_ci"]
        cells["missed amount"] = figures.amount(metrics["missed_amount"])
        cells["amount found (95 %)"] = (
            figures.decimals(share, 2),
            *figures.interval(within),
        )
        span = figures.interval(metrics["cost_per_1000_ci"], 1)
        cost = {"cost per 1,000 (95 %)": (spent, *span)}
        cells |= cost
    if point["name"].value != facts.at:
        return cells | {
            "MCC": figures.decimals(metrics["mcc"], 2),
            **cost,
        }
    return cells | {
        "AP": figures.decimals(test["average_precision"], 3),
        "Brier": figures.decimals(test["brier"], 3),
        "trials": figures.count(arm["search"]["trials"]),
        "time": figures.clock(*facts.spent(arm)),
    }


def _unseen(facts: Facts) -> list[parts.ListItem]:
    """Give the average precision without rows that have an equal in training."""
    scored = facts.scored(facts.rarest)
    known = {name: at["unseen"] for name, _, at in scored if at["unseen"]}
    if not known:
        return []
    spans: list[parts.Span] = [
        "Test rows without a duplicate among the training rows: ",
        figures.count(next(iter(known.values()))["rows"]),
        ". Average precision on those: ",
    ]
    for n, (name, unseen) in enumerate(known.items()):
        precision = figures.decimals(unseen["average_precision"], 3)
        spans += [", " if n else "", parts.Strong(name), " ", precision]
    return [parts.ListItem("·", (*spans, "."))]


def _by_class(facts: Facts, at: str) -> parts.PageTable:
    """Return what is found of each class, of more than two."""
    arms = facts.arms_at(at)

    def recall_of(arm: ArmFigures, label: str) -> parts.Spans:
        recall, limits = (arm.point[key].of(label) for key in ("recall", "recall_ci"))
        return (figures.decimals(recall, 2), *figures.interval(limits))

    titles = ["class", *(arm.name for arm in arms)]
    rows: list[parts.Row] = [
        (k, *(recall_of(arm, k) for arm in arms)) for k in facts.classes
    ]
    if len(arms) > len(facts.classes):  # the longer side goes down: paper is narrow
        titles = ["arm", *facts.classes]
        rows = [(arm.name, *(recall_of(arm, k) for k in facts.classes)) for arm in arms]
    note = "The share of each class's test rows that was found, with its 95 % interval."
    return parts.table("Recall by class", titles, rows, note)


def unfinished(facts: Facts) -> list[parts.ListItem]:
    """Say how far the arms came that have no result and did not fail."""
    state = "still at work"
    if facts.result.status != "running":
        state = "stopped before its result"
    items = []
    for arm in facts.arms:
        if arm["operating_points"] or arm["status"].value == "failed":
            continue
        spans: parts.Spans = (parts.Strong(arm.text("name")), f": {state}")
        trials, best = arm["search"]["trials"], facts.best(arm)
        if trials:
            noun = "trial" if trials.value == 1 else "trials"
            spans += (", ", figures.count(trials), f" {noun} finished")
        if best:
            spans += (", best score ", figures.decimals(best, 3))
        items.append(parts.ListItem("…", spans, look="warn"))
    return items


def failures(facts: Facts) -> list[parts.ListItem]:
    """Say each cause once, with every arm that it stopped, and what to do."""
    causes: dict[tuple[str, str, str | None, str], list[str]] = {}
    for arm in facts.result.arms:
        if arm.status == "failed":
            error = arm.error or ErrorInfo.of({})
            cause = error.message, error.fix, error.field, error.code
            causes.setdefault(cause, []).append(arm.name)
    items = []
    for (message, fix, field, code), names in causes.items():
        why = f": {message or 'no cause given'}"
        text = "failed ", parts.Strong(", ".join(names)), why
        items.append(_error_item(text, fix, field, code))
    return items


def remarks(facts: Facts, at: str | None = None) -> list[parts.ListItem]:
    """Say what was repaired and noticed of each arm, and of its threshold at a point.

    Then what is known of test rows that have an equal in training.
    """
    items = []
    for arm in facts.result.arms:
        point = arm.at(at) if at else None
        texts = [cell.text for cell in notices(arm.repairs, arm.notes)]
        if isinstance(point, OperatingPoint) and point.note:
            texts.append(f"! {point.note}")
        items += [_remark(arm.name, text) for text in texts]
    return items + _unseen(facts)


def _remark(name: str, marked: str) -> parts.ListItem:
    mark, _, text = marked.partition(" ")
    look: Look = "" if mark == "·" else "warn"
    return parts.ListItem(mark, (parts.Strong(name), f": {text}"), look=look)


# Other thresholds ---------------------------------------------------------------------


def at_others(facts: Facts, at: str) -> tuple[str, parts.PageTable | None]:
    """Return missed and false alarms at the points that the board is not at."""
    others = [name for name in facts.points if name != at]
    by_point = [{arm.name: arm for arm in facts.arms_at(name)} for name in others]

    def both(arm: ArmFigures | None) -> parts.Spans:
        if arm is None:
            return (figures.NOTHING,)
        return (figures.count(*arm.fn), " / ", figures.count(*arm.fp))

    rows = [
        (facts.name(arm.arm), *(both(known.get(arm.name)) for known in by_point))
        for arm in facts.arms_at(at)
    ]
    labels = (facts.point_label(name, aimed=False) for name in others)
    arm = Column("arm", align="left", most=MOST_ARM)
    title, of = "At other thresholds", ""
    if facts.rarest is not None:
        title, of = "At other weights", f" rows of class {facts.rarest}"
    about = f"missed{of} / false alarms"
    table = parts.table(about, [arm, *labels], rows, explain("thresholds"))
    return title, table if others and rows else None


def thresholds(facts: Facts) -> parts.PageSection | None:
    """Return them with the boards there."""
    title, table = at_others(facts, facts.at)
    if table is None:
        return None
    others = (at for at in facts.points if at != facts.at)
    inside = tuple(block for at in others for block in _at(facts, at))
    details = parts.Details("The board at each of these", inside)
    return parts.section("thresholds", title, (table, details))


# Matrices -----------------------------------------------------------------------------


def matrices(facts: Facts) -> parts.PageSection | None:
    """Return the confusion matrices at the experiment's operating point."""
    arms = facts.arms_at(facts.at)
    if not arms:
        return None
    marked = "most frequent error of each row" if facts.classes else "missed positives"
    note = explain("matrices", marked=marked)
    drawings = tuple(matrix(facts, arm.name, arm.point["confusion"]) for arm in arms)
    title = f"Operating point: {facts.point_label(facts.at)}"
    block: parts.Block = parts.Matrices(title, drawings, (note,))
    if len(facts.classes) > _MOST_LABELS:
        block = parts.Details(f"Matrices of {len(facts.classes)} classes", (block,))
    return parts.section("matrices", "Confusion matrices", (block,))


def matrix(facts: Facts, title: str, counts: figures.At) -> parts.Matrix:
    """Return the matrix of some counts."""
    sides = facts.negative, facts.positive
    made = confusion_matrix(title, counts.value, sides)
    rows = tuple(
        (row[0].actual, tuple(_box(at, ats, n) for at, n in zip(ats, row, strict=True)))
        for ats, row in zip(facts.cells(counts), made.rows, strict=True)
    )
    return parts.Matrix(title, tuple(made.labels), rows)


def _box(
    at: figures.At, row: tuple[figures.At, ...], of: MatrixCount
) -> parts.MatrixCell:
    shown = figures.count(at)
    assert isinstance(shown, parts.Figure)
    shade = round(10 * of.number / of.total) if of.total else 0
    share = figures.row_share(at, of=row)
    return parts.MatrixCell(shown, share, shade, MARK if of.marked else "")
