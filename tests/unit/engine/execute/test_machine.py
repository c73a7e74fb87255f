"""What memory there is, as Linux tells it."""

from engine.io import machine
from engine.io.machine import one_thread


def files(tmp_path, monkeypatch, groups, own="0::/job/step\n"):
    (tmp_path / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable:    8000 kB\n")
    (tmp_path / "cgroup").write_text(own)
    for name, content in groups.items():
        home = tmp_path / "groups" / name
        home.mkdir(parents=True, exist_ok=True)
        for file, text in content.items():
            (home / file).write_text(text)
    monkeypatch.setattr(machine, "_MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(machine, "_OWN_GROUP", tmp_path / "cgroup")
    monkeypatch.setattr(machine, "_GROUPS", tmp_path / "groups")


def group(most, held, pages=0):
    stat = f"anon 5\ninactive_file {pages}\nactive_file 7\n"
    return {"memory.max": most, "memory.current": held, "memory.stat": stat}


def test_the_tightest_limit_holds(tmp_path, monkeypatch):
    files(
        tmp_path,
        monkeypatch,
        {"job": group("4000000", "1000000"), "job/step": group("max", "500")},
    )
    assert machine.available() == 3_000_000


def test_pages_of_files_can_be_given_back(tmp_path, monkeypatch):
    files(tmp_path, monkeypatch, {"job/step": group("4000000", "3900000", 3_500_000)})
    assert machine.available() == 3_600_000


def test_without_a_limit_it_is_what_the_machine_has(tmp_path, monkeypatch):
    files(tmp_path, monkeypatch, {}, own="")
    assert machine.available() == 8_000 * 1024
    (tmp_path / "meminfo").unlink()
    assert machine.available() is None


def test_native_threads_stay_pinned_until_the_last_unit_leaves(monkeypatch):

    class Limits:
        def restore_original_limits(self):
            restored.append(1)

    restored: list[int] = []
    monkeypatch.setattr(machine, "_pin", Limits)
    first, second = one_thread(), one_thread()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert not restored
    second.__exit__(None, None, None)
    assert restored == [1]
