"""From tables and models to scores, drivers and plays."""
