"""What the page says of one account beyond its row."""
