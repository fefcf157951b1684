"""What the verbs answer with."""
