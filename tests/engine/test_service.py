"""The service child and the app's side of it, mostly with a real child."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

import numpy as np
import pandas as pd
import pytest

from engine.client import boot, wire
from engine.client.child import Child
from engine.client.messages import (
    ColumnPicture,
    Failure,
    Load,
    LoadProgress,
    Page,
    Picture,
    Ready,
    Reply,
    Rows,
    TableInfo,
    Warming,
)
from engine.client.service import Answer, Service, ServiceLike
from engine.data import profile, view
from engine.data.desk import Desk
from engine.data.load import load
from engine.data.roles import prepare
from engine.evaluate.doubts import half_width
from engine.spec import DataSpec, SplitSpec
from engine.split import hold_out

HEAVY = ("pandas", "numpy", "sklearn", "imblearn", "xgboost", "optuna", "scipy")


# --- helpers -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service.start(tmp_path_factory.mktemp("log") / "service.log") as service:
        yield service


class Asker:
    """A desk in this process, for what does not need a child."""

    def __init__(self) -> None:
        self.said: list[Reply] = []
        self.desk = Desk(self.said.append, log_path="x.log")
        self._id = 0

    def load(self, source: str, **choices: object) -> TableInfo | Failure:
        self._id += 1
        request = Load(id=self._id, source=source, **choices)  # type: ignore[arg-type]
        answer = self.desk.answer(wire.encode(request))
        assert isinstance(answer, TableInfo | Failure)
        assert answer.id == self._id
        return answer

    def info(self, source: str, **choices: object) -> TableInfo:
        answer = self.load(source, **choices)
        assert isinstance(answer, TableInfo), answer
        return answer

    def picture(self, column: str, bins: int = 30) -> ColumnPicture:
        answer = self.desk.answer(wire.encode(Picture(id=9, column=column, bins=bins)))
        assert isinstance(answer, ColumnPicture), answer
        return answer

    def page(self, start: int, count: int) -> Page:
        answer = self.desk.answer(wire.encode(Rows(id=9, start=start, count=count)))
        assert isinstance(answer, Page), answer
        return answer


@pytest.fixture
def asker() -> Asker:
    return Asker()


def _load(service: ServiceLike, source: str, **choices: object) -> TableInfo:
    answer = service.request(
        Load(id=service.next_id(), source=source, **choices)  # type: ignore[arg-type]
    )
    assert isinstance(answer, TableInfo), answer
    return answer


def _table(folder: Path, text: str, name: str = "t.csv") -> str:
    path = folder / name
    path.write_text(text)
    return str(path)


def _child(service: Service) -> Child:
    assert service._child is not None
    return service._child


def _gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def _until(true: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


# --- the real child ------------------------------------------------------------------


def test_a_child_warms_up_and_serves_a_whole_session(tmp_path: Path) -> None:
    told: list[Reply] = []
    with Service.start(tmp_path / "log", told.append) as service:
        heard: list[Reply] = []
        request = Load(id=service.next_id(), source="sample:stroke")
        info = service.request(request, heard.append)
        assert isinstance(info, TableInfo)
        assert (info.id, info.target, info.positive) == (request.id, "stroke", "1")
        assert any(isinstance(r, Warming) for r in heard)
        stages = [r.stage for r in heard if isinstance(r, LoadProgress)]
        assert list(dict.fromkeys(stages)) == [
            "reading",
            "cleaning",
            "profiling",
            "splitting",
        ]
        assert service.status == Ready()
        warming = [r for r in told if isinstance(r, Warming)]
        assert [w.done for w in warming] == list(range(warming[0].total))
        assert told == [*warming, Ready()]

        heard.clear()
        other = service.request(
            Load(id=service.next_id(), source="sample:stroke", target="gender"),
            heard.append,
        )
        assert isinstance(other, TableInfo)
        assert other.target == "gender"
        # Not read again: the file's stages are missing.
        assert {r.stage for r in heard if isinstance(r, LoadProgress)} == {"splitting"}

        pid = _child(service)._process.pid
    assert _gone(pid)
    assert _child_log_is_private(tmp_path / "log")


def _child_log_is_private(path: Path) -> bool:
    return path.stat().st_mode & 0o077 == 0


def test_rows_and_pictures_come_by_id_to_whoever_asked(service: Service) -> None:
    _load(service, "sample:ecoli")

    def ask(n: int) -> Answer:
        id = service.next_id()
        answer = service.request(
            Picture(id=id, column="mcg")
            if n % 2
            else Rows(id=id, start=n, count=1 + n % 3)
        )
        assert answer.id == id
        return answer

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(40)))
    for n, answer in enumerate(answers):
        if n % 2:
            assert isinstance(answer, ColumnPicture)
        else:
            assert isinstance(answer, Page)
            assert (answer.start, len(answer.rows)) == (n, 1 + n % 3)


def test_a_line_that_is_no_request_ends_nothing(service: Service) -> None:
    pipe = _child(service)._process.stdin
    assert pipe is not None
    told: list[Reply] = []
    service._on_status = told.append
    pipe.write(b'what?\n\n[1]\n{"request":"dance","id":0}\n\xff\xfe\n')
    pipe.flush()
    assert _load(service, "sample:blobs").rows > 0
    failures = [reply.code for reply in told if isinstance(reply, Failure)]
    assert failures == ["protocol"] * 4  # it may still say that it warms up
    service._on_status = None


def test_ctrl_c_of_the_terminal_does_not_end_a_child(service: Service) -> None:
    before = _load(service, "sample:blobs")
    process = _child(service)._process
    assert os.getsid(process.pid) == process.pid
    process.send_signal(signal.SIGINT)
    assert _load(service, "sample:blobs").rows == before.rows
    assert _child(service)._process is process


def test_a_killed_child_is_told_and_the_next_request_works() -> None:
    told: list[Reply] = []
    with Service.start(on_status=told.append) as service:
        assert _load(service, "sample:blobs").rows == 300
        process = _child(service)._process
        process.send_signal(signal.SIGSTOP)
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(
                service.request, Rows(id=service.next_id(), start=0, count=3)
            )
            _until(lambda: bool(_child(service)._waiting))
            process.kill()
            failure = waiting.result(10)
        assert isinstance(failure, Failure)
        assert failure.code == "service-died"
        assert "killed" in failure.message
        assert "starts again" in failure.remedy
        _until(lambda: isinstance(told[-1], Failure))
        # A fresh child reads the table again before it shows its rows.
        page = service.request(Rows(id=service.next_id(), start=0, count=3))
        assert isinstance(page, Page)
        assert (page.total, len(page.rows)) == (300, 3)


def test_restart_cancels_what_waits() -> None:
    with Service.start() as service:
        process = _child(service)._process
        process.send_signal(signal.SIGSTOP)
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(
                service.request, Load(id=service.next_id(), source="sample:blobs")
            )
            _until(lambda: bool(_child(service)._waiting))
            started = time.monotonic()
            service.restart()
            failure = waiting.result(10)
        assert time.monotonic() - started < 1
        assert isinstance(failure, Failure)
        assert failure.code == "cancelled"
        assert failure.remedy
        _until(lambda: _gone(process.pid))
        assert _child(service).alive


def _endless(folder: Path) -> str:
    """Write a table that takes seconds to read: 400 MB in a few hundred kB."""
    head = gzip.compress(b"a,b,label\n")
    block = gzip.compress(b"1.5,2.5,0\n3.5,4.5,1\n" * 50_000)
    path = folder / "endless.csv.gz"
    path.write_bytes(head + block * 400)
    return str(path)


def test_a_cancelled_read_is_killed_and_the_old_table_comes_back(
    service: Service, tmp_path: Path
) -> None:
    total = _load(service, "sample:ecoli").rows
    pid = _child(service)._process.pid
    cancel = threading.Event()

    def heard(reply: Reply) -> None:
        if isinstance(reply, LoadProgress) and reply.stage == "reading":
            cancel.set()

    started = time.monotonic()
    answer = service.request(
        Load(id=service.next_id(), source=_endless(tmp_path)), heard, cancel
    )
    assert time.monotonic() - started < 2
    assert isinstance(answer, Failure)
    assert answer.code == "cancelled"
    _until(lambda: _gone(pid))
    page = service.request(Rows(id=service.next_id(), start=0, count=1))
    assert isinstance(page, Page)
    assert page.total == total


def test_a_load_cancelled_before_it_began_is_killed_once_it_reads(
    service: Service, tmp_path: Path
) -> None:
    total = _load(service, "sample:ecoli").rows
    process = _child(service)._process
    process.send_signal(signal.SIGSTOP)
    cancel = threading.Event()
    cancel.set()
    answer = service.request(
        Load(id=service.next_id(), source=_endless(tmp_path)), None, cancel
    )
    assert isinstance(answer, Failure)
    assert not _gone(process.pid)
    process.send_signal(signal.SIGCONT)
    _until(lambda: _gone(process.pid))
    _until(lambda: _child(service)._process is not process)
    page = service.request(Rows(id=service.next_id(), start=0, count=1))
    assert isinstance(page, Page)
    assert page.total == total


def test_giving_up_a_short_request_keeps_the_child(service: Service) -> None:
    _load(service, "sample:ecoli", target=None)
    process = _child(service)._process
    cancel = threading.Event()
    cancel.set()
    answer = service.request(
        Load(id=service.next_id(), source="sample:ecoli", target="mcg"), None, cancel
    )
    assert isinstance(answer, Failure)
    assert answer.code == "cancelled"
    # Its choices are given up as well.
    picture = service.request(Picture(id=service.next_id(), column="mcg"))
    assert isinstance(picture, ColumnPicture)
    assert len(picture.counts) == 2
    assert _child(service)._process is process


def test_a_closed_service_leaves_no_process_and_says_so() -> None:
    service = Service.start()
    process = _child(service)._process
    process.send_signal(signal.SIGSTOP)  # as busy as can be
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(service.request, Rows(id=1, start=0, count=3))
        _until(lambda: bool(_child(service)._waiting))
        started = time.monotonic()
        service.close()
        assert time.monotonic() - started < 1
        late = waiting.result(5)
    assert _gone(process.pid)
    for answer in (late, service.request(Rows(id=2, start=0, count=3))):
        assert isinstance(answer, Failure)
        assert answer.code == "closed"
    service.close()
    service.restart()
    assert service._child is None


def test_a_child_that_cannot_start_is_a_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(boot, "command", lambda *_: ["/no/such/python"])
    with Service.start() as service:
        answer = service.request(Rows(id=1, start=0, count=3))
    assert isinstance(answer, Failure)
    assert "cannot be started" in answer.message
    monkeypatch.setattr(boot, "command", lambda *_: [sys.executable, "-c", "1/0"])
    with Service.start() as service:
        answer = service.request(Rows(id=1, start=0, count=3))
    assert isinstance(answer, Failure)
    assert answer.code == "service-died"


def test_an_id_in_use_is_refused(service: Service) -> None:
    child = _child(service)
    id = service.next_id()
    child._waiting[id] = SimpleQueue()
    with pytest.raises(ValueError, match="waits already"):
        service.request(Rows(id=id, start=0, count=1))
    child.abandon(id)


def test_a_child_ends_with_its_input_even_while_it_reads(tmp_path: Path) -> None:
    process = subprocess.Popen(
        boot.command("engine.service"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(wire.encode(Load(id=1, source=_endless(tmp_path))))
    process.stdin.flush()
    with process.stdout:
        for line in process.stdout:
            reply = wire.decode_reply(line)
            if isinstance(reply, LoadProgress):
                break
        process.stdin.close()
        started = time.monotonic()
        assert process.wait(10) == 0
    assert time.monotonic() - started < 2


def test_what_is_printed_does_not_reach_the_replies() -> None:
    code = (
        "import os, sys; from engine import service\n"
        "def noisy(say):\n"
        "    print('hello', flush=True); os.system('echo hello'); os.write(1, b'x')\n"
        "    os._exit(0)\n"
        "service.warm = noisy; service.main()"
    )
    stdin, held_open = os.pipe()
    done = subprocess.run(
        [sys.executable, "-c", code],
        stdin=stdin,
        capture_output=True,
        timeout=20,
        check=True,
    )
    os.close(stdin)
    os.close(held_open)
    assert done.stdout == b""
    assert done.stderr == b"hello\nhello\nx"


def test_the_app_s_side_imports_no_science() -> None:
    code = (
        "import sys, engine.client.service\n"
        "print([n for n in sys.modules if n.partition('.')[0] in "
        f"{(*HEAVY, 'pyarrow')!r}])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


# --- failures ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "message", "remedy"),
    [
        (lambda d: str(d / "no.csv"), "no.csv': No such file", "give the path of"),
        (lambda d: str(d), "is a directory", "give the path of a file in it"),
        (lambda d: _table(d, "a,b\n"), "has a header but no rows", "data rows"),
        (lambda d: _table(d, ""), "is empty (0 bytes)", "header row"),
        (lambda d: _table(d, 'a,b\n1,"2\n'), "cannot be read as a table", "quotes"),
        (lambda d: "sample:strike", "no sample dataset is named", "stroke"),
        (lambda d: "a\x00b", "cannot read", "give the path"),
        (lambda d: os.fsdecode(b"\xff.csv"), "is no UTF-8 text", "rename"),
    ],
)
def test_a_source_that_is_no_table_fails_in_one_line(
    asker: Asker,
    tmp_path: Path,
    make: Callable[[Path], str],
    message: str,
    remedy: str,
) -> None:
    kept = asker.info("sample:blobs")
    failure = asker.load(make(tmp_path))
    assert isinstance(failure, Failure)
    assert failure.code == "data"
    assert message in failure.message
    assert remedy in failure.remedy
    assert "\n" not in failure.message + failure.remedy
    assert wire.decode_reply(wire.encode(failure)) == failure
    assert asker.page(0, 1).total == kept.rows


def test_what_nobody_foresaw_is_a_failure_in_one_line(
    asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors: list[BaseException] = [RuntimeError("bad\nworse"), MemoryError()]

    def burst(*_: object, **__: object) -> None:
        raise errors.pop(0)

    monkeypatch.setattr("engine.data.load.load", burst)
    failure = asker.load("sample:blobs")
    assert isinstance(failure, Failure)
    assert (failure.code, failure.message) == ("internal", "RuntimeError: bad")
    assert failure.remedy.endswith("x.log")
    failure = asker.load("sample:blobs")
    assert isinstance(failure, Failure)
    assert failure.code == "memory"


def test_a_malformed_request_is_answered_under_its_id(asker: Asker) -> None:
    line = json.dumps({"request": "rows", "id": 7, "start": "x", "count": 1})
    failure = asker.desk.answer(line.encode())
    assert isinstance(failure, Failure)
    assert (failure.id, failure.code) == (7, "protocol")
    assert "$.start" in failure.message
    for line in ("[" * 100_000, "{", "1", '{"request":"rows","id":true}'):
        failure = asker.desk.answer(line.encode())
        assert isinstance(failure, Failure)
        assert failure.id == 0


def test_rows_and_pictures_need_a_table_and_a_column(asker: Asker) -> None:
    for request in (Rows(id=1, start=0, count=1), Picture(id=1, column="x")):
        failure = asker.desk.answer(wire.encode(request))
        assert isinstance(failure, Failure)
        assert failure.message == "no table is loaded"
    asker.info("sample:blobs")
    failure = asker.desk.answer(wire.encode(Picture(id=1, column="x")))
    assert isinstance(failure, Failure)
    assert failure.message == "sample:blobs has no column 'x'"


# --- what is told about a table ------------------------------------------------------


def test_the_hold_out_is_that_of_a_run(asker: Asker) -> None:
    info = asker.info("sample:stroke", seed=7, test_size=0.25, stratify=False)
    data = DataSpec(source="sample:stroke")
    dataset = prepare(load("sample:stroke"), data)
    spec = SplitSpec(test_size=0.25, stratify=False)
    split = hold_out(dataset.y, spec, seed=7)
    positives = int(dataset.y[split.test].sum())
    assert info.test == {"0": len(split.test) - positives, "1": positives}
    assert sum(info.train.values()) == len(split.train)
    assert info.classes == info.labels == {"0": 42617, "1": 783}
    assert info.recall_half_width == half_width(positives)
    assert info.advice == dataset.info.advice
    assert {c.name: c.role for c in info.columns} == dataset.info.roles
    assert info.bytes is not None
    assert info.bytes > 500_000
    assert info.problem is None
    assert {"stroke", "gender", "smoking_status"} <= set(info.targets)
    assert not {"id", "bmi", "age"} & set(info.targets)


THREE = "kind,x,when\n" + "".join(f"{'abc'[n % 3]},{n % 7},{n}.5\n" for n in range(60))


def test_a_table_without_a_usable_target_is_still_a_table(
    asker: Asker, tmp_path: Path
) -> None:
    source = _table(tmp_path, THREE)
    info = asker.info(source)
    assert info.target is None
    assert (info.rows, info.labels, info.classes, info.test) == (60, {}, {}, {})
    assert info.problem is not None
    assert info.problem.startswith("no target was given and none can be guessed. Name")
    assert info.targets == ("kind", "x")
    assert asker.picture("x").counts == {"all rows": (9, 9, 9, 9, 8, 8, 8)}

    info = asker.info(source, target="kind")
    assert (info.target, info.positive) == ("kind", None)
    assert info.labels == {"a": 20, "b": 20, "c": 20}
    assert info.problem is not None
    assert "has 3 classes" in info.problem
    assert [c.role for c in info.columns] == ["target", "feature", "feature"]
    assert list(asker.picture("x").counts) == ["a", "b", "c"]

    info = asker.info(source, target="kind", positive="b", group="x")
    assert info.problem is None
    assert info.classes == {"not b": 40, "b": 20}
    assert sum(info.test.values()) + sum(info.train.values()) == 60
    assert [c.role for c in info.columns] == ["target", "group", "feature"]
    assert list(asker.picture("when").counts) == ["not b", "b"]

    assert sum(isinstance(r, LoadProgress) and r.stage == "profiling"
               for r in asker.said) == 1  # fmt: skip


@pytest.mark.parametrize(
    ("choices", "problem"),
    [
        ({"target": "kinds"}, "no column 'kinds'. Did you mean 'kind'? The columns"),
        ({"target": "when"}, "target 'when' has 60 different values"),
        ({"target": "kind", "positive": "z"}, "has no class 'z'. It has: a (20)"),
        ({"target": "kind", "positive": "a", "group": "g"}, "no column 'g'"),
        ({"target": "kind", "positive": "a", "drop": ("q",)}, "no column 'q'"),
        ({"target": "kind", "positive": "a", "test_size": 1.5}, "test size of 1.5"),
        ({"target": "kind", "positive": "a", "group": "kind"}, "no positive row"),
        ({"target": "kind", "positive": "a", "drop": ("x", "when")}, "to learn from"),
    ],
)
def test_a_choice_that_a_run_would_refuse_is_a_problem(
    asker: Asker, tmp_path: Path, choices: dict[str, object], problem: str
) -> None:
    info = asker.info(_table(tmp_path, THREE), **choices)
    assert info.problem is not None
    assert problem in info.problem
    assert "\n" not in info.problem
    assert info.rows == 60
    assert info.recall_half_width is None


def test_a_table_that_changed_is_read_again(asker: Asker, tmp_path: Path) -> None:
    source = _table(tmp_path, "x,y\n1,0\n2,0\n3,1\n4,1\n")
    assert asker.info(source).rows == 4
    _table(tmp_path, "x,y\n1,0\n2,0\n3,1\n4,1\n5,1\n")
    assert asker.info(source).rows == 5


def test_rows_without_a_target_are_shown_and_not_counted(
    asker: Asker, tmp_path: Path
) -> None:
    text = "x,y\n" + "".join(f"{n % 30},{n % 2 if n % 5 else ''}\n" for n in range(100))
    info = asker.info(_table(tmp_path, text), target="y")
    assert (info.rows, sum(info.classes.values())) == (100, 80)
    picture = asker.picture("x")
    assert sum(map(sum, picture.counts.values())) == 80
    assert asker.page(0, 2).rows == (("0", None), ("1", "1"))


# --- rows ----------------------------------------------------------------------------


def test_cells_are_text_as_they_came(asker: Asker, tmp_path: Path) -> None:
    source = _table(
        tmp_path,
        "whole,half,text,big\n1,1,x \n,2.5,,\n3,0.1,Ünï,12345678901234567\n",
    )
    asker.info(source)
    page = asker.page(0, 10)
    assert page.columns == ("whole", "half", "text", "big")
    assert page.rows == (
        ("1", "1.0", "x", None),
        (None, "2.5", None, None),
        ("3", "0.1", "Ünï", "1.2345678901234568e+16"),
    )


def test_dates_and_flags_of_parquet_are_text(asker: Asker, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    days = pd.date_range("2024-01-01", periods=40)
    frame = pd.DataFrame({"day": days, "at": days + pd.Timedelta("1h"), "y": 0})
    frame.loc[30:, "y"] = 1
    frame["flag"] = frame["y"] == 1
    frame["n"] = pd.array([None, *range(39)], dtype="Int64")
    frame.to_parquet(path)
    assert asker.info(str(path), target="y").problem is None
    assert asker.page(0, 1).rows == (
        ("2024-01-01", "2024-01-01 01:00:00", "0", "False", None),
    )
    picture = asker.picture("day", bins=4)
    assert picture.kind == "date"
    assert picture.edges[0] == pd.Timestamp("2024-01-01").timestamp()
    assert picture.counts == {"0": (10, 10, 10, 0), "1": (0, 0, 0, 10)}


@pytest.mark.parametrize(
    ("start", "count", "first", "number"),
    [
        (0, 9999, 0, 500),
        (2745, 20, 2745, 5),
        (2750, 20, 2750, 0),
        (10**9, 20, 2750, 0),
        (-5, 3, 0, 3),
        (0, -1, 0, 0),
    ],
)
def test_a_page_stays_inside_the_table(
    asker: Asker, start: int, count: int, first: int, number: int
) -> None:
    asker.info("sample:moons")
    page = asker.page(start, count)
    assert (page.start, len(page.rows), page.total) == (first, number, 2750)


# --- pictures ------------------------------------------------------------------------


def test_every_picture_counts_every_row_once(asker: Asker) -> None:
    info = asker.info("sample:stroke")
    for column in info.columns:
        for bins in (-1, 7, 30):
            picture = asker.picture(column.name, bins)
            width = len(picture.levels) or len(picture.edges) - 1
            assert {len(c) for c in picture.counts.values()} == {width}
            seen = sum(map(sum, picture.counts.values())) + picture.others
            assert seen + sum(picture.missing.values()) == info.rows
            assert sum(picture.missing.values()) == column.missing
            assert list(picture.counts) == ["0", "1"]
            assert picture.kind == column.kind
            assert wire.decode_reply(wire.encode(picture)) == picture


def _picture(values: object, y: list[int], bins: int = 10) -> ColumnPicture:
    series = pd.Series(values, name="x")
    classes = view.Classes(("no", "yes"), np.array(y))
    return view.picture(series, profile.column(series), classes, id=1, bins=bins)


def test_a_rare_class_is_never_cut_off() -> None:
    rng = np.random.default_rng(0)
    values = [*rng.normal(size=5000), *rng.normal(100, 1, size=5), 1e9]
    picture = _picture(values, [0] * 5000 + [1] * 5 + [0])
    assert sum(picture.counts["yes"]) == 5
    assert picture.others == 1
    assert picture.edges[-1] < 110


def test_whole_numbers_fall_evenly_into_bins() -> None:
    picture = _picture([*range(100)], [0, 1] * 50, bins=30)
    assert picture.edges[:2] == (-0.5, 3.5)
    assert picture.counts["yes"] == (2,) * 25
    few = _picture([3.0, 1.0, None, 3.0, 2.0], [0, 1, 0, 1, -1])
    assert (few.levels, few.edges) == (("1", "3"), ())
    assert few.counts == {"no": (0, 1), "yes": (1, 1)}
    assert few.missing == {"no": 1, "yes": 0}


@pytest.mark.parametrize(
    "values",
    [
        [1e308, -1e308, 5e-324, 0.5] * 10,
        [1.0 + n * 2.0**-52 for n in range(40)],
        [2**62 + n for n in range(40)],
        [0.25] * 40,
        [float("nan")] * 40,
        [None] * 40,
        [0.5] * 39 + [7e300],
    ],
)
def test_odd_numbers_have_a_picture(values: list[float]) -> None:
    picture = _picture(values, [0, 1] * 20)
    assert wire.decode_reply(wire.encode(picture)) == picture
    assert list(picture.edges) == sorted(picture.edges)
    seen = sum(map(sum, picture.counts.values())) + picture.others
    assert seen + sum(picture.missing.values()) == 40


def test_the_most_frequent_levels_are_shown() -> None:
    text = [f"level {min(n, 60)}" for n in range(100)]
    picture = _picture(text, [0, 1] * 50, bins=3)
    assert picture.levels == ("level 60", "level 0", "level 1")
    assert picture.counts == {"no": (20, 1, 0), "yes": (20, 0, 1)}
    assert picture.others == 58


# --- progress of a load --------------------------------------------------------------


def _variants(folder: Path) -> Iterator[Path]:
    import bz2

    text = "name;x\n" + "".join(f"Zoë {n};{n}\n" for n in range(20_000))
    for suffix, data in (
        ("csv", text.encode()),
        ("bom.csv", text.encode("utf-8-sig")),
        ("utf16.csv", text.encode("utf-16")),
        ("cp1252.csv", text.encode("cp1252")),
        ("csv.gz", gzip.compress(text.encode())),
        ("csv.bz2", bz2.compress(text.encode())),
    ):
        path = folder / f"t.{suffix}"
        path.write_bytes(data)
        yield path


def test_bytes_are_counted_and_nothing_else_changes(tmp_path: Path) -> None:
    for path in _variants(tmp_path):
        told: list[tuple[str, int, int | None]] = []
        table = load(path, progress=lambda *t, told=told: told.append(t))
        plain = load(path)
        pd.testing.assert_frame_equal(table.frame, plain.frame)
        assert (table.reader, table.notes) == (plain.reader, plain.notes)
        size = path.stat().st_size
        reading = [t for t in told if t[0] == "reading"]
        assert reading[0] == ("reading", 0, size)
        assert reading[-1] == ("reading", size, size)
        assert all(0 <= done <= size for _, done, _ in reading)
        assert told[-1] == ("cleaning", 0, None)


def test_no_number_is_made_up_where_none_is_known(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr("t.csv", "x,y\n1,0\n2,1\n")
    pd.DataFrame({"x": [1, 2], "y": [0, 1]}).to_parquet(tmp_path / "t.parquet")
    for name in ("t.zip", "t.parquet"):
        told: list[tuple[str, int, int | None]] = []
        load(tmp_path / name, progress=lambda *t, told=told: told.append(t))
        assert told == [("reading", 0, None), ("cleaning", 0, None)]
