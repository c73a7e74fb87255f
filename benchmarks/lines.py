"""Code lines and files of the product, folder by folder.

    python benchmarks/lines.py [PATH …]      # engine and tui

Docstrings, comments and blank lines are not counted; a statement over several lines
counts each of them.
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOT_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}
DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def code_lines(source: str) -> int:
    """Count the lines of a module that hold code."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in NOT_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None:
            told = node.body[0]
            lines.difference_update(range(told.lineno, (told.end_lineno or 0) + 1))
    return len(lines)


def main(names: list[str]) -> int:
    """Print a line per folder, and the sum."""
    lines, files = Counter[str](), Counter[str]()
    for name in names or ["imbtui", "engine", "tui"]:
        for path in sorted((ROOT / name).rglob("*.py")):
            folder = path.parent.relative_to(ROOT).as_posix()
            lines[folder] += code_lines(path.read_text("utf-8"))
            files[folder] += 1
    for folder in sorted(lines):
        print(f"{lines[folder]:7,} {files[folder]:4} {folder}")
    print(f"{lines.total():7,} {files.total():4} in all")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
