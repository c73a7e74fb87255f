"""Logs tell what went wrong and where, and hold no cell of a table."""

import logging
import os
import re
import signal
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from pathlib import Path

import pytest

from engine.core.errors import ArmError, DataError, StoreError
from engine.core.execution import CancelToken
from engine.core.messages import Failure, TableInfo
from engine.io import logs, machine
from engine.service.client import runs
from engine.service.run_process import execute
from engine.store import RunOptions, open_store
from engine.train import worker
from tests.support.experiments import make_table, small
from tests.support.paths import ROOT
from tests.support.run_processes import started, stopped
from tests.support.service_samples import Asker

CANARIES = ("Xanthippe", "Zwiebelturm", "8675309", "quokkaword")


def raised(error):
    try:
        raise error
    except type(error) as caught:
        return caught


def test_of_an_error_type_and_place_are_kept_and_not_its_words():
    cause = raised(ValueError("could not convert string to float: 'Xanthippe'"))
    error = raised(RuntimeError("Xanthippe again"))
    error.__cause__ = cause
    text = logs.format_error(error)
    assert "Xanthippe" not in text
    assert text.splitlines()[-1] == "RuntimeError"
    assert "ValueError" in text
    assert f'File "{__file__}"' in text
    assert "in raised" in text


def test_lines_of_our_own_source_are_shown_and_no_others():
    with pytest.raises(StoreError) as refused:
        open_store("/")
    assert "raise StoreError(" in logs.format_error(refused.value)
    with pytest.raises(ZeroDivisionError) as failed:
        exec("1 / 0  # Xanthippe")
    assert "Xanthippe" not in logs.format_error(failed.value)


def test_an_endless_traceback_is_cut():
    def deeper():
        deeper()

    with pytest.raises(RecursionError) as failed:
        deeper()
    text = logs.format_error(failed.value)
    assert text.count("\n") < 4 * logs.MOST_FRAMES
    assert " more" in text


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ArmError("smote: Xanthippe", code="sampler"), "ArmError (sampler)"),
        (DataError("row 7: 'Xanthippe' is no number"), "DataError (data)"),
        (StoreError("run 7 is gone"), "StoreError: run 7 is gone"),
        (FileNotFoundError(2, "no", "x"), "FileNotFoundError (No such file or dir"),
        (KeyError("Xanthippe"), "KeyError"),
    ],
)
def test_only_the_store_is_quoted(error, expected):
    assert logs.error_name(error).startswith(expected)
    assert "Xanthippe" not in logs.error_name(error)


def record(name, message, *args, error=None):
    info = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord(name, 20, "/a/b/file.py", 7, message, args, info)


def test_other_packages_are_not_quoted():
    plain = logs.Plain()
    text = plain.format(record("distributed.worker", "Compute failed: %s", "Xanthippe"))
    assert text.endswith("distributed.worker INFO warned at file.py:7")
    ours = record("engine.x", "%s failed: %s", "fold 2", ValueError("Xanthippe"))
    assert plain.format(ours).endswith("engine.x INFO fold 2 failed: ValueError")
    error = raised(ValueError("Xanthippe"))
    assert "Xanthippe" not in plain.format(record("engine.x", "no", error=error))


def test_a_warning_that_nobody_collects_is_logged_without_its_words(caplog):
    caplog.set_level("INFO")
    logs._show(UserWarning("Xanthippe"), UserWarning, "/a/file.py", 9)
    assert caplog.messages == ["UserWarning at file.py:9"]


def test_nothing_but_ours_is_written_once_a_process_logs(tmp_path):
    code = """
        import logging, os, sys, threading, warnings
        from engine.io import logs
        logs.install()
        logs.route_warnings()
        print("Xanthippe")
        print("Xanthippe", file=sys.stderr)
        os.write(1, b"Xanthippe")
        os.write(2, b"Xanthippe")
        warnings.warn("Xanthippe")
        logging.getLogger("else").error("Xanthippe")
        logging.getLogger("engine").info("%s %s", "Xanthippe")
        def fail(): raise ValueError("Xanthippe")
        thread = threading.Thread(target=fail); thread.start(); thread.join()
        class Odd:
            def __del__(self): fail()
        Odd()
        logging.getLogger("engine").info("still here")
        fail()
    """
    log = tmp_path / "log"
    with log.open("wb") as file:
        code = [sys.executable, "-c", textwrap.dedent(code)]
        done = subprocess.run(code, stdout=file, stderr=file, check=False)
    text = log.read_text()
    assert done.returncode == 1
    assert "Xanthippe" not in text.replace('"Xanthippe"', "")
    assert text.count("ValueError") == 3
    assert "still here" in text


@pytest.fixture
def canary_table(tmp_path):
    frame = make_table(400)
    frame["colour"] = frame["colour"].replace({"red": "Xanthippe", "blue": "Zwiebel"})
    frame["colour"] = frame["colour"].replace({"Zwiebel": "Zwiebelturm"})
    frame["risk"] += 8675309
    frame["who"] = [f"quokkaword{n}" for n in range(len(frame))]
    path = tmp_path / "canary.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.fixture
def log(tmp_path):
    """What this process logs, as a process of ours does; a file."""
    path = tmp_path / "log"
    handler = logging.FileHandler(path)
    handler.setFormatter(logs.Plain())
    logging.getLogger().addHandler(handler)
    yield path
    logging.getLogger().removeHandler(handler)
    handler.close()


def test_no_cell_comes_to_a_log(canary_table, tmp_path, warm):
    """Runs that fail in every way there is, and a resume."""
    folder = tmp_path / "state"
    with open_store(folder / "runs.sqlite") as store:
        wanted = small(
            canary_table,
            *("untreated", "smotenc", "kmeans-smote:cluster_balance_threshold=1"),
            data__target="sick",
            model__rounds=10,
        )
        made = store.create(wanted, RunOptions(executor="local", jobs=2))
        pid = stopped(warm, store, made, after=4)
        os.kill(pid, signal.SIGKILL)
        warm.end(pid)
        assert store.queue(made.id)
        warm.end(started(warm, store, made))
        assert store.run(made.id).status == "done"
        bad = small(canary_table, data__target="who", data__positive="quokkaword7")
        other = store.create(bad, RunOptions(executor="inline"))
        text = str(store.log_path(other.id))
        warm.end(warm.start("run", store.path, other.id, log=text))
        assert store.run(other.id).status == "failed"
    read = [p for p in folder.rglob("*.log") if p.stat().st_size]
    assert len(read) >= 2
    for path in read:
        assert not canaries(path.read_text()), path.name
    with closing(sqlite3.connect(folder / "runs.sqlite")) as db, db:
        rows = db.execute("SELECT * FROM runs WHERE id != ?", (other.id,)).fetchall()
    assert not canaries(str(rows))


def test_no_cell_comes_to_the_log_of_a_service(canary_table, tmp_path, log):
    logging.getLogger("engine").warning("begun")
    asker = Asker()
    gone = str(tmp_path / "none.csv")
    asked = {"target": "who", "positive": "quokkaword7"}
    for source, choices in ((str(canary_table), {}), (str(canary_table), asked)):
        assert isinstance(asker.load(source, **choices), TableInfo)
    assert isinstance(asker.load(gone), Failure)
    assert "begun" in log.read_text()
    assert not canaries(log.read_text())


def canaries(text):
    """Return the cells of the table that a text has."""
    return [word for word in CANARIES if word in text]


def test_a_library_that_quotes_a_cell_is_not_quoted(
    canary_table, tmp_path, monkeypatch, log
):
    def grow(pairs, *_, **__):
        Xanthippe = "in a local variable"
        raise TypeError(f"unhashable: 'quokkaword7' {Xanthippe}")

    monkeypatch.setattr(worker, "grow", grow)
    with open_store(tmp_path / "runs.sqlite") as store:
        wanted = small(canary_table, "untreated", data__target="sick")
        made = store.create(wanted, RunOptions(executor="inline"))
        assert execute(store, made, CancelToken()) == "failed"
    text = log.read_text()
    assert "trial 0 of untreated failed" in text
    assert text.count("TypeError") == 1
    assert not canaries(text)


def test_what_nobody_foresaw_is_written_down_without_cells(monkeypatch, capsys):
    from tui.cli import parser
    from tui.terminal import files

    error = raised(ValueError("could not convert string to float: 'Xanthippe'"))
    parser._report_bug(error)
    said = capsys.readouterr().err.strip()
    path = Path(re.search(r"details are in (\S+)$", said)[1])
    text = path.read_text()
    path.unlink()
    assert "ValueError" in text
    assert "Xanthippe" not in text
    assert "Xanthippe" not in files.log_error(error).read_text()


LOG = """\
2026-11-26 20:23:13,843 engine.service.run_process INFO run 7 is taken up, epoch {epoch}
2026-11-26 20:23:20,372 engine.train.schedule INFO begun: rows of untreated, fold 0
2026-11-26 20:23:20,372 engine.train.schedule INFO ended: rows of untreated, fold 0
2026-11-26 20:23:20,373 engine.train.schedule INFO begun: rows of smote, fold 2
"""


def test_a_lost_process_is_told_of_by_what_it_was_at(tmp_path, table_path):
    for executor in ("local", "processes"):
        for lives in (0, 1, 3):
            with open_store(tmp_path / f"{executor}{lives}.sqlite") as store:
                made = store.create(small(table_path), RunOptions(executor=executor))
                lost_process(store, made, lives, executor)


def lost_process(store, made, lives, executor):
    store.begin(made.id, 1)
    run = store.run(made.id)
    assert runs.hint(store, run) == ""
    text = "".join(LOG.format(epoch=n) for n in range(lives))
    store.log_path(run.id).write_text(text)
    hint = runs.hint(store, run)
    if not lives:
        assert hint == ""
        return
    assert hint.startswith("its process was lost at: rows of smote, fold 2")
    assert ("executor 'processes'" in hint) == (executor == "local")
    store.log_path(run.id).write_text(
        text
        + "2026-11-26 20:24:00,000 engine.service.run_process INFO run 7 is cancelled\n"
    )
    assert runs.hint(store, run) == ""


def test_a_command_keeps_what_libraries_print_off_its_streams(tmp_path):
    """`--json` prints one document: no warning, no line of native code beside it."""
    code = """
        import os, sys, warnings
        from tui.cli import declare, parser
        from tui.cli import output as streams

        def noisy(args):
            warnings.warn("loud")
            os.write(1, b"native")
            os.write(2, b"native")
            import logging
            logging.getLogger("library").error("loud")
            streams.write('{"a": 1}\\n')
            streams.tell("done")
            return 0

        found = declare.find("methods")._replace(handler=noisy)
        parser.find = lambda name: found
        sys.argv = ["imbtui", "methods"]
        from tui.__main__ import main
        sys.exit(main())
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ('{"a": 1}\n', "done\n", 0)


def test_a_library_that_cannot_be_imported_fails_the_run(tmp_path, table_path):
    """The run is told of, and what the library says stays out of its log."""
    library = tmp_path / "broken" / "numpy"
    library.mkdir(parents=True)
    (library / "__init__.py").write_text('raise ImportError("Xanthippe")\n')
    found = os.pathsep.join([str(library.parent), str(ROOT)])
    with open_store(tmp_path / "runs.db") as store:
        run = store.create(small(table_path), RunOptions())
        done = subprocess.run(
            machine.command("engine.service.run_process", str(store.path), run.id),
            env={**os.environ, "PYTHONPATH": found},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert store.run(run.id).status == "failed"
    assert done.returncode == 1
    assert "ImportError" in done.stderr
    assert "Xanthippe" not in done.stderr
