"""All ugly tables with what is in them: the oracle of the reader's tests."""

from __future__ import annotations

from tests.support.ugly_layouts import LAYOUTS
from tests.support.ugly_values import VALUES

CASES = (*LAYOUTS, *VALUES)
