"""Labels, the proof, splits and detectors: what a model may learn from."""
