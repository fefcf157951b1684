"""Files of every kind as raw tables."""
