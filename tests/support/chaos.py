"""A sampler of another package, which crashes, leaves or lies as it is told."""

from __future__ import annotations

import importlib
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.core.methods import registry

CHAOS = """
    import os, signal, sys
    from pathlib import Path

    from imblearn.over_sampling import RandomOverSampler

    class Chaos(RandomOverSampler):
        def __init__(self, *, sampling_strategy="auto", random_state=None, how="well"):
            given = {"sampling_strategy": sampling_strategy}
            super().__init__(random_state=random_state, **given)
            self.how = how

        def _fit_resample(self, X, y):
            if self.how == "crash":
                os.kill(os.getpid(), signal.SIGSEGV)
            if self.how == "crash-once":
                once = Path(__file__).with_name("crashed")
                if not once.exists():
                    once.touch()
                    os.kill(os.getpid(), signal.SIGSEGV)
            if self.how == "exit":
                sys.exit("enough")
            if self.how == "rubbish":
                return X[:3], None
            return super()._fit_resample(X, y)
"""
CHAOS_LIGHT = """
    from engine.core.methods.samplers import COUNTS, RATIO, Parameter, Sampler

    HOWS = ("well", "crash", "crash-once", "exit", "rubbish")
    CHAOS = Sampler(
        name="chaos",
        title="chaos",
        home="chaos_pack_heavy.Chaos",
        group="over",
        summary="Does what it is told.",
        parameters=(
            RATIO, COUNTS, Parameter("how", "choice", "well", None, None, "", HOWS)
        ),
    )
"""


@contextmanager
def sampler_of_chaos(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put the sampler on the path, of child processes too."""
    for name, text in (("chaos_pack", CHAOS_LIGHT), ("chaos_pack_heavy", CHAOS)):
        (folder / f"{name}.py").write_text(textwrap.dedent(text), "utf-8")
    facts = folder / "chaos_pack-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: chaos_pack\nVersion: 1.0\n", "utf-8"
    )
    (facts / "entry_points.txt").write_text(
        f"[{registry.GROUP}]\nchaos = chaos_pack:CHAOS\n", "utf-8"
    )
    with monkeypatch.context() as patch:
        patch.syspath_prepend(folder)
        patch.setenv("PYTHONPATH", str(folder))
        importlib.invalidate_caches()
        registry.forget()
        assert not registry.problems()
        yield
    registry.forget()
