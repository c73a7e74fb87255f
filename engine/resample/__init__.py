"""Remedies: which exist, what they need, and how they are applied.

`registry` is light and tells what there is; `recipe` applies samplers of
imbalanced-learn to training rows; `preflight` repairs what would fail;
`provenance` keeps synthetic rows apart and legal.
"""
