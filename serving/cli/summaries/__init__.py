"""What a command has done, as plain values: the same for people, for ``--json`` and for tests."""
