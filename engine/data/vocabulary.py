"""Words that the readers and the target guess know, from vocabulary.toml.

Light: stdlib only.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

_ENTRIES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
WEIGHTS: Final[dict[str, int]] = _ENTRIES.pop("weight")
"""What each piece of evidence for a target weighs."""
WORDS: Final[dict[str, tuple[str, ...]]] = {n: tuple(w) for n, w in _ENTRIES.items()}
"""Words by what they mean; docs/data.md says what follows from them."""
