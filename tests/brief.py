"""How boosted models learn where a test asks what is done with a model, not how good it is.

All their members, folds and curves are there; they are only less finely made.
"""

LARGER_STEPS = {"learning_rate": 0.3, "max_rounds": 40, "patience": 5}

IN_LARGER_STEPS = f"""
from churngrid.training.models.classifier import ChurnClassifier
ChurnClassifier.__init__.__kwdefaults__.update({LARGER_STEPS!r})
"""
"""A program that a test starts says this before all else."""
