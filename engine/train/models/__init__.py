"""What learns: the port in `port`, and a module for each model.

`engine.core.models` says what each of them takes and what is searched of it.
"""
