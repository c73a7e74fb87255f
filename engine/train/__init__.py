"""The tuning job of an arm: what is searched, grown and kept.

`space` says what is searched, `tune` asks and tells, `boost` grows the folds of a
trial together, `workshop` prepares the rows and holds what all trials share.
"""
