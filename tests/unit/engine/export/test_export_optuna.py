"""A run's search as Optuna studies, read back by Optuna and by its dashboard."""

import io
import json
from types import SimpleNamespace

import optuna
import pytest

from engine.core.errors import OutputError, UnwrittenError
from engine.core.exports import ExportRequest
from engine.export import optuna_studies
from engine.export.write import plan, write
from tests.support.searched import ARMS, EVIL, changed, searched


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    return searched(tmp_path_factory.mktemp("searched"))


def export(stored, path, **given):
    store, run = stored
    return write(
        ExportRequest(run=run, kind="optuna", path=str(path), store=store, **given)
    )


def storage(path):
    return optuna.storages.RDBStorage(f"sqlite:///{path}")


def close(opened):
    opened.remove_session()
    opened.engine.dispose()


def test_every_trial_of_every_arm_is_there(stored, tmp_path):
    path = tmp_path / "studies.db"
    export(stored, path)
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    there = storage(path)
    names = optuna.study.get_all_study_names(there)
    run = stored[1]
    assert names == [f"{run}-untreated", f"{run}-a-b-script-DROP-s", f"{run}-enn"]
    studies = [optuna.load_study(study_name=name, storage=there) for name in names]
    assert [s.user_attrs["arm"] for s in studies] == list(ARMS)
    assert {s.user_attrs["fingerprint"] for s in studies} == {"ab12"}
    assert {s.direction.name for s in studies} == {"MAXIMIZE"}
    untreated, tuned, failed = studies
    assert [t.state.name for t in untreated.trials] == [
        "COMPLETE",
        "PRUNED",
        "COMPLETE",
    ]
    assert [t.value for t in untreated.trials] == [0.25, 0.125, 0.5]
    assert untreated.best_trial.number == untreated.user_attrs["best_trial"] == 2
    first = untreated.trials[0]
    assert first.intermediate_values == {10: 0.125, 20: 0.25}
    assert first.user_attrs["cv_average_precision"] == [0.25, 0.25]
    assert first.duration.total_seconds() <= 1.5
    depth = first.distributions["max_depth"]
    assert (depth.low, depth.high) == (1, 4)
    assert [t.params["max_depth"] for t in untreated.trials] == [1, 2, 3]
    assert tuned.trials[3].state.name == "FAIL"
    assert tuned.trials[3].user_attrs["failed"] == "too few rows"
    chosen = tuned.trials[0]
    assert chosen.params["smote.k_neighbors"] == 3
    assert chosen.distributions["smote.k_neighbors"].choices == (3, 5)
    assert failed.trials == []
    assert failed.user_attrs["failed"] == "no rows. more"
    close(there)


def test_the_dashboard_lists_them(stored, tmp_path):
    pytest.importorskip("optuna_dashboard", exc_type=ImportError)
    from optuna_dashboard import wsgi

    path = tmp_path / "studies.db"
    export(stored, path)
    there = storage(path)
    app = wsgi(there)

    def get(where):
        said = []
        environ = {
            "REQUEST_METHOD": "GET", "PATH_INFO": where, "QUERY_STRING": "",
            "SERVER_NAME": "here", "SERVER_PORT": "80", "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(), "wsgi.errors": io.StringIO(),
        }  # fmt: skip
        body = b"".join(app(environ, lambda status, *_: said.append(status)))
        assert said == ["200 OK"]
        return json.loads(body)

    listed = get("/api/studies")["study_summaries"]
    assert len(listed) == 3
    one = get(f"/api/studies/{listed[1]['study_id']}")
    assert [t["state"] for t in one["trials"]] == [
        "Complete", "Pruned", "Complete", "Fail",
    ]  # fmt: skip
    close(there)


def test_what_no_space_holds_any_more_is_kept_as_it_was(tmp_path):
    """A parameter that is gone, and a value beyond today's bounds."""

    def change(trial):
        params = {**trial.params, "max_depth": 99, "gone": f"x{trial.number}"}
        return {"params": params}

    path = tmp_path / "studies.db"
    export(changed(tmp_path, change), path)
    there = storage(path)
    name = optuna.study.get_all_study_names(there)[0]
    trials = optuna.load_study(study_name=name, storage=there).trials
    assert [t.params["max_depth"] for t in trials] == [99, 99, 99]
    assert [t.params["gone"] for t in trials] == ["x0", "x1", "x2"]
    assert trials[0].distributions["learning_rate"].high == 0.3
    close(there)


def test_it_is_told_before_and_nothing_is_written_over(stored, tmp_path):
    store, run = stored
    path = tmp_path / "s.db"
    told = plan(ExportRequest(run=run, kind="optuna", path=str(path), store=store))
    assert [one.name for one in told.files] == ["s.db"]
    assert "3 studies with 7 trials" in told.files[0].what
    assert list(tmp_path.iterdir()) == []
    path.write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        export(stored, path)
    assert path.read_text() == "mine"
    export(stored, path, overwrite=True)
    assert path.read_bytes().startswith(b"SQLite format 3")


def test_no_room_for_temporary_files_is_one_line(stored, tmp_path, monkeypatch):
    room = tmp_path / "tmp"
    room.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(room))

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(optuna_studies, "_study", full)
    with pytest.raises(UnwrittenError, match="No space left") as caught:
        export(stored, tmp_path / "s.db")
    assert "\n" not in str(caught.value)
    assert list(room.iterdir()) == []
    assert not (tmp_path / "s.db").exists()


def test_arms_of_like_names_have_studies_of_their_own():
    arms = [SimpleNamespace(name=name) for name in ("a b", "a/b", "A-B", EVIL)]
    case = SimpleNamespace(run="r", state=SimpleNamespace(arms=arms))
    assert len({name.lower() for name in optuna_studies.names(case).values()}) == 4
