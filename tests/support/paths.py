"""Where things are, so that a test may be moved."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STORES = ROOT / "tests" / "stores"
SUPPORT = ROOT / "tests" / "support"
