"""A bundle of the run of two classes, and the rows that it is tried on."""

import pytest

from tests.support.bundles import made, test_rows


@pytest.fixture(scope="session")
def where(two_classes):
    return two_classes


@pytest.fixture(scope="session")
def bundle(where, tmp_path_factory):
    """Nobody changes it."""
    return made(where, tmp_path_factory.mktemp("bundle") / "smote", arm="smote")


@pytest.fixture
def rows(where, tmp_path):
    """A file of the test rows, and the same as text."""
    path = tmp_path / "test.csv"
    return path, test_rows(where, path)
