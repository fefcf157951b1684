"""From decisions to money: survival, renewal rates, and the book drawn many times."""
