"""What the invented company writes down, a table or two a module."""
