"""The terminal side of imbtui: the command line and the app.

Nothing here imports the science stack: heavy work is done by the engine's child
processes, which `engine.service.client` speaks to.
"""
