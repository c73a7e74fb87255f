"""No command loads the science stack before it has something to do with it."""

import json
import subprocess
import sys

from tests.support.imports import HEAVY

STEPS = (
    "import tui.cli.bench, tui.features.suite.screen",
    "import engine.suite.stored, engine.service.request_handler",
    "import tui.cli.balance, tui.text.profile",
    "import tui.cli.predict",
    "dispatch(['balance', 'x.csv', '--method', 'no'])",
    "dispatch(['export'])",
    "dispatch(['export', '--help'])",
    "dispatch(['--help'])",
)


def test_none_of_these_loads_the_science_stack():
    """One process for all: what is loaded is looked at after each."""
    code = "from tui.cli.parser import dispatch\nimport sys, json\nloaded = {}\n"
    for step in STEPS:
        code += (
            f"{step}\nloaded[{step!r}] = sorted({set(HEAVY)!r} & sys.modules.keys())\n"
        )
    code += "print('\\n' + json.dumps(loaded))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    loaded = json.loads(done.stdout.splitlines()[-1])
    assert loaded == {step: [] for step in STEPS}
