"""No module writes a file by itself: all take `engine.io`'s `files` or `scratch`."""

import ast
import re
from pathlib import Path

from tests.support.paths import ROOT

ALLOWED = {
    # path: calls that may write, and why
    "engine/io/files.py": {
        "os.open",
        "os.replace",
        "os.link",
        "os.rename",
    },  # the one way
    "engine/io/scratch.py": {"os.open", "os.fdopen", "mkstemp", "mkdtemp"},  # the other
    # A descriptor of `scratch.temporary` or `scratch.appending`.
    "engine/service/client/runs.py": {"os.fdopen"},
    "tui/terminal/files.py": {"os.fdopen", ".replace"},  # puts an old log aside
    "tui/cli/parser.py": {"os.fdopen"},
    # To standard streams, or nowhere.
    "tui/cli/streams.py": {"os.open", "os.fdopen"},
    "engine/io/logs.py": {"os.open", "os.fdopen"},
    # Into a private folder that gets its name when all is in it; told by digests.
    "engine/data/array_cache.py": {"np.save", ".write_bytes", ".rename"},
    # Asks `Jobs`, which takes `engine.io.files`.
    "tui/app/dispatch.py": {".write_text"},
    # Into memory.
    "engine/api/table.py": {"pq.write_table"},
    "engine/io/catalogue.py": {"pq.write_table", ".to_csv"},
    # Into a file that `engine.io.files` or `engine.io.scratch` has made.
    "engine/data/load.py": {"pq.write_table"},
    "engine/export/tables.py": {"pq.write_table"},
    "engine/bundle/scoring.py": {".write_table", ".to_csv"},
    # Only to read.
    "engine/io/source.py": {"os.open"},
    # Texts, and columns of a table.
    "engine/export/bundle.py": {".to_json"},
    "engine/export/onnx_model.py": {".to_json"},
}

STORE = "engine/store/"
"""SQLite writes there, and what fixes and copies its files; its own tests see to it."""

WRITERS = {
    "mkstemp", "mkdtemp", "NamedTemporaryFile", "TemporaryFile", "TemporaryDirectory",
    "SpooledTemporaryFile", "write_text", "write_bytes", "touch", "to_csv",
    "to_parquet", "to_excel", "to_feather", "to_pickle", "to_json", "write_table",
    "write_feather", "savefig", "savez", "save_model", "symlink", "symlink_to",
    "hardlink_to", "link", "mkfifo", "copyfile", "copy2", "copytree",
    "FileHandler", "RotatingFileHandler", "deliver_text",
    "deliver_binary", "save_screenshot", "deliver_screenshot",
}  # fmt: skip
DEPENDS = {
    "open", "fdopen", "replace", "rename", "save", "dump", "copy", "move",
    "basicConfig",
}  # fmt: skip
"""What writes a file or does something else, as it is called."""
FLAGS = ("O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND", "flags", "_NEW")


def written(call: ast.Call) -> str | None:
    """Say how a call may write a file; None if it does not."""
    function = call.func
    name = getattr(function, "attr", getattr(function, "id", ""))
    if name not in WRITERS and name not in DEPENDS:
        return None
    dotted = ast.unparse(function)
    if dotted == "os.open":
        text = ast.unparse(call)
        return dotted if any(flag in text for flag in FLAGS) else None
    if name in ("open", "fdopen"):
        first = 1 if dotted in ("open", "io.open", "os.fdopen") else 0
        given = [*call.args[first : first + 1]]
        given += [k.value for k in call.keywords if k.arg == "mode"]
        modes = [a.value for a in given if isinstance(a, ast.Constant)]
        if len(given) > len(modes) and first:
            return dotted  # nobody knows
        writes = any(isinstance(m, str) and set(m) & set("wax+") for m in modes)
        return dotted if writes else None
    if dotted in ("os.replace", "os.rename", "os.link", "os.symlink", "np.save"):
        return dotted
    if dotted in ("json.dump", "pickle.dump", "shutil.copy", "shutil.move"):
        return dotted
    if name in ("replace", "rename") and isinstance(function, ast.Attribute):
        # Of a path: one argument, unlike that of a text, or of a struct.
        alone = len(call.args) == 1 and not call.keywords
        path = alone and not ast.unparse(call.args[0]).startswith(("[", "str("))
        return f".{name}" if path else None
    if name == "basicConfig":
        return dotted if "filename" in [k.arg for k in call.keywords] else None
    if name in WRITERS and isinstance(function, ast.Attribute):
        short = dotted if dotted.count(".") == 1 else f".{name}"
        if name in ("mkstemp", "mkdtemp"):
            return name
        return short if short.startswith("pq.") else f".{name}"
    return None


MAYBE = re.compile(rf"\b({'|'.join(sorted(WRITERS | DEPENDS))})\(")


def writers(path: Path) -> dict[str, int]:
    text = path.read_text(encoding="utf-8")
    found: dict[str, int] = {}
    if MAYBE.search(text) is None:
        return found
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (how := written(node)) is not None:
            found.setdefault(how, node.lineno)
    return found


def sources():
    for folder in ("imbtui", "engine", "tui"):
        yield from sorted((ROOT / folder).rglob("*.py"))


def test_no_other_module_writes_a_file():
    """Whoever needs one takes `files` or `scratch` of `engine.io`; or says why here."""
    wrong = []
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(STORE):
            continue
        for how, line in writers(path).items():
            if how not in ALLOWED.get(name, ()):
                wrong.append(f"{name}:{line}: {how}")
    assert wrong == []


def test_nothing_is_allowed_that_is_not_done():
    for name, allowed in ALLOWED.items():
        assert allowed <= set(writers(ROOT / name)), name


SEEN = (
    "open(p, 'w')", "open(p, mode='ab')", "p.open('x')", "open(p, how)",
    "os.open(p, os.O_CREAT)", "os.fdopen(h, 'wb')", "p.write_text('')",
    "tempfile.mkstemp()", "tempfile.NamedTemporaryFile()", "p.rename(q)",
    "p.replace(q)", "os.replace(p, q)", "frame.to_csv(p)", "np.save(p, a)",
    "shutil.move(p, q)", "logging.FileHandler(p)", "json.dump(x, f)",
)  # fmt: skip
PASSED = (
    "open(p)", "p.open('rb')", "os.open(p, os.O_RDONLY)", "t.replace('a', 'b')",
    "replace(s, a=1)", "msgspec.structs.replace(s, a=1)", "os.fdopen(h, 'rb')",
)  # fmt: skip


def test_the_census_sees_what_writes_and_lets_pass_what_does_not():
    def how(line):
        (node,) = ast.parse(line).body
        return written(node.value)

    assert [line for line in SEEN if how(line) is None] == []
    assert [line for line in PASSED if how(line) is not None] == []
