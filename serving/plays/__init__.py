"""The next step: which plays an account gets, why, in what order, and what became of them."""
