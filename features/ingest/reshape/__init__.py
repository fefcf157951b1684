"""Rows that a source has in another shape than the contract."""
