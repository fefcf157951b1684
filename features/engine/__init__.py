"""Answers all metrics for all rows without look-ahead."""
