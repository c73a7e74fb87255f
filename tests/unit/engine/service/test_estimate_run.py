"""What a run would take, as the service tells it before one is started."""

import msgspec

from engine.core import lab
from engine.core.messages import Failure, LoadProgress
from engine.core.methods import grammar
from engine.core.presets import preset
from engine.service import protocol as wire
from tests.support.service_samples import Asker


def test_what_a_run_would_take_is_told_of_the_table_at_hand() -> None:
    asker = Asker()

    def estimate(source: str, target: str, arm: str) -> lab.RunEstimate | Failure:
        asker.info(source, target=target)
        wanted = msgspec.structs.replace(
            preset("quick", source=source, target=target), arms=(grammar.parse(arm),)
        )
        asked = lab.EstimateRun(id=3, experiment=wanted)
        answer = asker.desk.answer(wire.encode(asked))
        assert isinstance(answer, lab.RunEstimate | Failure)
        assert answer.id == 3
        return answer

    told = estimate("sample:stroke", "stroke", "untreated")
    assert isinstance(told, lab.RunEstimate)
    assert told.seconds is not None
    assert told.seconds > 0
    assert told.bytes is not None
    assert (told.refused, told.why) == ((), "")
    stages = [one.stage for one in asker.said if isinstance(one, LoadProgress)]
    assert "reading" not in stages[stages.index("timing") :]
    few = estimate("sample:blobs", "label", "untreated")
    assert isinstance(few, lab.RunEstimate)
    assert (few.seconds, few.bytes) == (None, None)
    assert "5,000 training rows" in few.why
