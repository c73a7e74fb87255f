"""One app for a module, which holds still and is the same on every machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.journey import Journey
from tests.support.looks import Looks

SCREENS = Path(__file__).with_name("screens")


@pytest.fixture(autouse=True)
def _anywhere(tmp_path, monkeypatch) -> None:
    """Home is the same everywhere, and the working folder is empty."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(folder)


@pytest.fixture(scope="module")
def looks(request) -> Iterator[Looks]:
    """The kept looks of the module; none may be there that no test looks at."""
    module, config = request.node, request.config
    kept = Looks(SCREENS / module.path.stem, config.option.update_snapshots)
    failed = request.session.testsfailed
    yield kept
    some = ("keyword", "markexpr", "deselect", "lf")
    chosen = any("::" in arg for arg in config.args) or any(
        getattr(config.option, name, None) for name in some
    )
    # Workers may share a module, unless they were told not to.
    chosen = chosen or config.getoption("--tier") == "slow"
    main = getattr(config, "workerinput", {"mainargv": ("loadscope",)})["mainargv"]
    whole = any("loadscope" in arg or "loadfile" in arg for arg in main)
    if whole and not chosen and request.session.testsfailed == failed:
        # All sizes are looked at where the module is named, else the smallest.
        named = {Path(arg).resolve() for arg in config.args}
        size = "" if module.path in named else "-80x24."
        left = [path.name for path in kept.leftover(size)]
        assert not left, f"nothing looks at {left} any more; --snapshot-update removes"


@pytest.fixture(scope="module")
def journey(looks) -> Iterator[Journey]:
    """The app; each test begins it anew."""
    with Journey(looks) as made:
        yield made
