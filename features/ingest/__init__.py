"""From any source to checked tables."""
