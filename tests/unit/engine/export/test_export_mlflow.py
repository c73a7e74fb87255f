"""A run in MLflow, read back by its client: nothing twice, nothing by halves."""

import errno
import http.server
import json
import secrets
import socket
import sqlite3
import threading
import tomllib
import warnings

import pytest

from engine.core.errors import OutputError, UnwrittenError, UsageError
from engine.core.exports import ExportRequest
from engine.export import mlflow_runs as mlflow_values
from engine.export.case import case
from engine.export.mlflow_runs import address, quiet, reach
from engine.export.write import plan, write
from tests.support.searched import ARMS, EVIL, searched


@pytest.fixture
def where():
    """A store of files; one in a database takes longer, and is in the slow tier."""
    return "mlruns"


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    return searched(tmp_path_factory.mktemp("searched"))


@pytest.fixture(scope="module")
def mlflow():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = pytest.importorskip("mlflow", exc_type=ImportError)
        if int(found.__version__.split(".")[0]) < 3:
            pytest.skip("mlflow is too old")
    return found


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The folder that the process is in; nobody may call out of it."""
    monkeypatch.chdir(tmp_path)
    called = []

    def connect(self, where):
        called.append(where)
        raise OSError(errno.ENETUNREACH, "no network in tests")

    monkeypatch.setattr(socket.socket, "connect", connect)
    yield tmp_path
    assert called == []


def asked(stored, where, **given):
    store, run = stored
    return ExportRequest(run=run, kind="mlflow", path=where, store=store, **given)


@pytest.fixture
def runs_of(mlflow):
    """The runs at an address by their names, and a client."""
    clients = []

    def read(where):
        with quiet(address(where)) as found:
            client = found.MlflowClient(tracking_uri=address(where).uri)
            clients.append(client)
            (home,) = [e for e in client.search_experiments() if e.name != "Default"]
            runs = client.search_runs([home.experiment_id])
            return {run.info.run_name: run for run in runs}, client, home

    yield read
    for client in clients:
        engine = getattr(client._tracking_client.store, "engine", None)
        if engine is not None:
            engine.dispose()


def test_a_run_is_there_with_all_that_is_known_of_it(
    stored, here, where, runs_of, monkeypatch
):
    home, room = here / "home", here / "tmp"
    home.mkdir()
    room.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr("tempfile.tempdir", str(room))
    write(asked(stored, where))
    made = {"mlruns"} if where == "mlruns" else {"runs.db", "runs-artifacts"}
    assert {one.name for one in here.iterdir()} == {*made, "home", "tmp"}
    assert all((here / name).stat().st_mode & 0o077 == 0 for name in made)
    assert list(home.iterdir()) == list(room.iterdir()) == []
    runs, client, home = runs_of(where)
    assert home.name == "imbtui: a/../b_script_ DROP _s 患.csv: sick"
    run = runs.pop(stored[1])
    assert run.info.status == "FINISHED"
    assert run.data.tags["imbtui.run"] == stored[1]
    assert run.data.tags["imbtui.fingerprint"] == "ab12"
    assert run.data.params["search.folds"] == "3"
    assert run.data.params["data.target"] == "sick"
    assert {one.data.tags["mlflow.parentRunId"] for one in runs.values()} == {
        run.info.run_id
    }
    by_arm = {one.data.params["arm"]: one for one in runs.values()}
    evil = EVIL.replace("\n", "?")
    assert sorted(by_arm) == sorted(["untreated", evil, "enn"])
    untreated, tuned = by_arm["untreated"], by_arm[evil]
    assert untreated.data.params["best.max_depth"] == "3"
    assert tuned.data.params["best.smote.k_neighbors"] == "3"
    assert untreated.data.metrics["cv/average_precision/mean"] == 0.5
    assert untreated.data.metrics["test/average_precision"] == 0.5
    assert "test/calibration_slope" not in untreated.data.metrics
    assert run.data.params["costs.cost_fn"] == "4.0"
    assert run.data.params["costs.assumed"] == "True"
    assert untreated.data.metrics["point/recommended/fn"] == 0
    assert untreated.data.metrics["point/recall at least 0.8/fn"] == 5
    assert untreated.data.metrics["point/alerts at most 5 percent/recall_ci/low"] == 0.8
    steps = client.get_metric_history(untreated.info.run_id, "trial/average_precision")
    assert {m.step: m.value for m in steps} == {0: 0.25, 1: 0.125, 2: 0.5}
    tried = client.get_metric_history(tuned.info.run_id, "trial/average_precision")
    assert len(tried) == 3  # not the one that failed
    assert by_arm["enn"].info.status == "FAILED"
    assert by_arm["enn"].data.tags["imbtui.error"] == "no rows. more"
    held = [f.path for f in client.list_artifacts(run.info.run_id)]
    assert {"result.json", "experiment.toml"} <= set(held)
    kept = here / "read"
    kept.mkdir()
    path = client.download_artifacts(run.info.run_id, "result.json", str(kept))
    with open(path) as file:  # noqa: PTH123
        assert json.load(file)["run"] == stored[1]
    path = client.download_artifacts(run.info.run_id, "experiment.toml", str(kept))
    with open(path, "rb") as file:  # noqa: PTH123
        assert [arm["name"] for arm in tomllib.load(file)["arms"]] == list(ARMS)
    path = client.download_artifacts(untreated.info.run_id, "model.json", str(kept))
    with open(path) as file:  # noqa: PTH123
        assert "learner" in json.load(file)


def test_a_run_is_never_there_twice(stored, here, where, runs_of):
    write(asked(stored, where))
    first = {run.info.run_id for run in runs_of(where)[0].values()}
    with pytest.raises(OutputError, match=r"is there already.*Overwrite"):
        write(asked(stored, where))
    assert {run.info.run_id for run in runs_of(where)[0].values()} == first
    write(asked(stored, where, overwrite=True))
    second = {run.info.run_id for run in runs_of(where)[0].values()}
    assert len(second) == len(first) == 4
    assert not first & second


def test_what_ends_midway_is_marked_and_replaced(
    stored, here, where, runs_of, mlflow, monkeypatch
):
    real = mlflow.MlflowClient.set_terminated
    calls = []

    def full(self, run, *args, **given):
        calls.append(run)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(self, run, *args, **given)

    with monkeypatch.context() as patch:
        patch.setattr(mlflow.MlflowClient, "set_terminated", full)
        with pytest.raises(UnwrittenError, match="No space left") as caught:
            write(asked(stored, where))
    assert "\n" not in str(caught.value)
    half = runs_of(where)[0]
    assert {run.info.status for run in half.values()} == {"FAILED"}
    write(asked(stored, where))  # not to be replaced: it never was whole
    whole = runs_of(where)[0]
    assert len(whole) == 4
    assert whole[stored[1]].info.status == "FINISHED"


def test_what_would_be_sent_is_told_before(stored, here, mlflow):
    told = plan(asked(stored, "mlruns"))
    assert told.files == ()
    assert f"run {stored[1]} with 3 nested runs" in told.notes[0]
    assert list(here.iterdir()) == []


# --- names ---------------------------------------------------------------------------


def test_metrics_have_names_that_are_alike_for_nobody(stored):
    one = case(asked(stored, "x"), lambda *_: None)
    for name in ARMS:
        told = mlflow_values.arm_values(one, name)
        places = {(metric.name, metric.step) for metric in told.metrics}
        assert len(places) == len(told.metrics)
        for metric in told.metrics:
            assert metric.name.isascii()
            assert not any(p in ("", ".", "..") for p in metric.name.split("/"))
    labels = ("a/b", "a b", "A?B", "..", "...", "患", "者", "x" * 300, "")
    figures = [(("recall", label), 0.5, 0) for label in labels]
    names = [metric.name for metric in mlflow_values._metrics(figures)]
    assert len({name.lower() for name in names}) == len(labels)
    assert max(map(len, names)) < 100


# --- addresses -----------------------------------------------------------------------


def test_what_is_no_address_is_refused():
    for given, said in (
        ("sqlite:///", "names no file"),
        ("sqlite:runs.db", "names no file"),
        ("http://[half", "names no server"),
    ):
        with pytest.raises(UsageError, match=said):
            address(given)


def test_what_is_something_elses_is_refused(tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "a.txt").touch()
    sqlite3.connect(tmp_path / "other.db").execute(
        "CREATE TABLE t (x)"
    ).connection.close()
    (tmp_path / "text.db").write_text("no database")
    before = (tmp_path / "other.db").read_bytes()
    for given, said in (
        (str(tmp_path / "letters"), "no folder of MLflow's"),
        (str(tmp_path / "text.db"), "no folder of MLflow's"),
        (f"sqlite:///{tmp_path}/other.db", "no database of MLflow's"),
        (f"sqlite:///{tmp_path}/text.db", "no database of MLflow's"),
        (str(tmp_path / "no" / "where"), "there is no folder"),
    ):
        with pytest.raises(OutputError, match=said):
            reach(address(given))
    assert (tmp_path / "other.db").read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "letters", "other.db", "text.db",
    ]  # fmt: skip


def test_an_address_that_mlflow_does_not_know_is_one_line(stored, here, mlflow):
    with pytest.raises(UnwrittenError, match="MLflow at s3://bucket refuses") as caught:
        write(asked(stored, "s3://bucket"))
    assert "\n" not in str(caught.value)


def test_a_server_that_is_not_there_is_one_line(stored, mlflow, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    where = f"http://ann:secret@127.0.0.1:{port}"
    with pytest.raises(UnwrittenError, match=r"refuses: .*refused") as caught:
        write(asked(stored, where))
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_server_that_is_no_mlflow_is_one_line(stored, mlflow, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self):
            self.send_error(404)

        do_GET = do_POST = answer  # noqa: N815

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        where = f"http://ann:secret@127.0.0.1:{server.server_port}"
        with pytest.raises(UnwrittenError, match="refuses") as caught:
            write(asked(stored, where))
        server.shutdown()
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.fixture
def served(monkeypatch):
    """Serve an MLflow of a few lines, which is broken as a test says."""
    monkeypatch.setenv("no_proxy", "*")
    opened = []

    def serve(breaks):
        seen = []
        name = secrets.token_hex(16)  # its client remembers where a run's files are

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                size = int(self.headers.get("content-length") or 0)
                raw = self.rfile.read(size)
                told = json.loads(raw) if raw[:1] == b"{" else {}
                path = self.path.partition("?")[0].rpartition("mlflow")[2]
                seen.append((path, told))
                code, said = breaks(path, len(seen)) or (200, answered(path, name))
                body = json.dumps(said).encode()
                self.send_response(code)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = answer  # noqa: N815

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        server.handle_error = lambda *_: None  # a user hung up
        opened.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://ann:secret@127.0.0.1:{server.server_port}", seen

    yield serve
    for server in opened:
        server.shutdown()
        server.server_close()


def answered(path, name):
    """What MLflow's own server says, as far as its client looks at it."""
    info = {"experiment_id": "1", "status": "RUNNING", "lifecycle_stage": "active"}
    info |= {"run_id": name, "artifact_uri": f"mlflow-artifacts:/1/{name}/artifacts"}
    if path.startswith("/experiments/get"):
        return {"experiment": {"experiment_id": "1", "lifecycle_stage": "active"}}
    if path in ("/runs/create", "/runs/get"):
        return {"run": {"info": info, "data": {}}}
    return {"run_info": info}


def test_a_server_gets_all_of_it_and_no_password_is_printed(
    stored, mlflow, served, capfd
):
    where, seen = served(lambda path, n: None)
    written = write(asked(stored, where))
    ended = [told["status"] for path, told in seen if path == "/runs/update"]
    assert sorted(ended) == ["FAILED", "FINISHED", "FINISHED", "FINISHED"]
    assert plan(asked(stored, where)).path == written.path
    assert written.path == where.replace("ann:secret@", "")
    assert capfd.readouterr().out == ""


def test_a_server_that_fails_in_the_middle_has_its_runs_marked(
    stored, mlflow, served, monkeypatch
):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")

    def breaks(path, n):
        return (400, {"message": "full\nup"}) if "batch" in path and n > 12 else None

    where, seen = served(breaks)
    with pytest.raises(UnwrittenError, match="is marked as failed") as caught:
        write(asked(stored, where))
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)
    made = [path for path, _ in seen].count("/runs/create")
    ended = [told.get("status") for path, told in seen if path == "/runs/update"]
    assert ended[-made:] == ["FAILED"] * made


def test_a_server_that_hangs_is_waited_for_once(stored, mlflow, served, monkeypatch):
    """Not as often as there are runs to mark: each would take as long again."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    over = threading.Event()
    begun = []

    def breaks(path, n):
        if "batch" in path and n > 12:
            begun.append(n)
        if begun:
            over.wait(60)

    where, seen = served(breaks)
    with pytest.raises(UnwrittenError, match="stays open; export again") as caught:
        write(asked(stored, where))
    over.set()
    assert "Read timed out" in str(caught.value)
    assert "Pool" not in str(caught.value)
    assert len(seen) - begun[0] <= 1
