"""The report: a result document laid out as a page, and the page as HTML or Markdown.

`figures` finds values in the document, remembers where, and writes them. Modules named
after a part of the page make its sections out of `parts`, which know no form: `html`
and `markdown` give them one. `plot` and `charts` draw. Light but for `html`, which
loads jinja2.
"""
