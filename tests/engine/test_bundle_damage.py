"""A bundle that was changed, damaged or made up is refused in a line."""

import hashlib
import json
import os
import subprocess
import sys
import zipfile

import msgspec
import numpy as np
import pytest

from engine.bundle import archive, ensembles, probe, trees
from engine.bundle.scorer import open_scorer
from engine.encoding import Encoding
from engine.errors import DataError, UsageError
from engine.train import ensemble
from tests.engine import explained
from tests.engine.bundles import made


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    where = explained.run_once(tmp_path_factory.mktemp("pristine"))
    return made(where, tmp_path_factory.mktemp("pristine") / "b", arm="none")


@pytest.fixture
def bundle(pristine, tmp_path):
    """A copy that may be spoilt."""
    folder = tmp_path / "b"
    folder.mkdir()
    for file in pristine.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


def forge(folder, name, change):
    """Change a JSON file, and its hash in the manifest too, as a forger would."""
    path = folder / name
    value = json.loads(path.read_bytes())
    change(value)
    path.write_text(json.dumps(value))
    if name != "manifest.json":
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        forge(
            folder,
            "manifest.json",
            lambda m: m["files"][name].update(sha256=digest),
        )


def tree(model):
    return model["learner"]["gradient_booster"]["model"]["trees"][0]


def test_one_bit_of_any_file_is_noticed(bundle):
    for name in ("model.json", "encoding.json", "README.md", "training_rows.bin"):
        path = bundle / name
        data = path.read_bytes()
        path.write_bytes(data[:-2] + bytes([data[-2] ^ 1]) + data[-1:])
        with pytest.raises(DataError, match=f"^{name} of .* was changed"):
            open_scorer(bundle)
        path.write_bytes(data)
    open_scorer(bundle)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda m: m.update(version=3), "is a bundle of format 3"),
        (lambda m: m.update(training=None), "its training rows"),
        (lambda m: m["training"].update(distinct=7), "does not hold as many rows"),
        (lambda m: m.update(format="other"), "its format is 'other'"),
        (lambda m: m.update(policy="lucky"), "its operating points"),
        (lambda m: m.update(classes=["a"]), "its classes"),
        (lambda m: m.update(positive="maybe"), "its positive class"),
        (lambda m: m.update(columns=[]), "its columns"),
        (lambda m: m["files"].pop("encoding.json"), "its files"),
        (lambda m: m["files"].update({"../x": m["files"]["model.json"]}), "its files"),
        (lambda m: m["columns"].pop(1), "columns are not those of its encoding"),
    ],
)
def test_a_manifest_that_contradicts_itself(bundle, change, says):
    forge(bundle, "manifest.json", change)
    with pytest.raises(DataError, match=says):
        open_scorer(bundle)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda m: tree(m)["left_children"].__setitem__(0, 99_999), "to no node"),
        (lambda m: tree(m)["left_children"].__setitem__(0, -7), "to no node"),
        (lambda m: tree(m)["left_children"].__setitem__(0, 0), "to no node"),
        (
            lambda m: tree(m)["left_children"].__setitem__(
                0, tree(m)["right_children"][0]
            ),
            "comes back",
        ),
        (lambda m: tree(m)["split_indices"].__setitem__(0, 10**6), "a column that"),
        (lambda m: tree(m)["split_conditions"].pop(), "as many nodes"),
        (lambda m: tree(m)["tree_param"].update(num_nodes="x"), "its parts"),
        (lambda m: m["learner"]["objective"].update(name="reg:linear"), "objective"),
        (lambda m: m["learner"].pop("gradient_booster"), "its parts"),
        (
            lambda m: m["learner"]["learner_model_param"].update(num_feature="99"),
            "other columns",
        ),
        (
            lambda m: m["learner"]["gradient_booster"]["model"]["tree_info"].append(0),
            "differ in number",
        ),
    ],
)
def test_a_tree_that_leads_nowhere_is_never_opened(bundle, change, says):
    forge(bundle, "model.json", change)
    with pytest.raises(DataError, match=f"no sound XGBoost model.*{says}"):
        open_scorer(bundle)


def test_an_encoding_that_would_write_beside_its_place(bundle):
    def far(encoding):
        encoding["categories"][0]["kept"] = [1, 2, 77]

    forge(bundle, "encoding.json", far)
    with pytest.raises(DataError, match="the encoding of the bundle"):
        open_scorer(bundle)


def test_what_no_bundle_holds(bundle):
    (bundle / "model.pkl").write_bytes(b"\x80\x04.")
    with pytest.raises(DataError, match=r"holds what no bundle holds: 'model\.pkl'"):
        open_scorer(bundle)
    (bundle / "model.pkl").unlink()
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


@pytest.mark.parametrize("name", ["../model.json", "/model.json", "a/model.json"])
def test_a_zip_that_leads_out(bundle, tmp_path, name):
    path = tmp_path / "b.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.write(bundle / "manifest.json", "manifest.json")
        packed.writestr(name, b"{}")
    with pytest.raises(DataError, match="holds what no bundle holds"):
        open_scorer(path)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["b", "b.zip"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_other_zips_and_other_files(bundle, tmp_path, monkeypatch):
    path = tmp_path / "b.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.write(bundle / "manifest.json", "manifest.json")
        packed.writestr("manifest.json", b"{}")
    with pytest.raises(DataError, match="two files of one name"):
        open_scorer(path)
    monkeypatch.setattr(archive, "MOST_BYTES", 1000)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.write(bundle / "manifest.json", "manifest.json")
        packed.writestr("model.json", b" " * 10**6)  # a bomb, in small
    with pytest.raises(DataError, match="has more than"):
        open_scorer(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:400] + b"\0" * 50 + whole[450:])
    with pytest.raises(DataError):
        open_scorer(path)
    (tmp_path / "t.csv").write_text("a\n1\n")
    for other in (tmp_path / "t.csv", tmp_path, tmp_path / "gone"):
        with pytest.raises(DataError):
            open_scorer(other)


def test_a_model_that_ends_its_process_ends_another_one(bundle, monkeypatch):
    probe.probe(bundle)

    def child_runs(code):
        command = [sys.executable, "-c", code]
        monkeypatch.setattr(probe.children, "command", lambda *_, **__: command)

    child_runs("import os; os.abort()")
    with pytest.raises(DataError, match="ends the process that opens it"):
        probe.probe(bundle)
    child_runs("import time; time.sleep(60)")
    with pytest.raises(DataError, match=r"does not open within 0\.2 seconds"):
        probe.probe(bundle, seconds=0.2)


def test_other_versions_are_said(bundle):
    forge(bundle, "manifest.json", lambda m: m["versions"].update(xgboost="1.0"))
    (note,) = open_scorer(bundle).notes
    assert note.startswith("the model was made by xgboost 1.0, and here is")


def test_opening_runs_nothing(bundle):
    """Neither a pickle nor a program: an audit hook sees everything."""
    code = (
        "import sys, xgboost, sklearn.isotonic, scipy.special, pandas, pyarrow\n"
        "from engine.bundle.scorer import open_scorer\n"
        "from engine.versions import versions; versions()\n"
        "bad = []\n"
        "sys.addaudithook(lambda e, a: bad.append(e) if e in ('pickle.find_class',"
        " 'subprocess.Popen', 'os.system', 'os.exec') else None)\n"
        f"open_scorer({str(bundle)!r})\n"
        "assert not bad, bad\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# Ensembles ----------------------------------------------------------------------------


def fitted(classes=2):
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(classes), [90, 30, 20][:classes])
    X = (rng.normal(size=(len(y), 3)) + y[:, None]).astype(np.float32)
    params = {"n_estimators": 2}
    return ensemble.fit("balanced-random-forest", params, X, y, seed=0), X


@pytest.mark.parametrize("classes", [2, 3])
def test_an_ensemble_comes_back_as_it_was(classes):
    pytest.importorskip("skops")
    model, X = fitted(classes)
    before = ensemble.scores(model, X, classes)
    raw = ensembles.dump(model)
    after = ensemble.scores(ensembles.load(raw, 3, classes), X, classes)
    assert before.tobytes() == after.tobytes()
    with pytest.raises(DataError, match="other columns or classes"):
        ensembles.load(raw, 4, classes)
    assert b"engine." not in raw


def test_a_type_that_nobody_should_trust():
    io = pytest.importorskip("skops.io")
    raw = io.dumps([Encoding(missing="impute"), msgspec.UNSET])
    with pytest.raises(DataError, match="types that are not trusted: 'engine"):
        ensembles.load(raw, 3, 2)
    with pytest.raises(DataError, match="cannot be read"):
        ensembles.load(b"PK no zip", 3, 2)


def test_without_skops_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "skops.io", None)
    monkeypatch.setitem(sys.modules, "skops", None)
    with pytest.raises(UsageError, match=r"pip install 'imbtui\[skops\]'"):
        ensembles.load(b"", 3, 2)


def test_every_tree_of_a_real_model_is_sound(pristine):
    raw = (pristine / "model.json").read_bytes()
    width = trees.feature_count(raw)
    trees.check(raw, width, 2)
    with pytest.raises(DataError, match="other classes"):
        trees.check(raw, width, 3)
