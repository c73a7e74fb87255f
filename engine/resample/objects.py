"""Samplers that a user's own program made, in the process of its run.

They are told to that process when it starts, in a file that the program removes
again; no store holds one. `engine.resample.method` finds each here by its name.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.core.methods import registry

_known: dict[str, Any] = {}


def receive(path: str | Path) -> None:
    """Take the samplers of a file that this process was given at its start."""
    import cloudpickle

    know(cloudpickle.loads(Path(path).read_bytes()))


def know(samplers: Mapping[str, Any]) -> None:
    """Let this process find samplers, by the names that the engine has for them."""
    for name, sampler in samplers.items():
        registry.offer(name, type(sampler).__name__)
        _known[registry.sampler(name).home.rpartition(".")[2]] = sampler


def __getattr__(name: str) -> Any:
    if name not in _known:
        raise AttributeError(name)

    def make(random_state: int) -> Any:
        """Return a copy with the run's seed, unless it has one of its own."""
        sampler = copy.deepcopy(_known[name])
        if getattr(sampler, "random_state", 0) is None:
            sampler.random_state = random_state
        return sampler

    return make
