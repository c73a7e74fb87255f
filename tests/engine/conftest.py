"""What tests of the engine share besides tables: processes that need no imports."""

import pytest

from tests.stress.warm import Warm


@pytest.fixture(scope="session")
def processes():
    """Run processes without their seconds of imports."""
    warm = Warm()
    yield warm
    warm.close()
