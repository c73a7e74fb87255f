"""The JSON Schemas of docs, each made from its struct.

``python -m tests.support.result_schema > docs/result.schema.json`` writes that of a
result anew, and ``… validation > docs/validation.schema.json`` that of a validation.
"""

import sys

import msgspec

from engine.core import Result
from engine.core.outcome import ClassConfusion, ClassPoint, Confusion, OperatingPoint
from engine.core.validation import Validation


def schema(kind=Result, title="The result of an imbtui run"):
    """Return the JSON Schema of a document."""
    untagged = (OperatingPoint, ClassPoint, Confusion, ClassConfusion)
    (of_document, *_), parts = msgspec.json.schema_components(
        [kind, *(untagged if kind is Result else ())], ref_template="#/$defs/{name}"
    )
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    made = head | {"title": title} | of_document
    text = msgspec.json.encode(made | {"$defs": parts})
    return msgspec.json.format(text, indent=1).decode() + "\n"


def validation():
    """Return that of what `imbtui validate --json` prints."""
    return schema(Validation, "An imbtui bundle on new labelled rows")


if __name__ == "__main__":
    sys.stdout.write(validation() if sys.argv[1:] == ["validation"] else schema())
