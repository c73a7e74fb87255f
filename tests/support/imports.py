"""What a piece of code imports, in an interpreter of its own."""

import json
import subprocess
import sys

HEAVY = (
    "pandas",
    "numpy",
    "sklearn",
    "imblearn",
    "xgboost",
    "optuna",
    "scipy",
    "pyarrow",
    "threadpoolctl",
)


def modules_after(code):
    """Return the names of all modules that are there after the code."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"{code}\nimport sys, json\nprint(json.dumps(list(sys.modules)))",
        ],
        capture_output=True,
        check=True,
        text=True,
    )
    return set(json.loads(done.stdout.splitlines()[-1]))
