"""The words by which columns and cells are understood, as words.toml lists them.

Light: stdlib only.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

_TOLD = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
WEIGHTS: Final[dict[str, int]] = _TOLD.pop("weight")
"""What each piece of evidence for a target weighs."""
WORDS: Final[dict[str, tuple[str, ...]]] = {n: tuple(w) for n, w in _TOLD.items()}
"""Words by what they mean; docs/data.md says what follows from them."""
