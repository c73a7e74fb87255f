"""The report: its figures are the document's, and it needs nothing else."""

from __future__ import annotations

import base64
import hashlib
import math
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from engine.core.curve import precision_recall, roc
from engine.core.experiment import Experiment
from engine.core.exports import ExportRequest
from engine.core.views.report.parts import text as as_text
from engine.evaluate.verdict.words import CODES
from engine.export.report import layout, markdown
from engine.export.write import plan, write
from engine.io.toml.reading import load_toml
from tests.support import finished, several_splits
from tests.support import report_samples as samples
from tests.support.documents import build, typed
from tests.support.report_samples import Read, changed, follow


@pytest.fixture(scope="module")
def made():
    """The run of two classes, and its document with a few of its arms."""
    store, run, document = samples.stored()
    return store, run, samples.of_few(document)


@pytest.fixture(scope="module")
def several():
    return samples.several()


@pytest.fixture(scope="module", params=["two", "several"])
def document(request, made, several):
    return samples.stored()[2] if request.param == "two" else several


@pytest.fixture(scope="module")
def page(document):
    return samples.page(document)


@pytest.fixture(scope="module")
def read_page(page):
    """What is in the page; nobody changes it."""
    return Read(page)


# Every figure -------------------------------------------------------------------------


def exact(document, given):
    """What a figure should be, by its paths."""
    top = sum(follow(document, path) for path in given["data-path"].split())
    whole = given.get("data-of", "").split()
    times = int(given.get("data-times", 1))
    return times * top / sum(follow(document, p) for p in whole) if whole else top


def said(text):
    """Return the number that a text says, and how far off it may be."""
    text = text.replace(",", "").replace("−", "-").removesuffix(":1")
    if re.fullmatch(r"(\d+:)?\d+:\d\d", text):
        parts = [int(part) for part in text.split(":")]
        return sum(60**n * part for n, part in enumerate(reversed(parts))), 0.5
    scale = 100.0 if text.endswith("%") else 1.0
    found = re.fullmatch(r"([<>]?)([+-]?\d+(?:\.\d+)?(?:e[+-]\d+)?)(?: %)?", text)
    assert found, text
    number = float(found[2])
    mantissa, _, power = found[2].partition("e")
    digits = len(mantissa.partition(".")[2])
    off = 0.5 * 10.0 ** (int(power or 0) - digits) / scale
    # "<0.01" is below half of it, ">99 %" above the half of what is left.
    return number / scale, off if not found[1] else 2 * off


def check_figures(document, read):
    """Every figure is the document's, as exactly as it is written."""
    assert len(read.figures) > 300
    for given, text in read.figures:
        value = float(given["value"])
        assert value == exact(document, given), given
        number, off = said(text)
        assert abs(number - value) <= off * (1 + 1e-9), (text, given)


def test_every_figure_is_the_documents(document, read_page):
    check_figures(document, read_page)


def test_comparisons_of_several_models_stand_under_their_model():
    document = finished.two_models().document()
    read = Read(samples.page(document))
    check_figures(document, read)
    for of in ("across models", "logistic", "xgboost"):
        assert f"Average precision, {of}" in read.text
    assert "By model" in read.text
    for one in document["verdict"]["by_model"]:
        assert f"{one['model']}: " in read.text
        assert CODES[one["code"]].title in read.text


def test_figures_of_several_splits_are_the_documents(two_classes):
    document = build(several_splits.several(two_classes.state()), run="7f")
    read = Read(samples.page(document))
    check_figures(document, read)
    assert not [cell for cell in read.cells if re.search(r"\d", cell)]
    for said_there in ("Does it stand in other splits?", "VRD222", "over 20 splits"):
        assert said_there in read.text


def test_a_cell_of_numbers_holds_figures_and_no_other_digit(read_page):
    assert len(read_page.cells) > 300
    assert not [cell for cell in read_page.cells if re.search(r"\d", cell)]


def test_a_wrong_figure_would_be_seen(made):
    document = changed(made[2])
    read = Read(samples.page(document))
    document["arms"][0]["test"]["brier"] += 1e-9
    assert any(
        float(given["value"]) != exact(document, given) for given, _ in read.figures
    )


def test_what_is_said_in_words_is_said_whole(document, read_page):
    text = read_page.text
    verdict = document["verdict"]
    remarks = verdict["reasons"] + verdict["doubts"]
    sentences = [verdict["headline"], verdict["recommendation"]]
    sentences += [r["text"] for r in remarks] + document["warnings"]
    sentences += [
        a[key] for a in document["dataset"]["advice"] for key in ("message", "fix")
    ]
    for sentence in sentences:
        assert sentence.replace("`", "") in text
    for code in [*(r["code"] for r in remarks), verdict["code"]]:
        assert code in text
    assert text.count(document["split"]["test_fingerprint"]) == 3
    for name, version in document["versions"].items():
        assert name in text
        assert version in text


def test_every_arm_is_on_the_board_the_fewest_missed_first(made):
    document = made[2]
    page = samples.page(document)
    board = page.split('id="board"')[1].split("</tbody>")[0].split("<tbody>")[1]
    missed = {
        arm["name"]: arm["operating_points"][0]["confusion"]["fn"]
        for arm in document["arms"]
    }
    cells = [int(v) for v in re.findall(r'value="(\d+)" data-path="\S+\.fn"', board)]
    assert cells == sorted(missed.values())


def test_curves_have_every_point_of_the_sweep(made):
    document = made[2]
    page = samples.page(document)
    for id, curve in (("pr0", precision_recall), ("roc0", roc)):
        drawn = page.split(f"{id}-desc")[2].split("</figure>")[0]
        lines = re.findall(r'<polyline class="l [^"]+" points="([^"]+)"', drawn)
        counts = sorted(len(line.split()) for line in lines)
        expected = []
        for arm in document["arms"]:
            point = arm["operating_points"][0]["confusion"]
            sides = point["fn"] + point["tp"], point["fp"] + point["tn"]
            expected.append(len(curve(arm["sweep"], *sides)))
        assert counts == sorted(expected)


def test_markdown_has_the_same_figures(document, read_page):
    page = layout(typed(document))
    text = markdown(page).replace("\\", "")
    shown = {said for _, said in read_page.figures}
    assert not [one for one in shown if one not in text]
    assert not re.search(r"<(?!0|1 )", markdown(page).replace("\\<", ""))


def test_the_first_lines_say_what_to_do_with_its_matrix_and_its_costs(document):
    choice = document["verdict"]["choice"]
    assert choice["at"] == "recommended"
    page = layout(typed(document), when=1_795_000_000.0, author="A. Lovelace")
    call, lead, matrices, per_1000, origin, tiles, *rest = page.top
    assert (call.look, lead.look) == ("call", "lead")
    (matrix,) = matrices.matrices
    assert matrix.title.startswith(f"{choice['arm']}, recommended (cost")
    counts = [int(b.figure.value) for _, boxes in matrix.rows for b in boxes]
    found = choice["confusion"]
    if "matrix" in found:
        assert counts == [n for row in found["matrix"] for n in row]
    else:
        assert counts == [found[name] for name in ("tn", "fp", "fn", "tp")]
    about = {name: as_text(spans) for name, spans in origin.facts}
    assert about["run"] == f"{document['run']}, 2026-11-18 11:06 UTC"
    assert about["run by"] == "A. Lovelace"
    assert about["imbtui"] == document["imbtui"]
    assert about["test rows"] == f"{sum(document['split']['test'].values()):,}"
    assert per_1000.title == "Per 1,000 test rows"
    alerts, hits, missed, alarms, _ = (
        float(cell.spans[0].text.replace(",", "")) for cell in per_1000.rows[0][1:]
    )
    assert abs(alerts - hits - alarms) < 0.11
    of = document["split"]["test"]
    rarest = min(of, key=of.get)
    assert abs(hits + missed - 1000 * of[rarest] / sum(of.values())) < 0.11
    (name, (ratio,)), *others = tiles.facts
    assert name.startswith("costs, assumed: a miss")
    assert float(ratio.value) == document["costs"]["cost_fn"]
    assert others[0][0] == "test rows"
    assert f"imbtui export {document['run']} --as bundle" in str(rest)


def test_costs_that_were_given_are_said_so(made):
    costs = made[2]["costs"] | {"cost_fn": 12.5, "assumed": False}
    tiles = layout(typed(changed(made[2], costs=costs))).top[5]
    name, (ratio,) = tiles.facts[0]
    assert (name, ratio.text) == ("costs, given: a miss to a false alarm", "12.5:1")
    text = Read(samples.page(changed(made[2], costs=costs))).text
    assert "operating point: recommended (cost 12.5:1)" in text


def test_nothing_is_exported_where_nothing_is_recommended(made):
    verdict = made[2]["verdict"] | {"choice": None}
    text = Read(samples.page(changed(made[2], verdict=verdict))).text
    assert "--as bundle" not in text


def test_the_board_is_at_the_recommended_point_with_what_is_known_of_it(made):
    arms = changed(made[2])["arms"]
    arms[0]["operating_points"][0]["note"] = "asked for more than came of it"
    arms[0]["unseen"] = {"rows": 60, "positives": 5, "average_precision": 0.125}
    board = layout(typed(changed(made[2], arms=arms))).sections[0]
    text = str(board)
    assert "The board: recommended (cost " in text
    assert "asked for more than came of it" in text
    assert "Test rows without a duplicate among the training rows: " in text
    assert "'0.125'" in text


def test_too_few_folds_have_no_interval(made):
    def shown(folds):
        rows = [row | {"folds": folds} for row in made[2]["folds"]]
        return Read(samples.page(changed(made[2], folds=rows))).text

    assert made[2]["folds"]
    assert "too few folds" in shown(4)
    assert "too few folds" not in shown(5)


def test_too_few_test_rows_are_said(made):
    split = made[2]["split"]
    few = changed(split, test=dict.fromkeys(split["test"], 9))
    text = Read(samples.page(changed(made[2], split=few))).text
    assert "Few differences are tested: there are 9 test rows of " in text


def test_costs_without_an_interval_say_why(made):
    won = made[2]["cost_winners"][0] | {"difference": -3.5, "ci": None}
    text = Read(samples.page(changed(made[2], cost_winners=[won]))).text
    assert "−3.5" in text
    assert "too few test rows for an interval" in text


def test_recall_by_class_is_in_a_table_of_its_own(several):
    row = several["comparison"][0] | {"metric": "recall", "at": "fixed"}
    rows = [row | {"class": klass} for klass in ("high", "mid")]
    text = Read(samples.page(changed(several, comparison=rows))).text
    for klass in ("high", "mid"):
        assert f"Recall of class {klass} at most probable" in text


# One file -----------------------------------------------------------------------------


def test_nothing_is_loaded_and_nothing_runs(read_page):
    read = read_page
    tags = {tag for tag, _ in read.tags}
    assert not tags & {"script", "img", "iframe", "object", "embed", "base", "form"}
    for tag, name, value in read.attributes:
        assert not name.startswith("on"), (tag, name)
        assert name not in ("src", "srcset", "style", "action", "xlink:href")
        if name == "href":
            assert value.startswith("#") or value == "data:,"
    ids = [value for _, name, value in read.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    targets = {
        v[1:] for _, name, v in read.attributes if name == "href" and v[0] == "#"
    }
    assert targets <= set(ids)


def test_the_point_allows_the_one_style_sheet_only(page):
    style = page.split("<style>")[1].split("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style
    assert len(style) < 20_000
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    at = re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1]
    assert at.startswith("default-src 'none'; ")
    assert f"style-src 'sha256-{digest}';" in at
    assert at.endswith("; base-uri 'none'; form-action 'none'")
    assert "unsafe" not in at


def test_every_attribute_is_quoted(page):
    for tag in re.findall(r"<[a-z][^<>]*>", page.split("</style>")[1]):
        assert re.fullmatch(r'<[a-z0-9]+(?: [a-zA-Z0-9-]+="[^"<>]*")*/?>', tag), tag


def test_it_is_readable_without_eyes_or_colours(read_page):
    read = read_page
    assert read.headings[0] == 1
    assert read.headings.count(1) == 1
    for before, after in pairwise(read.headings):
        assert after <= before + 1
    for tag, names in read.tags:
        if tag == "th":
            assert "scope" in names
        if tag == "svg":
            # Drawn with a title, or not read out, or a part of another.
            assert {"role", "aria-hidden", "x"} & set(names)
    assert "▶" in read.text


def test_six_arms_stay_small(made):
    document = changed(made[2])
    arms, names = [], []
    for n in range(6):
        arm = changed(document["arms"][n % 2], name=f"arm {n}")
        arm["sweep"] = [[1 - k / 640, 3 * k, k // 8] for k in range(640)]
        (trial,) = arm["search"]["history"]
        history = [trial | {"trial": k} for k in range(20)]
        arms.append(changed(arm, search=arm["search"] | {"history": history}))
        names.append(arm["name"])
    rows = [
        row | {"a": name} for name in names[1:] for row in document["comparison"][:10]
    ]
    page = samples.page(document | {"arms": arms, "comparison": rows})
    assert len(page.encode()) < 400_000


# Written ------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", [".html", ".md"])
def test_it_is_written_twice_the_same(made, tmp_path, ending):
    store, run, _ = made
    out = [tmp_path / f"{n}{ending}" for n in range(2)]
    for path in out:
        asked = ExportRequest(store=store, run=run, kind="report", path=str(path))
        (planned,) = plan(asked).files
        assert planned.name == f"report{ending}"
        assert not path.exists()
        (written,) = write(asked).files
        assert written.bytes == path.stat().st_size
    assert out[0].read_bytes() == out[1].read_bytes()
    assert (
        out[0].read_text("utf-8").startswith("<!DOCTYPE" if ending == ".html" else "# ")
    )


def test_a_preview_loads_no_template_engine():
    code = (
        "import sys, engine, engine.export.report as r;"
        "r.markdown(r.layout(engine.build_result(engine.State(), run='a')));"
        "print([n for n in ('jinja2', 'pandas', 'numpy') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


# Every run has a page -----------------------------------------------------------------


def unfinished(arm):
    return changed(
        arm,
        status="running",
        operating_points=[],
        test=None,
        sweep=[],
        calibration=[],
        cost_steps=[],
    )


def failed(arm):
    told = {"message": "too few rows", "fix": "collect more"}
    error = {"code": "ARM", "field": None, **told}
    return changed(unfinished(arm), status="failed", error=error)


NOTHING = {
    "comparison": [],
    "folds": [],
    "cost_winners": [],
    "detectable": [],
    "matched": [],
    "verdict": None,
    "proof": None,
}


@pytest.mark.parametrize("form", ["html", "markdown"])
@pytest.mark.parametrize(
    "state",
    ["running", "interrupted", "cancelled", "failed", "no arm", "nothing", "alone"],
)
def test_every_run_has_a_page(document, state, form):
    first, *rest = document["arms"]
    arms = [first, *map(unfinished, rest)]
    told = {"status": state, **NOTHING}
    expected = {
        "running": "still running",
        "interrupted": "imbtui resume",
        "cancelled": "cancelled: ",
        "failed": "failed: out of memory",
        "no arm": "No arm has a result",
        "nothing": "Do it again",
        "alone": "The arms were not compared",
    }[state]
    if state == "failed":
        cause = {"message": "out of memory", "fix": "less"}
        told["error"] = {"code": "X", "field": None, **cause}
        arms = [failed(first), *map(failed, rest)]
    elif state in ("no arm", "alone"):
        told["status"] = "done"
        arms = [failed(arm) for arm in arms] if state == "no arm" else [first]
    elif state == "nothing":
        told |= {"status": "running", "dataset": None, "split": None, "versions": {}}
        told |= {"work": dict.fromkeys(document["work"], 0), "seconds": 0.0}
        arms = []
    given = changed(document, arms=arms, **told)
    if form == "html":
        read = Read(samples.page(given))
        assert expected in read.text
        for one, text in read.figures:
            number, off = said(text)
            assert float(one["value"]) == exact(given, one)
            assert math.isclose(number, float(one["value"]), abs_tol=off * (1 + 1e-9))
    else:
        assert expected.split("`")[0] in markdown(layout(typed(given))).replace(
            "**", ""
        )


def test_a_failed_arm_says_why_and_what_to_do(made):
    first, *rest = made[2]["arms"]
    text = Read(samples.page(changed(made[2], arms=[first, *map(failed, rest)]))).text
    assert f"failed {', '.join(arm['name'] for arm in rest)}: too few rows" in text
    assert "→ collect more" in text


def test_a_leak_is_not_passed_over(made):
    proof = made[2]["proof"] | {"synthetic_rows_in_validation": 3}
    page = samples.page(changed(made[2], proof=proof))
    assert page.count("✗") == 1
    assert samples.page(made[2]).count("✗") == 0


def test_notes_and_tags_are_the_persons_own(made):
    text = Read(samples.page(changed(made[2], note="try again", tags=["a", "b"]))).text
    assert "try again" in text
    assert "#a · #b" in text


def test_the_experiment_on_the_page_is_the_experiment(document, read_page):
    (toml,) = (t for t in read_page.texts if "[data]" in t)
    run = msgspec.convert(document["experiment"], Experiment)
    # What is given away names the table, and no folder.
    data = msgspec.structs.replace(run.data, source=Path(run.data.source).name)
    assert load_toml(toml) == msgspec.structs.replace(run, data=data)
