"""Fits the peers of the gradient boosting benchmark; one JSON request a line on stdin, one answer a line on stdout."""

import json
import sys
import time

import lightgbm
import numpy
import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

LEAVES, RATE, BINS, MIN_ROWS = 31, 0.1, 255, 20


def read(request):
    """Row-major float64: features, then the target."""
    rows, columns = request["rows"], request["features"]
    table = numpy.fromfile(request["path"], dtype="<f8").reshape(rows, columns + 1)
    return numpy.ascontiguousarray(table[:, :columns]), table[:, columns].copy()


def scikit_learn(request, features, target):
    kind = HistGradientBoostingRegressor if request["task"] == "regression" else HistGradientBoostingClassifier
    return kind(
        max_iter=request["trees"],
        max_leaf_nodes=LEAVES,
        learning_rate=RATE,
        max_bins=BINS,
        min_samples_leaf=MIN_ROWS,
        early_stopping=False,
        categorical_features=request["categorical"] or None,
    ).fit(features, target)


def light_gbm(request, features, target):
    kind = lightgbm.LGBMRegressor if request["task"] == "regression" else lightgbm.LGBMClassifier
    return kind(
        n_estimators=request["trees"],
        num_leaves=LEAVES,
        learning_rate=RATE,
        max_bin=BINS,
        min_child_samples=MIN_ROWS,
        n_jobs=1,
        verbose=-1,
    ).fit(features, target, categorical_feature=request["categorical"])


def predictions(request, model, features):
    if request["task"] == "regression":
        return model.predict(features)
    return model.predict_proba(features)[:, 1]


FITS = {"scikit-learn": scikit_learn, "lightgbm": light_gbm}
data = {}

print(json.dumps({"scikit-learn": sklearn.__version__, "lightgbm": lightgbm.__version__}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    if request["path"] not in data:
        data = {request["path"]: read(request)}
    features, target = data[request["path"]]
    if request["categorical"]:
        features = numpy.where(features < 0, numpy.nan, features)
    start = time.perf_counter()
    model = FITS[request["peer"]](request, features, target)
    answer = {"seconds": time.perf_counter() - start}
    if "testPath" in request:
        test, _ = read({**request, "path": request["testPath"], "rows": request["testRows"]})
        if request["categorical"]:
            test = numpy.where(test < 0, numpy.nan, test)
        answer["predictions"] = predictions(request, model, test).tolist()
    print(json.dumps(answer), flush=True)
