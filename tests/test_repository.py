"""What others find beside the code: workflows, recipe, citation."""

import re
import tomllib

import pytest
import yaml

from engine.core.version import __version__
from tests.support.each import each
from tests.support.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
CONDA = {"xgboost": "py-xgboost", "xgboost-cpu": "py-xgboost"}
"""Names that differ; of the two wheels there is one package."""


def read(path):
    return yaml.safe_load((ROOT / path).read_text("utf-8"))


def steps(workflow):
    jobs = read(workflow)["jobs"].values()
    return [step for job in jobs for step in job["steps"]]


def test_workflows_call_what_there_is_and_may_only_read():
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M)
    with each() as row:
        for path in WORKFLOWS:
            with row(path.name):
                assert read(path)["permissions"] == {"contents": "read"}
                for step in steps(path):
                    if "checkout" in step.get("uses", ""):
                        assert step["with"]["persist-credentials"] is False
                    for target in re.findall(r"make ([\w-]+)", step.get("run", "")):
                        assert target in targets


def test_every_declared_python_is_tested():
    declared = {c.rpartition(" ")[2] for c in PROJECT["classifiers"] if ":: 3." in c}
    for name, job in (("ci", "test"), ("nightly", "install")):
        matrix = read(f".github/workflows/{name}.yml")["jobs"][job]["strategy"]
        assert declared <= {*matrix["matrix"]["python"]}


def test_the_first_command_of_the_readme_is_run_every_night():
    readme = (ROOT / "README.md").read_text("utf-8")
    (first,) = re.findall(r"## One command\n\n`([^`]+)`", readme)
    ran = [step.get("run", "") for step in steps(".github/workflows/nightly.yml")]
    assert f"clean/bin/{first} --store runs.db" in ran


def test_the_recipe_needs_what_the_wheel_needs():
    recipe = read("conda/recipe.yaml")
    found = {*recipe["requirements"]["run"]} - {"__unix"}
    parts = (re.match(r"([\w-]+)([^;]*)", need) for need in PROJECT["dependencies"])
    wanted = {f"{CONDA.get(m[1], m[1])} {m[2].strip()}" for m in parts}
    assert found == wanted | {f"python {PROJECT['requires-python']}"}
    (script,) = PROJECT["scripts"].items()
    assert recipe["build"]["python"]["entry_points"] == [" = ".join(script)]


@pytest.mark.parametrize("path", ["CITATION.cff", "conda/recipe.yaml"])
def test_versions_are_that_of_the_program(path):
    document = read(path)
    assert document.get("version", document.get("context", {}).get("version")) == (
        __version__
    )


def test_forms_for_issues_can_be_filled_in():
    with each() as row:
        for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("[!c]*.yml"):
            with row(path.name):
                form = read(path)
                assert form["name"]
                assert form["description"]
                ids = [part["id"] for part in form["body"]]
                assert len({*ids}) == len(ids)
                assert any(
                    p.get("validations", {}).get("required") for p in form["body"]
                )
