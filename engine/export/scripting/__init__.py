"""An arm as plain Python: what a run did, written with the libraries' own names.

`cells` puts a script together from its parts: `reading` (the table), `dividing` (the
hold-out), `encoding` (columns to numbers), `treating` (samplers) and `fitting` (the
model, and what the test rows say). The first three find out, on the run's own rows,
that what they write comes to what the run had, and refuse otherwise. `words` and
`calls` write values and objects: nothing that comes from data is ever code.
"""
