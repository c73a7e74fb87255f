"""How tests run an experiment, and what they compare of it."""

from engine.run import run
from engine.state import State, reduce

ARMS = ("none", "weights", "smote", "smote-enn")


def drain(experiment, **given):
    """Run an experiment to its end and return its state."""
    state = State()
    for event in run(experiment, **given):
        state = reduce(state, event)
    return state


def timeless(document):
    """A document without what may differ between two runs: times and ids."""
    plain = {k: v for k, v in document.items() if k not in ("seconds", "run")}
    plain["arms"] = [
        {k: v for k, v in arm.items() if k != "seconds"} for arm in plain["arms"]
    ]
    return plain
