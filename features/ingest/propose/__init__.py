"""How tables that nobody has described are read: found out by names and values, told as a draft."""
