"""Customers of a flat table scored: the ranked list, the reasons, the plays that the user maps."""
