"""The words by which columns and cells are understood, as words.toml lists them.

Light: stdlib only.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

_TEXT = Path(__file__).with_suffix(".toml").read_text("utf-8")
WORDS: Final = {name: tuple(words) for name, words in tomllib.loads(_TEXT).items()}
"""Words by what they mean; docs/data.md says what follows from them."""
