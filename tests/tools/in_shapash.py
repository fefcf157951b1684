"""Shapash shows the model by our exact values."""

import numpy as np
from champion import BASE, champion
from shapash import SmartExplainer

model, X, left = champion()
values = model.contributions(X).drop(columns=BASE)

explainer = SmartExplainer(model=model, label_dict={0: "stays", 1: "leaves"})
explainer.compile(x=X, contributions=values, y_target=left.to_frame())

shown = explainer.to_pandas(max_contrib=1, proba=True)
strongest = np.abs(values.to_numpy()).max(axis=1)
np.testing.assert_allclose(np.abs(shown["contribution_1"].astype(float)), strongest, atol=1e-9)
p = model.predict_proba(X).max(axis=1)
np.testing.assert_allclose(shown["proba"].astype(float), p, atol=1e-9)
assert explainer.plot.features_importance().data

print("as it is")
