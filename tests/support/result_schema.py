"""The JSON Schemas of documents that commands print, each made from its struct.

``python -m tests.support.result_schema NAME > docs/NAME.schema.json`` writes one anew;
without a name that of a result. `check` validates a document, printed or exported.
"""

import json
import sys
import tomllib
from functools import cache
from inspect import cleandoc

import jsonschema
import msgspec

from engine.core import Result
from engine.core.outcome import ClassConfusion, ClassPoint, Confusion, OperatingPoint
from engine.core.suite import Suite
from engine.core.validation import Validation
from engine.core.views.profile import Profile
from tests.support.paths import ROOT

KINDS = {
    "result": (Result, "The result of an imbtui run"),
    "profile": (Profile, "What imbtui knows of a table before learning"),
    "validation": (Validation, "An imbtui bundle on new labelled rows"),
    "bench": (Suite, "An imbtui experiment over several tables"),
}
"""The documents with a published schema: what `imbtui … --json` prints."""
PRINTED = {
    **dict.fromkeys(("run", "demo", "rerun", "resume", "watch", "show"), "result"),
    **{"profile": "profile", "validate": "validation", "bench": "bench"},
}
"""The document of each command that prints one of them."""


def schema(name):
    """Return the JSON Schema of a kind of document."""
    kind, title = KINDS[name]
    untagged = (OperatingPoint, ClassPoint, Confusion, ClassConfusion)
    (of_document, *_), parts = msgspec.json.schema_components(
        [kind, *(untagged if kind is Result else ())],
        ref_template="#/$defs/{name}",
        schema_hook=lambda kind: {"description": "any value"},  # settings of a bench
    )
    about = parts[kind.__name__]
    if "schema" not in about["properties"]:  # as print_json adds it
        about["properties"] = {"schema": {"enum": [1]}, **about["properties"]}
        about["required"] = ["schema", *about["required"]]
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    made = head | {"title": title} | of_document
    text = json.dumps(made | {"$defs": parts})
    text = json.dumps(json.loads(text, object_hook=_clean), ensure_ascii=False)
    return msgspec.json.format(text, indent=1) + "\n"


def _clean(part):
    """Take the indent off a docstring: from Python 3.13 on it has none."""
    about = part.get("description")
    return part | {"description": cleandoc(about)} if isinstance(about, str) else part


@cache
def _validator(name):
    made = json.loads((ROOT / "docs" / f"{name}.schema.json").read_text("utf-8"))
    return jsonschema.Draft202012Validator(made)


def check(name, text):
    """Refuse a document, JSON or TOML, that is not what its published schema says."""
    toml = name in ("experiment", "settings")
    _validator(name).validate(tomllib.loads(text) if toml else json.loads(text))


if __name__ == "__main__":
    sys.stdout.write(schema(*sys.argv[1:] or ["result"]))
