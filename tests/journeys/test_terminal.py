"""The real command in a terminal of 80×24: a table is opened, and q leaves it well.

Everything else that may happen to a terminal or a process is in tests/slow: runs in
it, signals at any moment, stalls, lost terminals.
"""

from tests.support.experiments import make_table
from tests.support.pty_session import Terminal, restored, strange, wait_until


def test_a_table_is_opened_and_q_leaves_the_terminal_as_it_was(tmp_path):
    make_table(500).to_csv(tmp_path / "patients.csv", index=False)
    (tmp_path / "visits.csv").write_text("a,b\n1,2\n")
    with Terminal(folder=tmp_path, columns=80, rows=24) as app:
        app.wait_for("Samples")
        app.press("o")
        app.wait_for("Open a dataset")
        app.wait_for("visits.csv")
        app.type("pat")
        # Tab completes what is listed: the list must be that of what was typed.
        app.wait_gone("visits.csv")
        app.press("tab")
        app.press("enter")
        app.wait_for("500 rows")
        app.wait_for("sick=yes")
        app.press("q")
        gone = app.wait_exit()
        assert (gone.code, gone.same) == (0, True)
        assert restored(app.raw) == []
        assert strange(app.raw) == []
        wait_until(lambda: not app.processes(), 60, "left behind")
