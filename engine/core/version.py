"""The version, read by the build and by nothing heavy."""

__version__ = "0.1.0"
