"""The tool that compares screens with kept ones: what it says, keeps and removes."""

from __future__ import annotations

import pytest

from tests.support.looks import Looks


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "kept").mkdir()
    return tmp_path / "kept"


def test_a_screen_is_kept_by_an_update_and_then_compared(folder):
    looks = Looks(folder, update=True)
    assert looks.compare("start-80x24.txt", "one  \ntwo") == ""
    assert (folder / "start-80x24.txt").read_text() == "one\ntwo\n"
    assert Looks(folder).compare("start-80x24.txt", "one\ntwo ") == ""


def test_what_differs_is_told_line_by_line(folder):
    Looks(folder, update=True).compare("a.txt", "one\ntwo\nthree")
    told = Looks(folder).compare("a.txt", "one\n2\nthree").splitlines()
    assert told[0] == "a.txt looks different"
    assert told[-4:] == [" one", "-two", "+2", " three"]
    assert (folder / "a.txt").read_text() == "one\ntwo\nthree\n"


def test_a_screen_that_is_not_kept_is_a_difference(folder):
    told = Looks(folder).compare("new.txt", "what is seen")
    assert "new.txt is not kept yet" in told
    assert "what is seen" in told
    assert list(folder.iterdir()) == []


def test_what_comes_late_can_be_waited_for(folder):
    looks = Looks(folder, update=True)
    looks.compare("a.txt", "x")
    looks = Looks(folder)
    assert [looks.same("a.txt", text) for text in ("x ", "y")] == [True, False]
    assert looks.same("new.txt", "there is nothing to wait for")
    assert not looks.seen


def test_colours_alone_are_a_difference_and_ids_are_none(folder):
    Looks(folder, update=True).compare("a.svg", "<i id='terminal-12-r' c='red'>")
    same = Looks(folder).compare("a.svg", "<i id='terminal-99-r' c='red'>")
    assert same == ""
    other = Looks(folder).compare("a.svg", "<i id='terminal-99-r' c='blue'>")
    assert "a.svg looks different" in other


def test_what_is_not_looked_at_is_told_and_removed_by_an_update(folder):
    first = Looks(folder, update=True)
    first.compare("a.txt", "x")
    first.compare("b.txt", "y")
    looks = Looks(folder)
    looks.compare("a.txt", "x")
    assert [path.name for path in looks.leftover()] == ["b.txt"]
    update = Looks(folder, update=True)
    update.compare("a.txt", "x")
    assert update.leftover() == ()
    assert [path.name for path in folder.iterdir()] == ["a.txt"]


def test_no_screen_has_the_name_of_another(folder):
    looks = Looks(folder, update=True)
    looks.compare("a.txt", "x")
    with pytest.raises(AssertionError, match="looked at twice"):
        looks.compare("a.txt", "y")


def test_every_folder_of_kept_screens_has_its_module(request):
    kept = {folder.name for folder in (request.path.parent / "screens").iterdir()}
    assert kept <= {module.stem for module in request.path.parent.glob("test_*.py")}
