"""The same numbers on Apache Spark."""
