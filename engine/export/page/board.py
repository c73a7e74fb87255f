"""What is read first: the verdict, the board, the matrices, the other thresholds."""

from __future__ import annotations

from itertools import chain

from engine.core.format import merge_texts
from engine.core.views.matrices import MARK, MatrixCount, confusion_matrix
from engine.evaluate.words import CODES
from engine.export.page import figures, parts
from engine.export.page.facts import ArmFigures, Facts, explain

_MOST_LABELS = 12
"""Classes of which every matrix is shown at once; of more they are folded away."""


def status(facts: Facts) -> list[parts.Block]:
    """Say what became of the run, if it did not simply end well."""
    result, look = facts.result, "warn"
    if result.status == "done":
        return []
    if error := result.error:
        what, look = "This run failed. ", "bad"
        spans: parts.Spans = (f"{error.message} {error.fix}",)
    elif result.status == "running":
        what = "Still running. "
        spans = ("This run is not finished. The page shows how far it was.",)
    else:
        what = f"This run is {result.status}. "
        go_on = parts.Code(explain("to go on", run=result.run))
        spans = ("The page shows what there is of it; it continues with ", go_on, ".")
    return [parts.TextBlock((parts.Strong(what), *spans), look)]


def verdict(facts: Facts) -> list[parts.Block]:
    """Return what follows from the run, and what comes of it on the test rows."""
    final, names = facts.all["verdict"], facts.names
    if not final:
        why = "The arms were not compared" if facts.done else "No arm has a result"
        return [parts.TextBlock((f"{why}, so there is no verdict.",), "lead")]
    code, choice = final.text("code"), final["choice"]
    linked: parts.Spans = (" ", parts.Link(code, code)) if code in CODES else ()
    advice = parts.markup(final.text("recommendation"), names)
    out: list[parts.Block] = [
        parts.TextBlock((*advice, *linked), "call"),
        parts.TextBlock(parts.markup(final.text("headline"), names), "lead"),
    ]
    if choice:
        title = f"{choice.text('arm')}, {facts.point_label(choice.text('at'))}"
        out.append(parts.Matrices("", (_matrix(facts, title, choice["confusion"]),)))
    return out


def grounds(facts: Facts) -> list[parts.Block]:
    """Return the reasons and the doubts of a verdict, and how it is taken away."""
    final = facts.all["verdict"]
    out: list[parts.Block] = []
    for kind, title, mark in (("reasons", "Why", "+"), ("doubts", "Doubts", "?")):
        items = tuple(
            parts.ListItem(mark, parts.markup(remark.text, facts.names), remark.code)
            for remark in final[kind].value or ()
        )
        out += [parts.Items(items, title)] if items else []
    if final["choice"]:
        command = explain("to use it", run=facts.all.text("run"))
        out.append(parts.TextBlock(("To use it: ", parts.Code(command), ".")))
    return out


def codes(facts: Facts) -> list[parts.Block]:
    """Say what the codes of this verdict mean."""
    final = facts.all["verdict"]
    remarks = (final[kind].value or () for kind in ("reasons", "doubts"))
    known = {final.text("code"), *(remark.code for remark in chain(*remarks))}
    rows: list[parts.Row] = []
    for code in sorted(known & CODES.keys()):
        entry, link = CODES[code], parts.Link(code, f"#{code}")
        rows.append(
            (link, entry.title, parts.markup(entry.when), parts.markup(entry.fix))
        )
    if not rows:
        return []
    titles = ("code", "says", "on what grounds", "what to do")
    note = "All codes: docs/verdict.md of imbtui."
    table = parts.table("", titles, rows, note, words=4)
    return [parts.Details("What the codes of the verdict mean", (table,))]


# The board ----------------------------------------------------------------------------


def boards(facts: Facts) -> parts.PageSection | None:
    """Return the board at the experiment's point, and arms without a result."""
    blocks: list[parts.Block] = []
    if facts.done:
        blocks = [_positives(facts), *_at(facts, facts.at), *_unseen(facts)]
    blocks += [*_without(facts), *_remarks(facts)]
    rarest = f"Missed rows of {facts.rarest}, the rarest class"
    title = "Missed positives" if facts.rarest is None else rarest
    return parts.section("board", title, blocks)


def _positives(facts: Facts) -> parts.TextBlock:
    negatives, positives = facts.split_counts(facts.split["test"])
    what = "positives" if facts.rarest is None else f"rows of {facts.rarest}"
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
        parts.ListItem(
            "!", (parts.Strong(arm.name), f": {arm.point.text('note')}"), look="warn"
        )
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
    if point["name"].value != facts.at:
        return cells | {
            "MCC": figures.decimals(metrics["mcc"], 2),
            "cost per 1,000": figures.decimals(metrics["cost_per_1000"], 1),
        }
    return cells | {
        "AP": figures.decimals(test["average_precision"], 3),
        "Brier": figures.decimals(test["brier"], 3),
        "trials": figures.count(arm["search"]["trials"]),
        "time": figures.clock(*facts.spent(arm)),
    }


def _unseen(facts: Facts) -> list[parts.Block]:
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
    return [parts.TextBlock((*spans, "."), "dim")]


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
    note = "The share of each class's test rows that was found, with its 95 % interval."
    return parts.table("Recall by class", titles, rows, note)


def _without(facts: Facts) -> list[parts.Block]:
    """Say which arms have no result, and why."""
    items = []
    state = {
        "running": "is still at work",
        "interrupted": "was interrupted before its result",
    }.get(facts.result.status, "has no result")
    for arm in facts.arms:
        name, error = parts.Strong(arm.text("name")), arm["error"].value
        if arm["operating_points"]:
            continue
        if error:
            spans_of_error = (name, f" failed: {error.message} ")
            item = parts.ListItem("✗", spans_of_error, error.code, "bad", (error.fix,))
        else:
            trials = figures.count(arm["search"]["trials"])
            spans = (name, f" {state}; trials finished: ", trials)
            item = parts.ListItem("…", spans, look="warn")
        items.append(item)
    return [parts.Items(tuple(items), "Arms without a result")] if items else []


def _remarks(facts: Facts) -> list[parts.Block]:
    out = []
    for arm in facts.result.arms:
        name = parts.Strong(arm.name)
        for repair in merge_texts(arm.repairs):
            spans = (name, f": repaired {repair}")
            out.append(parts.ListItem("⚠", spans, look="warn"))
        out += [
            parts.ListItem("·", (name, f": {text}")) for text in merge_texts(arm.notes)
        ]
    return [parts.Items(tuple(out))] if out else []


# Other thresholds ---------------------------------------------------------------------


def thresholds(facts: Facts) -> parts.PageSection | None:
    """Return missed and false alarms at the points that the board is not at."""
    others = [at for at in facts.points if at != facts.at]
    if not others:
        return None
    by_point = [{arm.name: arm for arm in facts.arms_at(p)} for p in others]

    def both(arm: ArmFigures | None) -> parts.Spans:
        if arm is None:
            return (figures.NOTHING,)
        return (figures.count(*arm.fn), " / ", figures.count(*arm.fp))

    rows = [
        (facts.name(arm.arm), *(both(known.get(arm.name)) for known in by_point))
        for arm in facts.arms_at(facts.at)
    ]
    titles = ("arm", *map(facts.point_label, others))
    table = parts.table("", titles, rows, explain("thresholds"))
    inside = tuple(block for at in others for block in _at(facts, at))
    details = parts.Details("The board at each of these", inside)
    title = f"At other {'class weights' if facts.classes else 'thresholds'}"
    return parts.section("thresholds", title, (table, details))


# Matrices -----------------------------------------------------------------------------


def matrices(facts: Facts) -> parts.PageSection | None:
    """Return the confusion matrices at the experiment's operating point."""
    arms = facts.arms_at(facts.at)
    if not arms:
        return None
    marked = "most frequent error of each row" if facts.classes else "missed positives"
    note = explain("matrices", marked=marked)
    drawings = tuple(_matrix(facts, arm.name, arm.point["confusion"]) for arm in arms)
    title = f"Operating point: {facts.point_label(facts.at)}"
    block: parts.Block = parts.Matrices(title, drawings, (note,))
    if len(facts.classes) > _MOST_LABELS:
        block = parts.Details(f"Matrices of {len(facts.classes)} classes", (block,))
    return parts.section("matrices", "Confusion matrices", (block,))


def _matrix(facts: Facts, title: str, counts: figures.At) -> parts.Matrix:
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
