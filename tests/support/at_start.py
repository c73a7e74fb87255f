"""What a child process has loaded: a run until its first trial, the service at work.

Each is entered as the real ones are, and prints the names of its modules.
"""

from __future__ import annotations

import json
import subprocess
import sys

from tests.support.paths import ROOT

ENTER = "import sys; from engine.io.machine import enter; enter()"


def loaded_by(what: str) -> set[str]:
    """Return the modules that a child has loaded: ``run`` or ``service``."""
    done = subprocess.run(
        [sys.executable, "-c", ENTER, "stay", "tests.support.at_start", what],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    """Be that child."""
    if sys.argv[1] == "run":
        _run()
    else:
        _serve()
    sys.stdout.write("\n" + json.dumps(list(sys.modules)) + "\n")


def _run() -> None:
    from msgspec.structs import replace

    import engine.service.run_process  # noqa: F401  # what the process is
    from engine.core.events import TrialFinished
    from engine.core.presets import preset
    from engine.steps import run

    wanted = preset("quick", source="sample:blobs", target="label")
    arms = tuple(arm for arm in wanted.arms if arm.name in ("untreated", "smote"))
    search = replace(wanted.search, trials=1)
    wanted = replace(wanted, arms=arms, search=search)
    assert len(wanted.arms) == 2
    assert any(isinstance(e, TrialFinished) for e in run(wanted, executor="local"))


def _serve() -> None:
    from engine.core.messages import Load, TableInfo
    from engine.service import main, protocol
    from engine.service.request_handler import RequestHandler

    main.warm(lambda reply: None)
    handler = RequestHandler(lambda reply: None)
    line = protocol.encode(Load(id=1, source="sample:blobs"))
    assert isinstance(handler.answer(line), TableInfo)
