"""As-of dates, the kind of business, and who is at risk."""
