"""What plays do: who was to get them, what became of everybody, and the difference."""
