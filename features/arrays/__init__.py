"""Columns, texts and times as plain arrays; every compiled loop of the features lives here."""
