"""What is asked: measures, selections, views, and the catalogue of metrics."""
