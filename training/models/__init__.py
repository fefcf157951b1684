"""The models that compete, their calibration and their explanations."""
