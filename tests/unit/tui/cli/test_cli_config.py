"""The settings of the app, shown and checked from the command line."""

import tomllib

from tests.support import result_schema
from tui.app.config import Settings
from tui.app.settings import read
from tui.cli.config import settings_text


def test_what_is_shown_is_read_as_the_same_settings(cli, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    path = tmp_path / "imbtui" / "settings.toml"
    assert cli("config", "path").out == f"{path}\n"
    assert read(cli("config", "show").out) == (Settings(), [])
    assert "the defaults apply" in cli("config", "validate").err
    own = Settings(theme="light", ascii=True, notify="bell", keys={"run.start": "f9"})
    path.parent.mkdir()
    path.write_text(settings_text(own))
    assert tomllib.loads(path.read_text())["keys"] == {"run.start": "f9"}
    assert read(cli("config", "show").out) == (own, [])
    result_schema.check("settings", cli("config", "show").out)
    assert read(cli("config", "show", "--defaults").out) == (Settings(), [])
    assert "nothing of" in cli("config", "validate").err


def test_what_is_ignored_is_named(cli, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    path = tmp_path / "imbtui" / "settings.toml"
    path.parent.mkdir()
    path.write_text(
        'schema = 2\ntheme = "pi\\u001bnk"\nfont = 3\n[keys]\n"run.stort" = "f9"\n'
    )
    done = cli("config", "validate", code=2)
    for said in (
        "no schema 2",
        "no theme",
        "no setting 'font'",
        "run.stort",
        str(path),
    ):
        assert said in done.err
    assert "\x1b" not in done.err
    assert 'theme = "auto"' in cli("config", "show").out
