"""A small table with every kind of column, and experiments of a second or two."""

import msgspec
import numpy as np
import pandas as pd

from engine.core.experiment import Experiment
from engine.core.methods import grammar
from engine.core.methods.grammar import Arm
from engine.core.presets import preset


def make_table(rows: int = 600, share: float = 0.1, seed: int = 0) -> pd.DataFrame:
    """A small table with every kind of column, some missing, positives rare."""
    rng = np.random.default_rng(seed)
    risk = rng.normal(size=rows)
    cut = np.quantile(risk + rng.normal(size=rows), 1 - share)
    frame = pd.DataFrame(
        {
            "id": np.arange(1, rows + 1) * 7,
            "risk": risk.round(3),
            "age": rng.integers(18, 90, rows),
            "flag": rng.integers(0, 2, rows),
            "colour": rng.choice(["red", "green", "blue"], rows, p=[0.6, 0.3, 0.1]),
            "dose": np.where(rng.random(rows) < 0.1, np.nan, rng.normal(size=rows)),
        }
    )
    noisy = frame["risk"] + rng.normal(size=rows) > cut
    frame["sick"] = np.where(noisy, "yes", "no")
    return frame


def small(source: str, *arms: str | Arm, **changes: object) -> Experiment:
    """An experiment of a second or two: few rounds, two trials, three folds."""
    base = preset("quick", source=str(source))
    chosen = tuple(grammar.parse(a) if isinstance(a, str) else a for a in arms)
    replace = msgspec.structs.replace
    base = replace(
        base,
        arms=chosen or base.arms,
        model=replace(base.model, rounds=40, early_stopping=20),
        search=replace(base.search, trials=2),
    )
    for name, value in changes.items():
        section, _, attribute = name.partition("__")
        if attribute:
            part = replace(getattr(base, section), **{attribute: value})
            base = replace(base, **{section: part})
        else:
            base = replace(base, **{name: value})
    return base
