"""Every column of every result, and the stores that keep them."""
