"""What tests of the library have in common."""

import pytest

from engine.core.methods import registry


@pytest.fixture(scope="module", autouse=True)
def _no_methods_left():
    """Methods that were given as objects are this module's alone."""
    yield
    registry.forget()
