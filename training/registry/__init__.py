"""Models stored, tracked and promoted."""
