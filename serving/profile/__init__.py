"""What is known of an account beside its scores: who it is, its tie, its use, its needs."""
