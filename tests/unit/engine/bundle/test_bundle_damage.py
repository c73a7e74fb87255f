"""A bundle that was changed, damaged or made up is refused in a line."""

import json
import os
import re
import sys
import zipfile

import numpy as np
import pytest

from engine.bundle import archive
from engine.bundle.scorer import open_scorer
from engine.core.errors import DataError
from engine.train.models.port import find
from engine.train.models.xgboost_file import check_booster
from tests.support.bundles import copied, forge, forge_bytes, made
from tests.support.finished import ENSEMBLE


@pytest.fixture(scope="module")
def pristine(two_classes, tmp_path_factory):
    return made(two_classes, tmp_path_factory.mktemp("pristine") / "b", arm="untreated")


@pytest.fixture
def bundle(pristine, tmp_path):
    """A copy that may be spoilt."""
    return copied(pristine, tmp_path / "b")


def tree(model):
    return model["learner"]["gradient_booster"]["model"]["trees"][0]


def about(model):
    return model["learner"]["learner_model_param"]


def isotonic(manifest, **points):
    repair = {"method": "isotonic", "map": points}
    manifest["calibration"] = {manifest["positive"]: repair}


def test_one_bit_of_any_file_is_noticed(bundle):
    for name in ("model.json", "encoding.json", "README.md", "training_rows.bin"):
        path = bundle / name
        data = path.read_bytes()
        path.write_bytes(data[:-2] + bytes([data[-2] ^ 1]) + data[-1:])
        with pytest.raises(DataError, match=f"^{name} of .* was changed"):
            open_scorer(bundle)
        path.write_bytes(data)
    open_scorer(bundle)


def refused(pristine, folder, name, changes, says="{}"):
    """Return which changes to a file are not refused in these words."""
    failures = []
    for number, (change, word) in enumerate(changes):
        bundle = copied(pristine, folder / f"{number}")
        forge(bundle, name, change)
        try:
            open_scorer(bundle)
        except DataError as error:
            if re.search(says.format(word), str(error)) is None:
                failures.append((number, word, str(error)))
        else:
            failures.append((number, word, "it was opened"))
    return failures


OF_MANIFESTS = (
    (lambda m: m.update(version=2), "is a bundle of format 2"),
    (lambda m: m.update(training=None), "its training rows"),
    (lambda m: m["training"].update(distinct=7), "does not hold as many rows"),
    (lambda m: m.update(format="other"), "its format is 'other'"),
    (lambda m: m.update(at="lucky"), "its operating points"),
    (lambda m: m["points"][0].update(threshold=1e308), "its operating points"),
    (lambda m: m["points"][0].update(threshold=-0.1), "its operating points"),
    (lambda m: isotonic(m, scores=[0.5], probabilities=[0, 1]), "its repairs"),
    (lambda m: m.update(classes=[str(k) for k in range(10**5)]), "its classes"),
    (lambda m: m["columns"][1].update(kind="category"), "those of its encoding"),
    (lambda m: m.update(classes=["a"]), "its classes"),
    (lambda m: m.update(positive="maybe"), "its positive class"),
    (lambda m: m.update(columns=[]), "its columns"),
    (lambda m: m["files"].pop("encoding.json"), "its files"),
    (lambda m: m["files"].update({"../x": m["files"]["model.json"]}), "its files"),
    (lambda m: m["columns"].pop(1), "columns are not those of its encoding"),
)


def test_a_manifest_that_contradicts_itself(pristine, tmp_path):
    assert not refused(pristine, tmp_path, "manifest.json", OF_MANIFESTS)


OF_TREES = (
    (lambda m: tree(m)["left_children"].__setitem__(0, 99_999), "to no node"),
    (lambda m: tree(m)["left_children"].__setitem__(0, -7), "to no node"),
    (lambda m: tree(m)["left_children"].__setitem__(0, 0), "to no node"),
    (
        lambda m: tree(m)["left_children"].__setitem__(0, tree(m)["right_children"][0]),
        "comes back",
    ),
    (lambda m: tree(m)["split_indices"].__setitem__(0, 10**6), "a column that"),
    (lambda m: tree(m)["split_conditions"].pop(), "as many nodes"),
    (lambda m: tree(m).update(tree_param=[]), "Expected `object`"),
    (lambda m: about(m).update(num_feature="x"), "its parts"),
    (lambda m: tree(m)["parents"].__setitem__(1, 10**9), "another parent"),
    (lambda m: tree(m)["parents"].__setitem__(1, 5000), "another parent"),
    (lambda m: tree(m)["parents"].__setitem__(0, 0), "another parent"),
    (lambda m: tree(m)["parents"].pop(), "as many nodes"),
    (lambda m: tree(m)["sum_hessian"].append(1), "as many nodes"),
    (lambda m: tree(m)["loss_changes"].__setitem__(0, 1e39), "of 32 bits"),
    (lambda m: tree(m)["split_conditions"].__setitem__(-1, 1e30), "too large"),
    (lambda m: tree(m)["default_left"].__setitem__(0, 2), "no side for missing"),
    (lambda m: tree(m)["categories_sizes"].append(9), "categories_sizes"),
    (lambda m: tree(m)["split_type"].__setitem__(0, 1), "by categories"),
    (lambda m: about(m).update(base_score="2E0"), "is no probability"),
    (lambda m: about(m).update(base_score="[5E-1,5E-1]"), "of its classes"),
    (lambda m: about(m).update(num_class="3"), "other classes"),
    (lambda m: m["learner"]["objective"].update(name="reg:linear"), "objective"),
    (lambda m: m["learner"].pop("gradient_booster"), "required field"),
    (
        lambda m: m["learner"]["learner_model_param"].update(num_feature="99"),
        "other columns",
    ),
    (
        lambda m: m["learner"]["gradient_booster"]["model"]["tree_info"].append(0),
        "differ in number",
    ),
)


def test_a_tree_that_leads_nowhere_is_never_opened(pristine, tmp_path):
    says = "no sound XGBoost model.*{}"
    assert not refused(pristine, tmp_path, "model.json", OF_TREES, says)


def test_an_encoding_that_would_write_beside_its_place(bundle):
    def far(encoding):
        encoding["categories"][0]["kept"] = [1, 2, 77]

    forge(bundle, "encoding.json", far)
    with pytest.raises(DataError, match="file holds no sound"):
        open_scorer(bundle)


def test_what_no_bundle_holds(bundle):
    (bundle / "model.pkl").write_bytes(b"\x80\x04.")
    open_scorer(bundle)  # nobody looks at it
    (bundle / "model.json").unlink()
    with pytest.raises(DataError, match=r"lacks its model\.json"):
        open_scorer(bundle)
    os.mkfifo(bundle / "model.json")
    with pytest.raises(DataError, match="no regular file"):
        open_scorer(bundle)
    (bundle / "model.json").unlink()
    (bundle / "model.json").symlink_to("/etc/passwd")
    with pytest.raises(DataError, match="cannot read the bundle"):
        open_scorer(bundle)


def test_a_zip_that_leads_out(bundle, tmp_path):
    path = tmp_path / "b.zip"
    for name in ("../model.json", "/model.json", "a/model.json"):
        with zipfile.ZipFile(path, "w") as packed:
            packed.write(bundle / "manifest.json", "manifest.json")
            packed.writestr(name, b"{}")
        with pytest.raises(DataError, match=r"lacks its model\.json"):
            open_scorer(path)
        assert sorted(one.name for one in tmp_path.iterdir()) == ["b", "b.zip"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_other_zips_and_other_files(bundle, tmp_path, monkeypatch):
    path = tmp_path / "b.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.write(bundle / "manifest.json", "manifest.json")
        packed.writestr("manifest.json", b"{}")
    with pytest.raises(DataError, match="its format is ''"):
        open_scorer(path)
    monkeypatch.setattr(archive, "MOST_BYTES", 1000)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.write(bundle / "manifest.json", "manifest.json")
        packed.writestr("model.json", b" " * 10**6)  # a bomb, in small
    with pytest.raises(DataError, match=r"at most 1\.0 kB are read"):
        open_scorer(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:400] + b"\0" * 50 + whole[450:])
    with pytest.raises(DataError):
        open_scorer(path)
    (tmp_path / "t.csv").write_text("a\n1\n")
    for other in (tmp_path / "t.csv", tmp_path, tmp_path / "gone"):
        with pytest.raises(DataError):
            open_scorer(other)


def test_other_versions_are_said(bundle):
    forge(bundle, "manifest.json", lambda m: m["versions"].update(xgboost="1.0"))
    (note,) = open_scorer(bundle).notes
    assert note.startswith("the model was made by xgboost 1.0, and here is")


BAD = ("pickle.find_class", "subprocess.Popen", "os.system", "os.exec")


def test_opening_runs_nothing(bundle):
    """Neither a pickle nor a program: an audit hook sees everything."""
    seen, looks = [], True

    def look(event, _):
        if looks:
            seen.append(event)

    open_scorer(bundle)  # what it needs is imported
    sys.addaudithook(look)
    try:
        open_scorer(bundle)
    finally:
        looks = False  # a hook stays for ever
    assert "open" in seen
    assert not set(seen) & set(BAD)


def test_an_older_bundle_and_an_unknown_model_are_refused(bundle):
    forge(bundle, "manifest.json", lambda m: m.update(model="of-another-package"))
    with pytest.raises(DataError, match="Install the package that has it"):
        open_scorer(bundle)
    forge(bundle, "manifest.json", lambda m: m.update(model="rus-boost"))
    with pytest.raises(DataError, match="its files contradict"):
        open_scorer(bundle)
    # As ensembles were kept before, as files of skops.
    forge(bundle, "manifest.json", lambda m: m.update(version=3, model="ensemble"))
    with pytest.raises(DataError, match=r"is a bundle of format 3.*Export it again"):
        open_scorer(bundle)


# Ensembles ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def forest(two_classes, tmp_path_factory):
    folder = tmp_path_factory.mktemp("forest") / "b"
    return made(two_classes, folder, arm=ENSEMBLE)


def test_a_damaged_ensemble_is_never_opened(forest, tmp_path):
    raw = (forest / "model.trees").read_bytes()
    line, _, arrays = raw.partition(b"\n")
    head = json.loads(line)
    spoilt = (
        (b"\x80\x04K\x01.", "no first line"),
        (raw[:-1], "another length"),
        (json.dumps(head | {"width": 99}).encode() + b"\n" + arrays, "other columns"),
        (json.dumps(head | {"classes": 3}).encode() + b"\n" + arrays, "other classes"),
        (raw[: len(line) + 1] + b"\xff" * len(arrays), ""),
    )
    for number, (data, says) in enumerate(spoilt):
        folder = copied(forest, tmp_path / f"{number}")
        forge_bytes(folder, "model.trees", data)
        with pytest.raises(DataError, match=f"no sound tree model: .*{says}"):
            open_scorer(folder)
    assert open_scorer(forest).model.trees == head["trees"]


# XGBoost ------------------------------------------------------------------------------


def test_a_real_model_is_written_anew_to_the_last_bit(pristine):
    raw = (pristine / "model.json").read_bytes()
    width = int(about(json.loads(raw))["num_feature"])
    found = find("xgboost").load(raw, width=width, classes=2)
    assert bytes(found.booster.save_raw("json")) == raw
    with pytest.raises(DataError, match="other classes"):
        check_booster(raw, width, 3)


def test_what_has_no_say_in_a_score_never_reaches_xgboost(pristine, bundle):
    def change(model):
        model["learner"].update(feature_names=["a"], feature_types=["c"], more=[])
        model["learner"]["attributes"] = {"best_iteration": "-9"}
        model["learner"]["objective"]["reg_loss_param"]["scale_pos_weight"] = "x"

    forge(bundle, "model.json", change)
    before, after = open_scorer(pristine), open_scorer(bundle)
    X = np.random.default_rng(0).normal(size=(50, before.encoding.width))
    assert after.scores(X).tobytes() == before.scores(X).tobytes()


def test_sizes_that_lie(bundle):
    forge(bundle, "manifest.json", lambda m: m["files"]["model.json"].update(bytes=9))
    with pytest.raises(DataError, match=r"model\.json of .* was changed"):
        open_scorer(bundle)
    forge(
        bundle, "manifest.json", lambda m: m["files"]["model.json"].update(bytes=10**9)
    )
    with pytest.raises(DataError, match=r"has 1\.0 GB, and at most 134"):
        open_scorer(bundle)
