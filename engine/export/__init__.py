"""What a run found, in the forms that people and their systems use.

`kinds` says what can be had, and `asked` what was asked for and what came of it: both
light. A `Case` (`case`) is a stored run opened for it, read no further than an exporter
looks. Each exporter is one module or folder in here, a function from a case to `Piece`s
(`pieces`): files that are told before they are made. `write` is the only place that
puts them on a disk, all of them or none.
"""
