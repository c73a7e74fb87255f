from engine.core.messages import LoadProgress
from tui.features import wording
from tui.features.session import Loading, ServicePhase


def test_what_is_counted_has_its_unit():
    for stage, done, total, text in (
        ("measuring", 120, 10_000, "measuring 120 of 10,000 columns"),
        ("reading", 3_000_000, None, "reading 3,000,000 rows …"),
        ("checking", 3_000_000, None, "checking 3.0 MB …"),
    ):
        told = LoadProgress(stage=stage, done=done, total=total)
        first, *_ = wording.progress(Loading(progress=told), ServicePhase())
        assert first.plain == text
