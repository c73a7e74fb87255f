"""An arm as plain Python: what a run did, written with the libraries' own names.

The text is in `templates`; `text` fills it in. `reading` finds out how pandas comes to
the run's table, or to its rows as they are exported, and `rows` how these are divided
and how columns become numbers: it runs that part of the script and compares what comes
of it with what the run had. `fitting` says what the samplers and the
model were. `words` and `calls` write values and objects: nothing that comes from data
is ever code.
"""
