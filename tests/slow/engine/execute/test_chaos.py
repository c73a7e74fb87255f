"""A sampler that ends its process, always or once, beside others that fail."""

import pytest

from engine.execute import processes
from engine.steps import run
from tests.support.chaos import sampler_of_chaos
from tests.support.documents import build
from tests.support.experiments import small
from tests.support.runs import drain, state_of, timeless

pytestmark = pytest.mark.slow


def test_a_sampler_that_ends_its_process_costs_its_arm(
    table_path, tmp_path, monkeypatch
):
    """One run for all of them: workers take seconds to be there."""
    monkeypatch.setattr(processes, "ATTEMPTS", 2)
    hows = ("crash", "exit", "rubbish", "crash-once")
    crash, leave, rubbish, once = arms = [f"chaos:how={how}" for how in hows]
    changes = {"data__target": "sick", "model__rounds": 10, "search__folds": 2}
    with sampler_of_chaos(tmp_path, monkeypatch):
        wanted = small(table_path, "untreated", *arms, **changes)
        state = state_of(run(wanted, executor="processes", jobs=1))
        sound = drain(small(table_path, "untreated", once, **changes))
    assert state.status == "done"
    failed = {arm.name: arm.failed for arm in state.arms if arm.failed}
    assert set(failed) == {crash, leave, rubbish}
    assert failed[crash].code == "worker"
    assert "2 times (segmentation fault)" in failed[crash].message
    assert "SystemExit" in failed[leave].message
    assert "TypeError in chaos_pack" in failed[rubbish].message
    alone, found = (timeless(build(s, run=""))["arms"] for s in (sound, state))
    assert all(arm in found for arm in alone), "done again, it comes to the same"
