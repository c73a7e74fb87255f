"""A run in a database of MLflow's: as in a store of files, in the quick tier."""

import pytest

from engine.export.mlflow_runs import address, quiet
from tests.unit.engine.export.test_export_mlflow import (  # noqa: F401
    here,
    mlflow,
    runs_of,
    stored,
    test_a_run_is_never_there_twice,
    test_a_run_is_there_with_all_that_is_known_of_it,
    test_what_ends_midway_is_marked_and_replaced,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def where():
    return "sqlite:///runs.db"


@pytest.fixture(scope="module")
def bare(mlflow, tmp_path_factory):  # noqa: F811
    """A database without a run: making one takes MLflow seconds."""
    path = tmp_path_factory.mktemp("bare") / "runs.db"
    with quiet(address(f"sqlite:///{path}")) as found:
        client = found.MlflowClient(tracking_uri=f"sqlite:///{path}")
        client.search_experiments()
        client._tracking_client.store.engine.dispose()
    return path.read_bytes()


@pytest.fixture(autouse=True)
def empty(bare, here, request):  # noqa: F811
    if "all_that_is_known" not in request.node.name:
        (here / "runs.db").write_bytes(bare)
