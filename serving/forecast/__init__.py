"""What comes: survival of each account, and the book by quarter, segment and CSM."""
