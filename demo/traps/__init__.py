"""Leakage traps of real companies, planted on purpose."""
