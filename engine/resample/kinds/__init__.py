"""Every sampler as plain data, a file for each thing that samplers do. Light.

Nothing but data belongs in here: what a parameter is, is said in `parts`, what several
samplers have in common in `shared`; `engine.resample.samplers` puts them together.
"""
