"""How Sphinx makes a site of the pages (`make docs`); the folder above is its source.

The pages stay what a plain git host shows: this file turns the lists of index.md into
the navigation, and file names that stand for pages into their titles.
"""

import re
from pathlib import Path

from docutils import nodes

from engine.core.version import __version__

project = "imbtui"
author = copyright = "the imbtui developers"
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
root_doc = "docs/index"
include_patterns = ["*.md", "docs/*.md", "sample_data/README.md"]
exclude_patterns = [".*", "build", "dist", "tests", "engine", "tui", "benchmarks"]

# Links between pages, to headings and to files are checked; types of Python are not:
# those of other packages are described elsewhere, and nothing is downloaded.
nitpicky = True
nitpick_ignore_regex = [("py:.*", ".*")]
myst_heading_anchors = 6
smartquotes = False  # `--trials` would lose a dash
highlight_language = "none"

autodoc_typehints = "none"
autodoc_member_order = "bysource"
napoleon_google_docstring = False

html_theme = "furo"
html_title = f"imbtui {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False

LINK = re.compile(r"\[([^]]+)\]\(([\w/.-]+)\.md\)")
NAMED = re.compile(r"\[(?:docs/)?([\w-]+\.md)\]\(((?:[\w.]+/)*\1(?:#[\w-]+)?)\)")


def navigation(text):
    """Return the page of pages with a table of contents of each of its lists."""
    head, *groups = re.split(r"^## ", text, flags=re.M)
    parts, seen = [head], {page for _, page in LINK.findall(head)}
    for group in groups:
        title = group.partition("\n")[0]
        pages = []
        for name, page in LINK.findall(group):
            if page not in seen:
                seen.add(page)
                pages.append(page if name.endswith(".md") else f"{name} <{page}>")
        tree = ["```{toctree}", ":hidden:", f":caption: {title}", "", *pages, "```"]
        parts.append("\n".join([f"## {group.rstrip()}", "", *tree, "", ""]))
    return "".join(parts)


def adapt(app, name, source):
    """Change the text of a page before it is read."""
    text = navigation(source[0]) if name == root_doc else source[0]
    source[0] = NAMED.sub(r"[](\2)", text)


def number(app, what, name, object, options, lines):
    """Leave references without targets, which are one a page, not a docstring."""
    text = re.sub(r"(\[\d\])_", r"\1", "\n".join(lines))
    lines[:] = re.sub(r"^\.\. (\[\d\])", r"*  \1", text, flags=re.M).split("\n")


def lengthen(app, tree):
    """Write a dash between a parameter and what it is, as smart quotes would."""
    for node in [*tree.findall(nodes.Text)]:
        if node == " -- ":
            node.parent.replace(node, nodes.Text(" – "))


def redirect(app, error):
    """Let the address of the site itself lead to its first page."""
    if error is None and app.builder.name == "html":
        page = '<!doctype html><meta http-equiv="refresh" content="0; url=docs/">\n'
        (Path(app.outdir) / "index.html").write_text(page, "utf-8")


def setup(app):
    """Tell Sphinx of what it is to call."""
    app.connect("autodoc-process-docstring", number)
    app.connect("source-read", adapt)
    app.connect("doctree-read", lengthen)
    app.connect("build-finished", redirect)
