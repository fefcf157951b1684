"""What can be wrong, each a ValueError so that one ``except`` catches all."""

__all__ = ["ArtifactError", "LeakageError", "NoRoomError", "SchemaError"]


class SchemaError(ValueError):
    """Tables, settings or a declared file do not have the agreed shape."""


class LeakageError(ValueError):
    """A number would have been computed from something not yet known on the as-of date."""


class ArtifactError(ValueError):
    """A stored model or result cannot be read, or does not fit what it is used with."""


class NoRoomError(ArtifactError):
    """A disk is full: the work was right, and is to be run again where there is room."""
