"""Which tables, settings and YAML files may be written, and how they are refused."""
