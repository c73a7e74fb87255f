"""The real app with nothing scripted: a table's file, its service, a run, its results.

Only the run's process is one that has imported what it needs already.
"""

from __future__ import annotations

from engine.service import runs as client
from engine.store import open_store
from tests.support.experiments import make_table
from tests.support.fakes import press, run, screen_text
from tests.support.patience import until
from tui.app.app import ImbTuiApp
from tui.features import messages as say
from tui.features.arms import messages

PATIENCE = 120.0


def test_a_table_is_opened_trained_on_and_its_results_are_seen(
    tmp_path, warm, monkeypatch
):
    table, path = tmp_path / "rows.csv", tmp_path / "runs.sqlite"
    make_table(300, share=0.2, seed=3).to_csv(table, index=False)

    def start(store, made, **_):
        log = str(store.log_path(made.id))
        return warm.start("run", str(store.path), made.id, log=log)

    monkeypatch.setattr(client, "start", start)

    async def use(app, pilot):
        await until(pilot, lambda: app.session.load.table, PATIENCE)
        assert app.session.load.table.rows == 300
        assert app.session.load.table.target == "sick"
        assert "300 × 7" in screen_text(app).splitlines()[0]
        for message in (
            messages.TicksChosen(("untreated", "smote")),
            say.BudgetChanged("trials", "1"),
            say.BudgetChanged("folds", "2"),
            say.BudgetChanged("rounds", "20"),
        ):
            app.post_message(message)
        await press(pilot, "r")
        # The target was guessed: that is asked about once.
        await until(pilot, lambda: "Run with a guessed target?" in screen_text(app))
        await press(pilot, "enter")
        await until(pilot, lambda: app.session.run, PATIENCE)
        # A fast machine may be through already.
        assert app.session.view.pane in ("training", "results")
        await until(pilot, lambda: not app.session.running, PATIENCE)
        assert app.session.run.status == "done"
        assert app.session.run.trials == (2, 2)
        await until(pilot, lambda: app.session.view.pane == "results", PATIENCE)
        await press(pilot)
        text = screen_text(app)
        for arm in ("untreated", "smote"):
            assert arm in text
        await until(pilot, lambda: app.session.stored, PATIENCE)
        (listed,) = app.session.stored
        assert (listed.status, listed.arms) == ("done", ("untreated", "smote"))
        assert listed.headline == app.session.run.state.compared.verdict.headline

    run(ImbTuiApp(str(table), store=path), use, size=(140, 40))
    with open_store(path) as store:
        (stored,) = store.runs()
        assert stored.status == "done"
        assert store.state(stored.id).compared is not None
