"""What docs say of fields, made from their declarations: tables, JSON Schemas.

``python -m tests.support.field_pages`` writes all of it anew.
"""

import json

import msgspec

from engine.core.doc import about, fields_of
from engine.core.experiment import SECTIONS, Experiment
from engine.core.methods.grammar import Step
from tests.support.paths import ROOT
from tui.app.config import Settings
from tui.app.settings import fields, settings_struct
from tui.cli import flag

DOCS = ROOT / "docs"
BEGIN, END = (f"<!-- fields: {one} -->\n" for one in ("begin", "end"))
DRAFT = "https://json-schema.org/draft/2020-12/schema"
BOUNDS = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
}


def tables():
    """Return a table of each section of an experiment, as Markdown."""
    parts = {"": Experiment}
    for name, part in SECTIONS.items():
        parts[f"`[[{name}]]`" if name == "arms" else f"`[{name}]`"] = part
        parts |= {"A step of an arm": Step} if name == "arms" else {}
    return "\n".join(_table(name, part) for name, part in parts.items())


def _table(name, part):
    has_options = part not in (SECTIONS["arms"], Step)
    head = ["field", "default", "what it is", *(["option"] if has_options else [])]
    lines = [f"### {name}", "", about(part), ""] if name else []
    lines += [_row(head), _row(["---"] * len(head))]
    for doc in fields_of(part).values():
        default = (
            "" if doc.default in (None, msgspec.NODEFAULT) else json.dumps(doc.default)
        )
        cells = [f"`{doc.name}`", f"`{default}`" if default else "", doc.comment]
        if has_options:
            cells.append(f"`{flag(doc)}`" if doc.option else "")
        lines.append(_row(cells))
    return "\n".join([*lines, ""])


def _row(cells):
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def page(name, made):
    """Return a page of docs with its tables made anew."""
    text = (DOCS / name).read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n{made}\n{END}{rest.partition(END)[2]}"


def settings_table():
    """Return a table of the settings of the app, as Markdown."""
    lines = [_row(["setting", "default", "what it is"]), _row(["---"] * 3)]
    for name, doc in fields().items():
        default = json.dumps(getattr(Settings(), name))
        lines.append(_row([f"`{name}`", f"`{default}`", doc.comment]))
    return "\n".join([*lines, ""])


def schema(root):
    """Return the JSON Schema of a struct, with what is declared of its fields."""
    found = msgspec.json.schema(root)
    for part in (root, *SECTIONS.values(), Step):
        if (one := found["$defs"].get(part.__name__)) is None:
            continue
        one["description"] = about(part)
        for name, doc in fields_of(part).items():
            told = one["properties"][name]
            told["description"] = doc.comment
            bounds = {k: getattr(doc, k) for k in BOUNDS}
            told |= {BOUNDS[k]: v for k, v in bounds.items() if v is not None}
            if doc.example is not None:
                told["examples"] = [doc.example]
    text = json.dumps({"$schema": DRAFT, **found}, indent=1, ensure_ascii=False)
    return f"{text}\n"


def files():
    """Return the text of each file by its path."""
    return {
        DOCS / "experiment.md": page("experiment.md", tables()),
        DOCS / "settings.md": page("settings.md", settings_table()),
        DOCS / "experiment.schema.json": schema(Experiment),
        DOCS / "settings.schema.json": schema(settings_struct()),
    }


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text, "utf-8")
