"""Whether what was scored still holds: drift, feeds, what came of it, and when to train again."""
