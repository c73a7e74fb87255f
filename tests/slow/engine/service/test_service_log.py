"""The log of a real service child holds no cell of the tables it was asked about."""

import pytest

from engine.core.messages import Failure, Load
from engine.service.client import Service
from tests.support.experiments import make_table

pytestmark = pytest.mark.slow

CANARIES = ("Xanthippe", "8675309", "quokkaword")


def test_no_cell_comes_to_the_log_of_a_service(tmp_path):
    frame = make_table(400)
    frame["colour"] = frame["colour"].replace({"red": "Xanthippe"})
    frame["risk"] += 8675309
    frame["who"] = [f"quokkaword{n}" for n in range(len(frame))]
    table, log = tmp_path / "canary.csv", tmp_path / "service.log"
    frame.to_csv(table, index=False)
    with Service.start(log) as service:
        for asked in ({}, {"target": "who", "positive": "quokkaword7"}):
            service.request(Load(id=service.next_id(), source=str(table), **asked))
        gone = Load(id=service.next_id(), source=str(tmp_path / "none.csv"))
        assert isinstance(service.request(gone), Failure)
    text = log.read_text()
    assert not [word for word in CANARIES if word in text]
