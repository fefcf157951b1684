"""What is true of the invented company and stands in no table: causes, decisions, fates."""
