"""The result of a run as one typed value, and as JSON."""

import json

import jsonschema
import msgspec
import pytest

from engine.core.errors import UsageError
from engine.core.outcome import ClassConfusion, ClassPoint, Confusion, OperatingPoint
from engine.core.result import Result, build, decode
from engine.core.state import State
from imbtui import dump_toml, load_toml
from tests.support import finished, result_schema
from tests.support.console_samples import events, failed, state_of
from tests.support.paths import ROOT

KINDS = {
    "two classes and an ensemble": finished.two_classes,
    "several classes": finished.several_classes,
    "an arm that failed": finished.failed_arm,
    "cancelled": finished.cancelled,
    "failed before its first result": finished.without_result,
}


@pytest.fixture(params=KINDS)
def result(request) -> Result:
    run = KINDS[request.param]()
    return build(run.state(), run=run.run)


def test_it_is_the_same_after_a_round_trip(result):
    text = msgspec.json.encode(result)
    assert msgspec.json.decode(text, type=Result) == result
    assert decode(text, "a.json") == result


@pytest.mark.parametrize("count", range(0, 30, 3))
def test_so_is_one_of_a_run_that_is_not_over(count):
    some = [*events(), failed("smote")][:count]
    found = build(state_of(some) if some else State(), run="x")
    assert decode(msgspec.json.encode(found), "a.json") == found


def test_points_and_counts_have_their_type_again():
    two, several = (
        decode(msgspec.json.encode(build(run.state(), run="x")), "a.json")
        for run in (finished.two_classes(), finished.several_classes())
    )
    for found, point, counts in (
        (two, OperatingPoint, Confusion),
        (several, ClassPoint, ClassConfusion),
    ):
        assert {type(p) for a in found.arms for p in a.operating_points} == {point}
        assert isinstance(found.verdict.choice.confusion, counts)


def test_an_arm_says_what_treats_the_imbalance_and_what_learns():
    run = finished.two_classes()
    found = {a.name: (a.method, a.model) for a in build(run.state(), run="x").arms}
    ensemble = finished.ENSEMBLE
    assert found["smote-enn"] == ("smote-enn", "xgboost")
    assert found["weights"] == ("weights", "xgboost")
    assert found[ensemble] == (ensemble, ensemble)
    run = finished.failed_arm()
    (hopeless,) = build(run.state(), run="x").arms[1:]
    assert hopeless.method == "kmeans-smote:cluster_balance_threshold=1"


def test_what_is_optional_is_not_there_without_a_value():
    run = finished.failed_arm()
    plain = msgspec.to_builtins(build(run.state(), run="x"))
    good, bad = plain["arms"]
    assert "classes" not in good
    assert {"sweep", "unseen"} <= set(good)
    assert not {"sweep", "repair", "unseen", "classes"} & set(bad)
    assert set(bad["error"]) == {"code", "field", "message", "fix"}
    assert not {"note", "tags"} & set(plain)


def _sort_alternatives(found):
    if "anyOf" in found:
        found["anyOf"].sort(key=json.dumps)
    return found


@pytest.mark.parametrize("name", result_schema.KINDS)
def test_published_schemas_are_those_of_the_structs(name):
    def read(text):
        """Return a schema whose alternatives have one order: that of msgspec varies."""
        return json.loads(text, object_hook=_sort_alternatives)

    text = (ROOT / "docs" / f"{name}.schema.json").read_text("utf-8")
    assert read(text) == read(result_schema.schema(name)), (
        f"python -m tests.support.result_schema {name} > docs/{name}.schema.json"
    )


def test_results_keep_to_the_schema(result):
    result_schema.check("result", msgspec.json.encode(result))
    plain = msgspec.to_builtins(result)
    points = [point for arm in plain["arms"] for point in arm["operating_points"]]
    for point in points[:1]:
        point["confusion"] = 5
        with pytest.raises(jsonschema.ValidationError):
            result_schema.check("result", msgspec.json.encode(plain))


def test_experiments_of_results_keep_to_theirs(result):
    if result.experiment is None:  # it failed before it had one
        return
    text = dump_toml(result.experiment)
    result_schema.check("experiment", text)
    result_schema.check("experiment", dump_toml(result.experiment, comments=True))
    assert load_toml(text) == result.experiment
    older = text.replace("schema = 1\n", "")
    assert older != text
    assert load_toml(older) == result.experiment
    with pytest.raises(UsageError, match="schema: no schema 2"):
        load_toml(text.replace("schema = 1\n", "schema = 2\n"))


def test_a_file_that_is_no_result_is_refused_with_its_field():
    text = msgspec.json.encode(build(state_of(events()), run="x"))
    wrong = text.replace(b'"threshold":0.5', b'"threshold":"half"', 1)
    with pytest.raises(UsageError, match=r"'a.json' is no result.*threshold"):
        decode(wrong, "a.json")
    with pytest.raises(UsageError, match=r"'b.json' is no result"):
        decode(b"{", "b.json")
