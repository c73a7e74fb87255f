"""The table, the hold-out, and the proof that nothing leaked: sections of the page."""

from __future__ import annotations

from typing import Final

from engine.export.page import figures
from engine.export.page.at import At
from engine.export.page.facts import Facts
from engine.export.page.figures import count, percent
from engine.export.page.parts import (
    Block,
    Code,
    Column,
    Fold,
    Item,
    Items,
    Prose,
    Section,
    Spans,
    Strong,
    Table,
    cell,
)
from engine.export.page.parts import Facts as Named

__all__ = ["dataset", "proof", "tiles"]

_ROLES: Final = ("target", "feature", "id", "group", "time", "ignored")
_MOST_NAMES: Final = 40


def tiles(facts: Facts) -> Named | None:
    """Return what is to be known of the table at once."""
    of = facts.dataset
    if not of:
        return None
    classes, test = of["classes"], facts.split["test"]
    negatives, positives = facts.parted(classes)
    found = _costs(facts)
    if test:
        others, kept = facts.parted(test)
        found.append(("test rows", (count(*others, *kept),)))
        what = (
            "test positives" if facts.rarest is None else f"test rows of {facts.rarest}"
        )
        found.append((what, (count(*kept),)))
    found += [
        ("rows", (count(of["rows"]),)),
        (
            f"of the rows are {facts.positive}",
            (percent(*positives, of=(*negatives, *positives)),),
        ),
    ]
    if len(positives) == 1:
        found.append(
            (
                "imbalance" if facts.rarest is None else "the rest to the rarest",
                (figures.to_one(negatives, positives[0]),),
            )
        )
    found.append(("trials", (count(facts.all["work"]["trials"]),)))
    if facts.all["seconds"].value:  # of a run that is not through nobody knows
        found.append(("time", (figures.clock(facts.all["seconds"]),)))
    return Named(tuple(found), tiles=True)


def _costs(facts: Facts) -> list[tuple[str, Spans]]:
    """Return what a miss costs in false alarms, and who says so."""
    costs = facts.all["costs"] or facts.decision
    if not costs["cost_fn"]:
        return []
    whose = "assumed" if costs["assumed"].value else "given"
    what = "a miss" if facts.rarest is None else f"a missed row of {facts.rarest}"
    return [(f"costs, {whose}: {what} to a false alarm", (figures.cost_ratio(costs),))]


def dataset(facts: Facts) -> Section | None:
    """Return the table: its classes, the roles of its columns, what was advised."""
    of = facts.dataset
    if not of:
        return None
    about: list[tuple[str, Spans]] = [
        ("table", (of.text("name"),)),
        ("rows × columns", (count(of["rows"]), " × ", count(of["columns"]))),
        ("target", (Code(of.text("target")),)),
    ]
    if of["positive"].value is not None:
        about.append(("positive class", (Code(of.text("positive")),)))
    if of["sampled"]:
        about.append(("a sample of", (count(of["sampled"]["of"]), " rows of the file")))
    if of["fingerprint"]:
        about.append(("SHA-256 of all cells used", (Code(of.text("fingerprint")),)))
    blocks: list[Block] = [Named(tuple(about)), _classes(facts)]
    roles = _roles(of["roles"])
    if roles is not None:
        wide = len(of["roles"].value) > _MOST_NAMES
        blocks.append(Fold("Roles of the columns", (roles,)) if wide else roles)
    items = tuple(_advice(one) for one in of["advice"].each())
    if items:
        blocks.append(Items(items, "Advice"))
    return Section("data", "The data", tuple(blocks))


def _classes(facts: Facts) -> Table:
    known = list(facts.dataset["classes"].items())
    rows_of = tuple(at for _, at in known)
    rows = []
    for name, at in known:
        share = percent(at, of=rows_of)
        part = at.value / max(1, sum(one.value for one in rows_of))
        train, test = (facts.split[side].of(name) for side in ("train", "test"))
        label: Spans = (name,)
        if name == facts.dataset["positive"].value:
            label = (Strong(name), " (positive)")
        rows.append(
            (
                cell(*label),
                cell(count(at)),
                cell(share, bars=(part,)),
                cell(count(train)),
                cell(count(test)),
            )
        )
    titles = ("class", "rows", "share", "training rows", "test rows")
    columns = tuple(Column(title, number=n > 0) for n, title in enumerate(titles))
    return Table("Classes", columns, tuple(rows))


def _roles(roles: At) -> Table | None:
    by_role: dict[str, list[str]] = {}
    for name, role in sorted((roles.value or {}).items()):
        by_role.setdefault(str(role), []).append(str(name))
    order = sorted(by_role, key=lambda r: _ROLES.index(r) if r in _ROLES else 9)
    rows = tuple((cell(role), cell(*_listed(by_role[role]))) for role in order)
    columns = Column("role", number=False), Column("columns", number=False)
    return Table("Roles", columns, rows) if rows else None


def _listed(names: list[str]) -> Spans:
    out: list[str | Code] = []
    for n, name in enumerate(names):
        out += [", "] if n else []
        out.append(Code(name))
    return tuple(out)


def _advice(one: At) -> Item:
    cause = f" Why it matters: {one.text('cause')}." if one["cause"] else ""
    return Item(
        "!",
        (f"{one.text('message')}.{cause}",),
        one.text("code"),
        "warn",
        (one.text("remedy"),),
    )


# The hold-out, and the proof ----------------------------------------------------------


def proof(facts: Facts) -> Section | None:
    """Return how rows were held out, and what shows that none was learned from."""
    split = facts.split
    if not split:
        return None
    train, test = (
        tuple(at for _, at in split[side].items()) for side in ("train", "test")
    )
    about: list[tuple[str, Spans]] = [
        ("training rows", (count(*train), ", ", percent(*train, of=(*train, *test)))),
        ("test rows", (count(*test), ", ", percent(*test, of=(*train, *test)))),
        ("drawn", how(facts)),
        ("SHA-256 of the test rows", (Code(split.text("test_fingerprint")),)),
    ]
    text = (
        "Test rows were looked at once, after parameters, thresholds and calibration "
        "were frozen from out-of-fold scores; arms changed training rows only."
    )
    return Section(
        "proof",
        "Held out, and not leaked",
        (Prose((text,), "dim"), Named(tuple(about)), _checks(facts)),
    )


def _checks(facts: Facts) -> Block:
    found = facts.all["proof"]
    if not found:
        text = "The proof is written once all arms are through; this run is not."
        return Prose((text,), "warn")
    before, after = (
        found.text(f"test_fingerprint_{when}") for when in ("before", "after")
    )
    first = facts.split.text("test_fingerprint")
    checks: list[tuple[bool, Spans]] = [
        (
            before == after == first,
            ("test rows, SHA-256 before ", Code(before), " and after ", Code(after)),
        ),
        (
            bool(found["test_counts_unchanged"].value),
            (
                "class counts of the test rows unchanged: ",
                _yes(found, "test_counts_unchanged"),
            ),
        ),
        _none(found, "synthetic_rows_in_validation", "synthetic rows in validation: "),
        (
            bool(found["validation_rows_equal_across_arms"].value),
            (
                "every arm was validated on the same rows: ",
                _yes(found, "validation_rows_equal_across_arms"),
            ),
        ),
        _none(
            found,
            "judged_rows_learned_from",
            "test or validation rows that an encoding or a sampler saw: ",
        ),
    ]
    items = tuple(
        Item("✓" if held else "✗", spans, "", "good" if held else "bad")
        for held, spans in checks
    )
    return Items(items, "Proof")


def _yes(found: At, key: str) -> Strong:
    return Strong("yes" if found[key].value else "no")


def _none(found: At, key: str, text: str) -> tuple[bool, Spans]:
    return found[key].value == 0, (text, count(found[key]))


def how(facts: Facts) -> Spans:
    """Say in words how the test rows were chosen."""
    split, data = facts.experiment["split"], facts.experiment["data"]
    if data["test_source"]:
        return ("a second table: ", Code(data.text("test_source")))
    if split["by"]:
        return ("by the column ", Code(split.text("by")), ", which names the test rows")
    share: Spans = (percent(split["test_size"]), " of the rows")
    if split["time"]:
        return ("the latest ", *share, ", by the column ", Code(split.text("time")))
    kept = "stratified" if split["stratify"].value else "not stratified"
    text: Spans = (*share, f", {kept}, seed ", Code(facts.experiment.text("seed")))
    if split["group"]:
        column = Code(split.text("group"))
        return (*text, "; groups of the column ", column, " stay on one side")
    if split.text("duplicates") == "together":
        text = (*text, "; equal rows stay on one side, unless too many to be copies")
    return text
