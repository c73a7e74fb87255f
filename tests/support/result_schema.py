"""docs/result.schema.json, made from the result's struct.

``python -m tests.support.result_schema > docs/result.schema.json`` writes it anew.
"""

import sys

import msgspec

from engine.core import Result
from engine.core.outcome import ClassConfusion, ClassPoint, Confusion, OperatingPoint


def schema():
    """Return the JSON Schema of what `imbtui show --json` prints."""
    untagged = (OperatingPoint, ClassPoint, Confusion, ClassConfusion)
    (of_result, *_), parts = msgspec.json.schema_components(
        [Result, *untagged], ref_template="#/$defs/{name}"
    )
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    made = head | {"title": "The result of an imbtui run"} | of_result
    text = msgspec.json.encode(made | {"$defs": parts})
    return msgspec.json.format(text, indent=1).decode() + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema())
