"""The page to work from."""
