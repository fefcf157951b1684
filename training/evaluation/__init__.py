"""How good a model is on later dates, with intervals."""
