"""What docs say of fields is what is declared of them."""

import json

import msgspec
import pytest

from engine.core.presets import PRESETS, preset
from tests.support import field_pages


@pytest.mark.parametrize("path", field_pages.files(), ids=lambda path: path.name)
def test_docs_equal_their_generator(path):
    said = "python -m tests.support.field_pages"
    assert path.read_text("utf-8") == field_pages.files()[path], said


def test_the_schema_admits_every_preset_and_knows_the_bounds():
    schema = json.loads((field_pages.DOCS / "experiment.schema.json").read_text())
    parts = schema["$defs"]
    assert parts["SearchSpec"]["properties"]["folds"]["minimum"] == 2
    assert parts["DecisionSpec"]["properties"]["recall_floor"]["exclusiveMinimum"] == 0
    for name in PRESETS:
        for section, given in msgspec.to_builtins(preset(name, source="a")).items():
            at = parts["Experiment"]["properties"][section]
            if "$ref" in at:
                part = parts[at["$ref"].rpartition("/")[2]]
                assert set(given) <= set(part["properties"])
