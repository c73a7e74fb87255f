"""Methods: which exist, what they need, and how they are applied.

`registry` is light and tells what there is; `method` applies samplers of
imbalanced-learn to training rows; `preflight` repairs what would fail;
`provenance` keeps synthetic rows apart and legal.
"""

from engine._public import public

__all__, __getattr__, __dir__ = public(
    __name__,
    {
        "grammar": "* parse_method=method",
        "plugins": "PluginProblem",
        "method": "*",
        "registry": "*",
        "samplers": "COUNTS RATIO Sampler",
        "table_rows": "TableRows",
    },
)
