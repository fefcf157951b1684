"""One table with a row a customer and a flag of the outcome: read, tested, learned from."""
