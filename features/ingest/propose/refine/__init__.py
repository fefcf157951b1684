"""What is added to a part once it is found: its currency, ends of deals, forms of dates."""
