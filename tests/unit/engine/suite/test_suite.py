"""Many tables: which they are, which runs answer for them, what they say together."""

import os
import time

import msgspec
import numpy as np
import pytest

from engine.core.errors import DataError, EngineError, SpecError
from engine.core.events import (
    ArmEvaluated,
    ArmFailed,
    DatasetInfo,
    RunFinished,
    RunStarted,
    SplitInfo,
)
from engine.core.experiment import references
from engine.core.messages import AskSuite
from engine.core.methods.grammar import at_model, parse
from engine.core.outcome import Confusion, OperatingPoint
from engine.core.state import State, reduce
from engine.core.suite import METRICS, TableRow, metric, value_of
from engine.evaluate import sweep
from engine.service import answer_suite as answer
from engine.store import RunOptions, open_store
from engine.suite.aggregate import aggregate, describe_bench, least_tables, table_row
from engine.suite.stored import find_run, group_runs, members, settings_of
from tests.support.experiments import small

ARMS = ("untreated", "weights", "smote")


# Which tables ------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    for name in ("b.csv", "a.csv.gz", "c.parquet", "README.md", ".d.csv", "e.toml"):
        (tmp_path / name).write_text("x")
    (tmp_path / "sub.csv").mkdir()
    return tmp_path


def test_a_folders_tables_are_in_the_order_of_their_names(folder):
    found = members(str(folder))
    assert [one.name for one in found] == ["a", "b", "c"]
    assert found[0].data.source == str(folder / "a.csv.gz")
    assert found[0].data.target is None


def test_a_list_in_toml_says_what_a_table_is(folder):
    (folder / "list.toml").write_text(
        '[[table]]\npath = "b.csv"\ntarget = "y"\npositive = "yes"\ndrop = ["id"]\n'
        'rows = 500\n[[table]]\npath = "sample:moons"\n'
        '[[table]]\npath = "b.csv"\nname = "again"\nread = {delimiter = ";"}\n'
    )
    one, two, three = members(str(folder / "list.toml"))
    assert one.name == "b"
    assert one.data.source == str(folder / "b.csv")
    assert (one.data.target, one.data.positive, one.data.drop) == ("y", "yes", ("id",))
    assert one.data.read.rows == 500
    assert (two.name, two.data.source) == ("sample:moons", "sample:moons")
    assert (three.name, three.data.read.delimiter) == ("again", ";")


def test_a_list_of_lines_is_of_paths(folder):
    (folder / "list.txt").write_text("# tables\n\nb.csv\n  my sea.parquet \n")
    one, two = members(str(folder / "list.txt"))
    assert (one.name, one.data.source) == ("b", str(folder / "b.csv"))
    assert (two.name, two.data.source) == ("my sea", str(folder / "my sea.parquet"))


@pytest.mark.parametrize(
    ("name", "text", "word"),
    [
        ("x.toml", "[[table]]\n", "path"),
        ("x.toml", "[[table]]\npath = 3\n", "str"),
        ("x.toml", "[[table]]\npath = 'a'\ncolour = 1\n", "colour"),
        ("x.toml", "[[", "no valid TOML"),
        ("x.toml", f"a = {'[' * 100_000}", "nested too deeply"),
        ("x.toml", f"{'a.' * 20_000}a = 1", "x.toml, line 1: a key of 20,001 parts"),
        ("x.txt", "#" * 1_000_001, "x.txt is too large: 1,000,001 bytes"),
        ("x.toml", "", "names no table"),
        ("x.toml", "[[table]]\npath='a'\nkinds={x='odd'}\n", "no kind of column"),
        ("x.toml", "[[table]]\npath='a'\nread={rows='many'}\n", "rows"),
        ("x.csv", "a,b\n", "no folder and no list"),
        ("x.txt", b"\xff\xfe\x00", "no UTF-8"),
    ],
)
def test_a_list_that_cannot_be_is_refused_in_words(tmp_path, name, text, word):
    file = tmp_path / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises((DataError, SpecError), match=word) as caught:
        members(str(file))
    assert caught.value.fix or "TOML" in str(caught.value)


def test_a_table_counts_once(folder):
    text = "[[table]]\npath = 'b.csv'\n[[table]]\npath = './b.csv'\nname = 'again'\n"
    listed = folder / "twice.toml"
    listed.write_text(text)
    with pytest.raises(SpecError, match="'again' is listed twice"):
        members(str(listed))


def test_an_empty_folder_and_none_at_all_are_said(tmp_path):
    with pytest.raises(DataError, match="names no table"):
        members(str(tmp_path))
    with pytest.raises(DataError, match="no folder and no list"):
        members(str(tmp_path / "gone"))


# What an arm came to -----------------------------------------------------------------


def point(at, **metrics):
    counts = Confusion(tn=80, fp=10, fn=5, tp=5)
    return OperatingPoint(name=at, threshold=0.5, confusion=counts, metrics=metrics)


def evaluated(arm, ap, cost=100.0):
    """Of 100 rows 10 are positive; the best 3 scores hold 2 of them, the next 4 one."""
    return ArmEvaluated(
        arm=arm,
        sweep=((0.9, 1, 2), (0.7, 4, 3), (0.1, 90, 10)),
        operating_points=(
            point("fixed", recall=0.9, cost_per_1000=999.0),
            point("cost", recall=0.8, cost_per_1000=cost),
            point("alerts<=5%", recall=0.99, cost_per_1000=500.0),
        ),
        test={"average_precision": ap, "roc_auc": 0.7, "brier": 0.1},
    )


def test_each_metric_is_read_where_it_belongs():
    arm = evaluated("untreated", 0.25, cost=120.0)
    found = {name: value_of(arm, name) for name in METRICS}
    assert found == {
        "average_precision": 0.25,
        "cost": 120.0,
        # Five alerts: the best 3 rows, and half of the 4 after them.
        "recall": pytest.approx((2 + 0.5) / 10),
        "roc_auc": 0.7,
        "brier": 0.1,
    }
    untreated = ArmEvaluated(
        arm="untreated", operating_points=(), test={"roc_auc": None}
    )
    assert [value_of(untreated, name) for name in METRICS] == [None] * 5
    with pytest.raises(SpecError, match="no metric 'f1'"):
        metric("f1")


@pytest.mark.parametrize(
    ("at", "recall"),
    [("alerts<=2", 2 / 3 * 2 / 10), ("alerts<=3%", 0.2), ("alerts<=100", 1.0)],
)
def test_recall_is_at_exactly_as_many_alerts_for_every_arm(at, recall):
    arm = evaluated("untreated", 0.25)
    changed = msgspec.structs.replace(arm, operating_points=(point(at),))
    assert value_of(changed, "recall") == pytest.approx(recall)


def test_recall_at_k_is_that_of_the_sorted_scores():
    random = np.random.default_rng(5)
    y = (random.random(400) < 0.1).astype(int)
    scores = random.random(400) + 0.3 * y
    counts = Confusion(tn=0, fp=int(400 - y.sum()), fn=0, tp=int(y.sum()))
    points = (point("alerts<=5%"),)
    arm = ArmEvaluated(
        arm="untreated",
        operating_points=(msgspec.structs.replace(points[0], confusion=counts),),
        test={},
        sweep=sweep(y, scores),
    )
    best = np.argsort(-scores)[:20]
    assert value_of(arm, "recall") == pytest.approx(y[best].sum() / y.sum(), abs=1e-12)


def events(experiment, name, aps):
    """The results of a run, as short as can be."""
    yield RunStarted(
        experiment=experiment,
        dataset=DatasetInfo(
            name=name,
            rows=1000,
            columns=3,
            target="y",
            positive="1",
            classes={"0": 900, "1": 100},
            roles={},
        ),
        split=SplitInfo(train={}, test={}, test_fingerprint=""),
        versions={},
    )
    for arm, ap in aps.items():
        if ap is None:
            yield ArmFailed(arm=arm, code="arm", message="too few", fix="more")
        else:
            yield evaluated(arm, ap)
    yield RunFinished(status="done", seconds=2.0)


def state_of(aps, name="t"):
    state = State()
    for event in events(small("t.csv", *ARMS), name, aps):
        state = reduce(state, event)
    return state


def rows_of(*tables, arms=ARMS, metric="average_precision"):
    return [
        table_row(
            state_of(dict(zip(arms, aps, strict=True))),
            arms,
            f"t{n}",
            source=f"/t{n}.csv",
            run=f"{n:08x}",
            status="done",
            metric=metric,
        )
        for n, aps in enumerate(tables)
    ]


def whole(rows, arms=ARMS, name="average_precision", rope=None):
    bench = describe_bench(small("t.csv", *ARMS), "tables/")
    return aggregate(rows, arms=arms, name=name, rope=rope, seed=42, bench=bench)


def test_a_row_says_what_is_known_and_why_the_rest_is_not():
    found = rows_of((0.2, None, 0.4))[0]
    assert found.values == {"untreated": 0.2, "weights": None, "smote": 0.4}
    assert found.failed == {"weights": "too few"}
    assert (found.rows, found.positives, found.error) == (1000, 100, None)
    assert "every arm failed: too few" in rows_of((None, None, None))[0].error
    half = table_row(
        state_of({"untreated": 0.1}),
        ARMS,
        "t",
        source="",
        run="1",
        status="cancelled",
        metric="brier",
    )
    assert half.values == {}
    assert half.error == "its run is cancelled"


# All of them together ----------------------------------------------------------------

CLEAR = [(0.20 + n / 100, 0.21 + n / 100, 0.30 + n / 100) for n in range(9)]


def test_a_clear_difference_is_found_and_said():
    suite = whole(rows_of(*CLEAR))
    assert suite.mean_ranks == {"untreated": 3.0, "weights": 2.0, "smote": 1.0}
    assert suite.friedman.f is None  # infinite
    assert suite.friedman.f_p < 1e-6
    assert suite.friedman.tables == 9
    weights, smote = suite.against_control
    assert (smote.wins, smote.ties, smote.losses) == (9, 0, 0)
    assert smote.p == pytest.approx(2 / 2**9)
    assert smote.adjusted_p == pytest.approx(4 / 2**9)
    assert smote.median_difference == pytest.approx(0.10)
    assert smote.better > 0.99
    assert weights.same > 0.5
    assert suite.groups == (("smote", "weights"), ("weights", "untreated"))
    assert suite.verdict.headline == (
        "Over 9 tables, `weights`, `smote` are better than `untreated` in average "
        "precision "
        "(`smote` is better on 9 of 9 tables, median difference +0.100, adjusted p = "
        "0.008)."
    )
    assert suite.tables[0].ranks == {"untreated": 3.0, "weights": 2.0, "smote": 1.0}


def test_lower_is_better_turns_ranks_wins_and_words():
    rows = [msgspec.structs.replace(one, values=one.values) for one in rows_of(*CLEAR)]
    suite = whole(rows, name="brier")
    assert suite.mean_ranks == {"untreated": 1.0, "weights": 2.0, "smote": 3.0}
    _, smote = suite.against_control
    assert (smote.wins, smote.losses) == (0, 9)
    assert smote.median_difference == pytest.approx(0.10)
    assert smote.worse > 0.99
    assert "are worse than `untreated` in Brier score" in suite.verdict.headline
    assert "`smote` is worse on 9 of 9 tables" in suite.verdict.headline


def test_noise_is_never_ranked():
    noise = [(0.2, 0.3, 0.25), (0.3, 0.2, 0.25), (0.25, 0.2, 0.3), (0.2, 0.25, 0.3)] * 3
    suite = whole(rows_of(*noise))
    assert suite.friedman.f_p > 0.05
    assert len(suite.groups) == 1
    assert sorted(suite.groups[0]) == sorted(ARMS)
    assert "no arm is shown to differ from `untreated`" in suite.verdict.headline
    assert "better" not in suite.verdict.headline


def test_costs_that_nobody_gave_are_said_where_costs_are_compared():
    def doubts(**given):
        bench = describe_bench(small("t.csv", *ARMS, **given), "tables/")
        rows = rows_of(*CLEAR, metric="cost")
        return aggregate(
            rows, arms=ARMS, name="cost", rope=None, seed=42, bench=bench
        ).verdict.doubts

    assumed = "Assumed costs: on each table a miss counts as many false alarms"
    assert any(doubt.startswith(assumed) for doubt in doubts())
    given = doubts(decision__cost_fn=10.0)
    assert not any("assumed" in doubt for doubt in given)
    assert any("lean on those tables" in doubt for doubt in given)


def test_few_tables_can_show_nothing_however_clear():
    suite = whole(rows_of(*CLEAR[:4]))
    assert suite.verdict.headline.startswith("4 tables cannot show a difference")
    few = suite.verdict.doubts[0]
    assert "With 4 tables no difference from `untreated` can be shown" in few
    assert "adjusted p of 0.25 at best" in few
    assert "7 tables for 2 arms" in few
    assert min(a.adjusted_p for a in suite.against_control) == pytest.approx(0.25)


def test_each_model_has_a_control_and_a_correction_of_its_own():
    """Of two models, each is what it would be alone."""
    alone = {
        "logistic": rows_of(*CLEAR),
        "xgboost": rows_of(*(line[::-1] for line in CLEAR)),
    }
    names = [at_model(arm, model) for model in alone for arm in ARMS]
    together = [
        msgspec.structs.replace(
            one,
            values={
                at_model(arm, model): rows[n].values[arm]
                for model, rows in alone.items()
                for arm in ARMS
            },
        )
        for n, one in enumerate(alone["xgboost"])
    ]
    found = aggregate(
        together,
        arms=names,
        name="average_precision",
        rope=None,
        seed=42,
        bench={},
        references=references([parse(name) for name in names]),
    )
    for model, rows in alone.items():
        those = [a for a in found.against_control if a.control == f"untreated@{model}"]
        before = whole(rows).against_control
        assert [a.arm for a in those] == [at_model(a.arm, model) for a in before]
        for field in ("wins", "losses", "p", "adjusted_p", "median_difference"):
            values = [getattr(a, field) for a in those]
            assert values == [getattr(a, field) for a in before], (model, field)
    assert "than `untreated` with the same model in" in found.verdict.headline


@pytest.mark.parametrize("arms", [1, 2, 3, 5, 8])
def test_the_fewest_tables_are_those_with_which_it_can_be_shown(arms):
    least = least_tables(arms)
    assert arms * 2 / 2**least < 0.05 <= arms * 2 / 2 ** (least - 1)


def test_alike_in_practice_is_said_as_that():
    tables = [(0.2 + n / 50, 0.2 + n / 50 + (-1) ** n * 0.001, 0.3) for n in range(9)]
    suite = whole(rows_of(*tables))
    assert "`weights` is practically the same as `untreated`" in suite.verdict.headline


def test_ties_share_their_ranks_and_all_ties_are_no_difference():
    suite = whole(rows_of(*[(0.2, 0.2, 0.2)] * 8))
    assert suite.mean_ranks == dict.fromkeys(ARMS, 2.0)
    assert (suite.friedman.statistic, suite.friedman.f_p) == (0.0, 1.0)
    one = suite.against_control[0]
    assert (one.ties, one.p, one.same) == (8, 1.0, 1.0)


def test_a_table_without_an_arm_is_out_of_the_ranks_but_not_out_of_the_pairs():
    rows = rows_of(*CLEAR, (0.2, None, 0.5))
    suite = whole(rows)
    assert suite.friedman.tables == 9
    assert suite.tables[-1].ranks == {}
    weights, smote = suite.against_control
    assert smote.wins == 10
    assert weights.wins == 9
    (gap,) = [d for d in suite.verdict.doubts if d.startswith("No result of")]
    assert "weights on t9" in gap
    assert "over the 9 tables on which every ranked arm has one" in gap


def test_an_arm_without_any_result_is_not_ranked_and_spoils_nothing():
    suite = whole(rows_of(*[(a, None, c) for a, _, c in CLEAR]))
    assert set(suite.mean_ranks) == {"untreated", "smote"}
    assert suite.friedman is None  # two arms
    assert suite.critical_difference is None
    assert [a.arm for a in suite.against_control] == ["smote"]
    assert any("No result of weights on" in d for d in suite.verdict.doubts)


def test_tables_that_cannot_be_used_are_named():
    out = TableRow(name="odd", source="/odd", status="refused", error="one class only")
    suite = whole([*rows_of(*CLEAR), out])
    assert suite.friedman.tables == 9
    assert suite.tables[-1].error == "one class only"
    assert "1 of 10 tables left out: odd." in suite.verdict.doubts


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "none of 0 tables has a result"),
        ([TableRow(name="a", source="", status="failed")], "none of 1 table has"),
        (rows_of((None, 0.2, 0.3)), "the control `untreated` has no result"),
        (rows_of((0.1, None, None)), "no arm has a result beside `untreated`"),
    ],
)
def test_nothing_to_compare_is_said(rows, said):
    suite = whole(rows)
    assert said in suite.verdict.headline
    assert suite.against_control == ()
    assert suite.groups == ()


def test_one_table_is_ranked_but_not_tested():
    suite = whole(rows_of(CLEAR[0]))
    assert suite.mean_ranks["smote"] == 1.0
    assert suite.friedman is None
    assert suite.against_control[0].p == 1.0


def test_the_document_is_json_and_the_same_for_the_same_seed():
    one, two = whole(rows_of(*CLEAR)), whole(rows_of(*CLEAR))
    assert msgspec.json.encode(one) == msgspec.json.encode(two)
    document = msgspec.json.decode(msgspec.json.encode(one))
    assert list(document) == [
        "bench",
        "arms",
        "metric",
        "rope",
        "tables",
        "friedman",
        "mean_ranks",
        "critical_difference",
        "groups",
        "against_control",
        "verdict",
        "seconds",
    ]
    assert "data" not in document["bench"]["settings"]


def test_the_rope_is_what_it_is_told():
    tight, wide = (whole(rows_of(*CLEAR), rope=r) for r in (0.0, 0.5))
    assert tight.against_control[1].better > 0.99
    assert wide.against_control[1].same == 1.0


# Stored runs -------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "runs.sqlite") as opened:
        yield opened


def put(store, source, aps, *, folder=None, **changes):
    """Store a run that is done."""
    experiment = small(source, *ARMS, **changes)
    run = store.create(experiment, RunOptions(folder=folder))
    for event in events(experiment, source, aps):
        store.append(run.id, event)
    return run


def aps_of(n):
    return dict(zip(ARMS, CLEAR[n], strict=True))


def test_runs_of_equal_settings_are_gathered_and_compared(store):
    for n in range(8):
        put(store, f"/data/t{n}.csv", aps_of(n))
    put(store, "/data/alone.csv", aps_of(0), seed=7)
    put(store, "/data/t0.csv", aps_of(8))  # the newest of its table counts
    (found,) = group_runs(store.runs())
    assert found.group.tables == 8
    assert found.group.arms == ARMS
    shown = answer(AskSuite(id=5, store=str(store.path)))
    assert shown.id == 5
    assert [group.key for group in shown.groups] == [shown.group]
    assert [one.name for one in shown.suite.tables] == [f"t{n}" for n in range(8)]
    assert shown.suite.tables[0].values == aps_of(8)
    assert shown.suite.friedman.tables == 8
    other = answer(AskSuite(id=6, store=str(store.path), group="gone", metric="brier"))
    assert other.suite.metric == "brier"
    with pytest.raises(EngineError, match="no metric"):
        answer(AskSuite(id=7, store=str(store.path), metric="luck"))


def test_the_newest_settings_come_first_and_a_group_can_be_chosen(store):
    for seed in (1, 2):
        for n in range(2):
            put(store, f"t{n}.csv", aps_of(n), seed=seed, folder="/data")
    shown = answer(AskSuite(id=1, store=str(store.path)))
    assert [group.seed for group in shown.groups] == [2, 1]
    second = answer(AskSuite(id=1, store=str(store.path), group=shown.groups[1].key))
    assert second.suite.bench["settings"]["seed"] == 1


def test_one_file_is_one_table_and_an_empty_store_is_empty(store, tmp_path):
    put(store, "t.csv", aps_of(0), folder="/data")
    put(store, "/data/t.csv", aps_of(1), data__target="y")
    assert group_runs(store.runs()) == ()
    shown = answer(AskSuite(id=1, store=str(store.path)))
    assert (shown.groups, shown.group, shown.suite) == ((), None, None)
    gone = answer(AskSuite(id=1, store=str(tmp_path / "untreated" / "runs.sqlite")))
    assert gone.suite is None


def test_settings_are_all_but_the_table():
    base = small("a.csv", *ARMS)
    assert settings_of(base) == settings_of(small("b.csv", *ARMS, split__group="id"))
    assert settings_of(base) != settings_of(small("a.csv", "untreated", "smote"))
    assert settings_of(base) != settings_of(small("a.csv", *ARMS, search__trials=3))


def test_the_answer_crosses_the_wire(store):
    for n in range(3):
        put(store, f"/data/t{n}.csv", aps_of(n))
    shown = answer(AskSuite(id=5, store=str(store.path)))
    plain = msgspec.to_builtins(shown)
    assert msgspec.convert(plain, type(shown)) == shown


def test_a_done_run_is_taken_unless_the_table_changed_since(store, tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("x")
    os.utime(table, (1, 1))
    wanted = small(str(table), *ARMS)
    assert find_run(store.runs(), wanted) is None
    queued = store.create(wanted, RunOptions())
    assert find_run(store.runs(), wanted).id == queued.id
    done = put(store, str(table), aps_of(0))
    later = store.create(wanted, RunOptions())
    assert find_run(store.runs(), wanted).id == done.id != later.id
    assert find_run(store.runs(), small(str(table), *ARMS, seed=3)) is None
    later_on = time.time() + 60
    os.utime(table, (later_on, later_on))
    assert find_run(store.runs(), wanted) is None
