"""Files, temporary files, sources, TOML, logs, and this machine: light."""
