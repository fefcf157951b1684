"""The views for readers of the whole book."""
