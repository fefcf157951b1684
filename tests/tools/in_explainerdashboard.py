"""The dashboard's explainer shows the model by our exact values."""

import numpy as np
from champion import BASE, champion
from explainerdashboard import ClassifierExplainer

model, X, left = champion()
shares = model.contributions(X)
values, base = shares.drop(columns=BASE).to_numpy(), float(shares[BASE].iloc[0])

explainer = ClassifierExplainer(
    *(model, X, left),
    shap="kernel",  # is never asked: the values are set in the next step
    X_background=X.head(5),
    model_output="logodds",
    labels=["stays", "leaves"],
)
explainer.set_shap_values([-base, base], [-values, values])

told = explainer.get_shap_values_df(pos_label=1)
np.testing.assert_allclose(told.to_numpy(), values, rtol=0, atol=1e-12)
first = explainer.get_contrib_df(0, pos_label=1).set_index("col")["cumulative"]
np.testing.assert_allclose(first["_PREDICTION"], model.log_odds(X.head(1))[0], atol=1e-9)
np.testing.assert_allclose(explainer.pred_probas(pos_label=1), model.predict_p(X), atol=1e-12)
print("as it is")
