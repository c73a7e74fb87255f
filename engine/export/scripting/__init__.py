"""An arm as plain Python: what a run did, written with the libraries' own names.

The text is in `templates`; `engine.export.script` fills it in. `rows` finds out how
pandas comes to the run's table, or to its rows as they are exported, how these are
divided and how columns become numbers: it runs that part of the script and compares its
rows with the run's. `words` writes values: nothing that comes from data is ever code.
"""
