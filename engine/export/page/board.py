"""What is read first: the verdict, the board, the matrices, the other thresholds."""

from __future__ import annotations

from engine.evaluate.verdict_codes import CODES
from engine.export.page import figures
from engine.export.page.at import At
from engine.export.page.facts import Facts, Judged
from engine.export.page.figures import clock, count, decimals, interval
from engine.export.page.parts import (
    Block,
    Box,
    Cell,
    Code,
    Column,
    Figure,
    Fold,
    Item,
    Items,
    Link,
    Matrices,
    Matrix,
    Prose,
    Section,
    Span,
    Spans,
    Strong,
    Table,
    cell,
    ticked,
)
from engine.folded import folded

__all__ = [
    "boards",
    "codes",
    "grounds",
    "matrices",
    "status",
    "thresholds",
    "verdict",
]

_MOST_ACROSS = 5
"""Classes that stand side by side in a table; more stand below each other."""
_MOST_LABELS = 12
"""Classes of which every matrix is shown at once; of more they are folded away."""


def status(facts: Facts) -> list[Block]:
    """Say what became of the run, if it did not simply end well."""
    document, run = facts.all, facts.all.text("run")
    said = document.text("status")
    if said == "done":
        return []
    if error := document["error"]:
        texts = [error.text(key) for key in ("message", "remedy")]
        return [Prose((Strong("This run failed. "), " ".join(texts)), "bad")]
    go_on = Code(f"imbtui resume {run}")
    if said == "interrupted":
        text = (
            "This run was interrupted. The page shows how far it came; it goes on by "
        )
        return [Prose((Strong("Interrupted. "), text, go_on, "."), "warn")]
    if said == "running":
        text = "This run is not finished. The page shows how far it was."
        return [Prose((Strong("Still running. "), text), "warn")]
    text = "The page shows what there is of it; it goes on by "
    return [Prose((Strong(f"This run is {said}. "), text, go_on, "."), "warn")]


def verdict(facts: Facts) -> list[Block]:
    """Return what follows from the run, and what comes of it on the test rows."""
    found = facts.all["verdict"]
    if not found:
        if not facts.done:
            text = "No arm has a result, so there is no verdict."
        else:
            text = "The arms were not compared, so there is no verdict."
        return [Prose((text,), "lead")]
    call = found.text("call")
    out: list[Block] = [
        Prose(
            (*ticked(found.text("recommendation"), facts.names), *_linked(call)), "call"
        ),
        Prose(ticked(found.text("headline"), facts.names), "lead"),
    ]
    choice = found["choice"]
    if choice:
        build = _of_two if facts.rarest is None else _of_many
        title = f"{choice.text('arm')}, {facts.called(choice.text('at'))}"
        out.append(Matrices("", (build(facts, title, choice["confusion"]),)))
    return out


def grounds(facts: Facts) -> list[Block]:
    """Return the reasons and the doubts of a verdict, and how it is taken away."""
    found = facts.all["verdict"]
    out: list[Block] = []
    for title, mark in (("reasons", "+"), ("doubts", "?")):
        given = found[title.removesuffix("s") + "_codes"].value or []
        items = tuple(
            Item(
                mark,
                ticked(str(text.value), facts.names),
                given[n] if n < len(given) else "",
            )
            for n, text in enumerate(found[title].each())
        )
        if items:
            out.append(Items(items, {"reasons": "Why", "doubts": "Doubts"}[title]))
    if found["choice"]:
        command = f"imbtui export {facts.all.text('run')} --as bundle"
        out.append(Prose(("To use it: ", Code(command), ".")))
    return out


def _linked(code: str) -> Spans:
    return (" ", Link(code, code)) if code in CODES else ()


def codes(facts: Facts) -> list[Block]:
    """Say what the codes of this verdict mean."""
    found = facts.all["verdict"]
    said = [found.text("call")]
    for key in ("reason_codes", "doubt_codes"):
        said += found[key].value or []
    rows = tuple(
        (
            cell(Link(code, f"#{code}")),
            cell(CODES[code].title),
            cell(*ticked(CODES[code].when)),
            cell(*ticked(CODES[code].remedy)),
        )
        for code in sorted(set(said))
        if code in CODES
    )
    if not rows:
        return []
    titles = ("code", "says", "on what grounds", "what to do")
    columns = tuple(Column(title, number=False) for title in titles)
    note = "All codes: docs/verdict.md of imbtui."
    table = Table("", columns, rows, (note,))
    return [Fold("What the codes of the verdict mean", (table,))]


# The board ----------------------------------------------------------------------------


def boards(facts: Facts) -> Section | None:
    """Return the board at the experiment's policy, and arms without a result."""
    blocks: list[Block] = []
    if facts.done:
        blocks += [_positives(facts), _board(facts, facts.policy)]
        blocks += [*_by_class(facts, facts.policy), *_noted(facts, facts.policy)]
        blocks += _unseen(facts)
    blocks += _without(facts)
    remarks = _remarks(facts)
    if remarks:
        blocks.append(Items(tuple(remarks)))
    title = "Missed positives"
    if facts.rarest is not None:
        title = f"Missed rows of {facts.rarest}, the rarest class"
    return Section("board", title, tuple(blocks)) if blocks else None


def _positives(facts: Facts) -> Prose:
    negatives, positives = facts.parted(facts.split["test"])
    what = "positives"
    if facts.rarest is not None:
        what = f"rows of {facts.rarest}"
    return Prose(
        (
            count(*positives),
            f" {what} in ",
            count(*negatives, *positives),
            " test rows; operating point: ",
            Strong(facts.called(facts.policy)),
            f". A missed row is {facts.positive} and was predicted {facts.negative}; "
            "the arm that misses the fewest comes first.",
        ),
        "dim",
    )


def _board(facts: Facts, policy: str) -> Table:
    """Lay out the arms at a policy; what needs none is at the experiment's only."""
    rows = [_board_row(facts, one) for one in facts.judged(policy)]
    titles = [title for title, _ in rows[0]] if rows else ["arm"]
    columns = tuple(Column(title, number=n > 0) for n, title in enumerate(titles))
    cells = tuple(tuple(cell for _, cell in row) for row in rows)
    note = "MCC: Matthews' correlation coefficient. ▶ marks what is missed."
    if policy == facts.policy:
        note = (
            "AP: average precision. Brier: mean squared error of the scores as "
            "probabilities. Both need no threshold. ▶ marks what is missed."
        )
    return Table(f"The board: {facts.called(policy)}", columns, cells, (note,))


def _board_row(facts: Facts, one: Judged) -> list[tuple[str, Cell]]:
    arm, point, test = one.arm, one.point, one.arm["test"]
    metrics = point["metrics"]
    recall, limits, precision = (
        metrics[name] if facts.rarest is None else point[name].of(facts.rarest)
        for name in ("recall", "recall_ci", "precision")
    )
    cells = [
        ("arm", cell(*facts.name(arm), " ⚠" if arm["repairs"] else "")),
        ("missed (FN)", _missed(one)),
        ("recall (95 %)", cell(decimals(recall, 2), *interval(limits))),
        ("false alarms (FP)", cell(count(*one.fp))),
        ("precision", cell(decimals(precision, 2))),
    ]
    if facts.classes:
        cells += [
            ("macro recall", cell(decimals(metrics["macro_recall"], 2))),
            ("macro F1", cell(decimals(metrics["macro_f1"], 2))),
        ]
    else:
        cells.append(("threshold", cell(figures.threshold(point["threshold"]))))
    if point["policy"].value != facts.policy:
        cost = decimals(metrics["cost_per_1000"], 1)
        return [
            *cells,
            ("MCC", cell(decimals(metrics["mcc"], 2))),
            ("cost per 1,000", cell(cost)),
        ]
    seconds = arm["seconds"]
    spent = [seconds[part] for part in ("prepare", "tune", "fit", "evaluate")]
    return [
        *cells,
        ("AP", cell(decimals(test["average_precision"], 3))),
        ("Brier", cell(decimals(test["brier"], 3))),
        ("trials", cell(count(arm["search"]["trials"]))),
        ("time", cell(clock(*spent))),
    ]


def _missed(one: Judged) -> Cell:
    if one.missed:
        return cell("▶ ", count(*one.fn), look="bad")
    return cell(count(*one.fn), look="strong")


def _unseen(facts: Facts) -> list[Block]:
    """Give the average precision without rows that have an equal in training."""
    known = [(n, at["unseen"]) for n, _, at in facts.scored(facts.rarest)]
    known = [(name, unseen) for name, unseen in known if unseen]
    if not known:
        return []
    spans: list[Span] = [
        "Test rows without an equal among the training rows: ",
        count(known[0][1]["rows"]),
        ". Average precision on those: ",
    ]
    for n, (name, unseen) in enumerate(known):
        found = decimals(unseen["average_precision"], 3)
        spans += [", " if n else "", Strong(name), " ", found]
    return [Prose((*spans, "."), "dim")]


def _by_class(facts: Facts, policy: str) -> list[Block]:
    """Return what is found of each class, of more than two."""
    if not facts.classes:
        return []
    judged = facts.judged(policy)

    def found(one: Judged, label: str) -> Cell:
        limits = one.point["recall_ci"].of(label)
        return cell(decimals(one.point["recall"].of(label), 2), *interval(limits))

    if len(facts.classes) > _MOST_ACROSS:
        titles = ["class", *(one.name for one in judged)]
        rows = [
            (cell(label), *(found(one, label) for one in judged))
            for label in facts.classes
        ]
    else:
        titles = ["arm", *facts.classes]
        rows = [
            (cell(*facts.name(one.arm)), *(found(one, k) for k in facts.classes))
            for one in judged
        ]
    columns = [Column(title, number=n > 0) for n, title in enumerate(titles)]
    note = "The share of each class's test rows that was found, with its 95 % interval."
    return [Table("Recall by class", tuple(columns), tuple(rows), (note,))]


def _without(facts: Facts) -> list[Block]:
    """Say which arms have no result, and why."""
    items = []
    for arm in facts.arms:
        if arm["operating_points"]:
            continue
        error = arm["error"]
        if error:
            spans: Spans = (
                Strong(arm.text("name")),
                f" failed: {error.text('message')} ",
            )
            item = Item("✗", spans, error.text("code"), "bad", (error.text("remedy"),))
        else:
            trials = arm["search"]["trials"]
            state = "is still at work" if facts.running else "has no result"
            if facts.all.text("status") == "interrupted":
                state = "was interrupted before its result"
            spans = (Strong(arm.text("name")), f" {state}; trials finished: ")
            item = Item("…", (*spans, count(trials)), "", "warn")
        items.append(item)
    return [Items(tuple(items), "Arms without a result")] if items else []


def _remarks(facts: Facts) -> list[Item]:
    out = []
    for arm in facts.arms:
        name = Strong(arm.text("name"))
        repairs, notes = (folded(arm[key].value or ()) for key in ("repairs", "notes"))
        out += [Item("⚠", (name, f": repaired {r}"), look="warn") for r in repairs]
        out += [Item("·", (name, f": {text}")) for text in notes]
    return out


# Other thresholds ---------------------------------------------------------------------


def thresholds(facts: Facts) -> Section | None:
    """Return missed and false alarms at the policies that the board is not at."""
    others = [policy for policy in facts.policies if policy != facts.policy]
    if not others:
        return None
    by_policy = {p: {one.name: one for one in facts.judged(p)} for p in others}
    columns = [Column("arm", number=False)]
    columns += [Column(facts.called(policy)) for policy in others]
    rows = []
    for one in facts.judged(facts.policy):
        cells = [cell(*facts.name(one.arm))]
        for policy in others:
            there = by_policy[policy].get(one.name)
            if there is None:
                cells.append(cell(figures.NOTHING))
                continue
            spans = (count(*there.fn), " / ", count(*there.fp))
            cells.append(cell(*spans))
        rows.append(tuple(cells))
    note = (
        "Missed / false alarms. Every threshold was chosen on out-of-fold scores of "
        "training rows."
    )
    blocks: list[Block] = [Table("", tuple(columns), tuple(rows), (note,))]
    inside: list[Block] = []
    for policy in others:
        inside += [_board(facts, policy), *_by_class(facts, policy)]
        inside += _noted(facts, policy)
    blocks.append(Fold("The board at each of these", tuple(inside)))
    title = "At other class weights" if facts.classes else "At other thresholds"
    return Section("thresholds", title, tuple(blocks))


def _noted(facts: Facts, policy: str) -> list[Block]:
    """Return what is to be known of the thresholds of an operating point."""
    items = tuple(
        Item("!", (Strong(one.name), f": {one.point.text('note')}"), look="warn")
        for one in facts.judged(policy)
        if one.point["note"]
    )
    return [Items(items)] if items else []


# Matrices -----------------------------------------------------------------------------


def matrices(facts: Facts) -> Section | None:
    """Return the confusion matrices at the experiment's policy."""
    judged = facts.judged(facts.policy)
    if not judged:
        return None
    build = _of_two if facts.rarest is None else _of_many
    found = tuple(build(facts, one.name, one.point["confusion"]) for one in judged)
    note = (
        "Rows are the actual class, columns the predicted one; shares and shades are "
        "of the row. ▶ marks the missed "
        + ("positives." if facts.rarest is None else f"rows of {facts.rarest}.")
    )
    block: Block = Matrices(
        f"Operating point: {facts.called(facts.policy)}", found, (note,)
    )
    if len(facts.classes) > _MOST_LABELS:
        block = Fold(f"Matrices of {len(facts.classes)} classes", (block,))
    return Section("matrices", "Confusion matrices", (block,))


def _of_two(facts: Facts, title: str, counts: At) -> Matrix:
    tn, fp, fn, tp = (counts[name] for name in ("tn", "fp", "fn", "tp"))
    return Matrix(
        title,
        (facts.negative, facts.positive),
        (
            (facts.negative, (_box(tn, (tn, fp)), _box(fp, (tn, fp)))),
            (facts.positive, (_box(fn, (fn, tp), "▶"), _box(tp, (fn, tp)))),
        ),
    )


def _of_many(facts: Facts, title: str, counts: At) -> Matrix:
    labels = [str(label.value) for label in counts["labels"].each()]
    rows = []
    for n, label in enumerate(labels):
        cells = tuple(counts["matrix"][n].each())
        missed = label == facts.rarest
        boxes = tuple(
            _box(at, cells, "▶" if missed and m != n and at.value else "")
            for m, at in enumerate(cells)
        )
        rows.append((label, boxes))
    return Matrix(title, tuple(labels), tuple(rows))


def _box(at: At, row: tuple[At, ...], mark: str = "") -> Box:
    shown = count(at)
    assert isinstance(shown, Figure)
    whole = sum(cell.value for cell in row)
    shade = round(10 * at.value / whole) if whole else 0
    return Box(shown, figures.row_share(at, of=row), shade, mark)
