"""Skore reports on the model as on any fitted classifier."""

import numpy as np
from champion import champion
from sklearn.metrics import log_loss, roc_auc_score
from skore import EstimatorReport

model, X, left = champion()
report = EstimatorReport(model, X_test=X, y_test=left, pos_label=1)
figures = report.metrics.summarize().frame()
p = model.predict_p(X)
np.testing.assert_allclose(float(figures["roc_auc"]), roc_auc_score(left, p), atol=1e-9)
np.testing.assert_allclose(float(figures["log_loss"]), log_loss(left, p), atol=1e-9)
print("as it is")
