"""How the run is repeated, and what was warned of: the last sections of the page."""

from __future__ import annotations

import json

import msgspec

from engine.errors import EngineError
from engine.export.page.facts import Facts
from engine.export.page.figures import count
from engine.export.page.parts import (
    Block,
    Code,
    Column,
    Fold,
    Item,
    Items,
    Listing,
    Prose,
    Section,
    Table,
    cell,
)
from engine.export.page.parts import Facts as Named
from engine.export.page.text import toml_visible
from engine.spec import Experiment, dump_toml

__all__ = ["again", "warnings"]


def warnings(facts: Facts) -> Section | None:
    """Return what libraries and the engine warned of."""
    said = facts.all["warnings"].value or ()
    if not said:
        return None
    items = tuple(Item("⚠", (str(text),), "", "warn") for text in said)
    return Section("warnings", "Warnings", (Items(items),))


def again(facts: Facts) -> Section:
    """Return how to repeat the run: its file, the command, the split, versions."""
    run = facts.all.text("run")
    lines = (
        f"imbtui export {run} --as experiment -o experiment.toml",
        "imbtui run experiment.toml",
        f"imbtui show {run} --json",
    )
    text = (
        "The same experiment with the same seed and versions gives the same numbers to "
        "the last bit, with any number of processes: write it out, run it, and read "
        "every figure of this page in the result document."
    )
    blocks: list[Block] = [Prose((text,)), Listing(lines, "sh")]
    toml = _toml(facts)
    if toml:
        blocks.append(Fold("The experiment, experiment.toml", (Listing(toml, "toml"),)))
    blocks += _split(facts)
    versions = facts.all["versions"].value or {}
    named = tuple((str(name), (Code(str(v)),)) for name, v in sorted(versions.items()))
    if named:
        blocks += [Prose(("Versions",), "title"), Named(named)]
    work = facts.all["work"]
    if work:
        rows = tuple(
            (cell(key.replace("_", " ")), cell(count(work[key]))) for key in work.value
        )
        columns = Column("work", number=False), Column("units")
        note = "Exact counts, and so comparable where seconds are not."
        blocks.append(Fold("Work done", (Table("", columns, rows, (note,)),)))
    return Section("again", "Do it again", tuple(blocks))


def _toml(facts: Facts) -> tuple[str, ...]:
    """Return the lines of the experiment; none if it is none of today's."""
    try:
        experiment = msgspec.convert(facts.experiment.value, Experiment)
    except (msgspec.ValidationError, EngineError):
        return ()
    return tuple(toml_visible(dump_toml(experiment)).rstrip("\n").split("\n"))


def _split(facts: Facts) -> list[Block]:
    """Return the line that draws the same test rows, if rows are simply drawn."""
    split, rows = facts.experiment["split"], facts.dataset["rows"].value
    drawn = not any(split[key] for key in ("group", "time", "by"))
    if not rows or not drawn or facts.experiment["data"]["test_source"]:
        return []
    stratify = "y" if split["stratify"].value else "None"
    lines = (
        "import numpy as np",
        "from sklearn.model_selection import train_test_split",
        "",
        "train, test = train_test_split(",
        f"    np.arange({json.dumps(rows)}),",
        f"    test_size={json.dumps(split['test_size'].value)},",
        f"    random_state={json.dumps(facts.experiment['seed'].value)},",
        f"    stratify={stratify},",
        ")",
    )
    text = (
        "The test rows, as numbers from 0 of the rows that have a target, are "
        "scikit-learn's own draw"
    )
    if stratify == "y":
        text += ", with y for the target of those"
    if split.text("duplicates") == "together":
        text += ", where no two rows are equal in every feature (else they go together)"
    return [Prose((f"{text}:",)), Listing(lines, "python")]
