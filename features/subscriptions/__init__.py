"""The one reading of the commercial facts: what an account pays, what binds it, what it said."""
