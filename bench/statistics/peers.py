"""What the Python libraries need for the same work: one line of JSON, CPU seconds by figure. Inputs come from FOLDER."""

import json
import sys
import time
from importlib import metadata
from pathlib import Path

import numpy as np

folder = Path(sys.argv[1])
seconds = {}


def column(name, dtype="<f8"):
    return np.fromfile(folder / f"{name}.bin", dtype)


def measure(name, work, repeat=3):
    """The least CPU seconds of a few runs, after one to warm up."""
    work()
    found = []
    for _ in range(repeat):
        before = time.process_time()
        work()
        found.append(time.process_time() - before)
    seconds[name] = min(found)


def kolmogorov():
    from scipy.stats import ks_2samp

    a, b = column("a"), column("b")
    measure("ks", lambda: ks_2samp(a, b, method="asymp"))


def shap_values():
    import shap
    from sklearn.ensemble import GradientBoostingRegressor

    rows = column("rows").reshape(-1, 10)
    label = rows[:, 0] * 2 - rows[:, 1] * rows[:, 2] + np.sin(rows[:, 3] * 3)
    model = GradientBoostingRegressor(n_estimators=100, max_depth=6, random_state=0).fit(rows, label)
    trees = []
    for (tree,) in model.estimators_:
        t = tree.tree_
        trees.append({"left": t.children_left.tolist(), "right": t.children_right.tolist(), "feature": t.feature.tolist(),
                      "threshold": t.threshold.tolist(), "value": t.value.reshape(-1).tolist(), "cover": t.weighted_n_node_samples.tolist()})
    (folder / "trees.json").write_text(json.dumps({"base": float(model.init_.constant_[0, 0]), "scale": 0.1, "trees": trees}))
    explainer = shap.TreeExplainer(model, feature_perturbation="tree_path_dependent")
    explained = explainer.shap_values(rows[:1])
    (folder / "first.json").write_text(json.dumps(explained[0].tolist()))
    measure("treeShap", lambda: explainer.shap_values(rows, check_additivity=False))


def frame():
    from fairlearn.metrics import (MetricFrame, count, false_negative_rate, false_positive_rate, selection_rate,
                                   true_negative_rate, true_positive_rate)
    from sklearn.metrics import accuracy_score, f1_score, precision_score

    y, p, g = column("label", "<u1"), column("decision", "<u1"), column("group", "<u1")
    nine = {"accuracy": accuracy_score, "selection": selection_rate, "tpr": true_positive_rate, "fpr": false_positive_rate,
            "tnr": true_negative_rate, "fnr": false_negative_rate, "precision": precision_score, "f1": f1_score, "count": count}

    def run(**options):
        found = MetricFrame(metrics=nine, y_true=y, y_pred=p, sensitive_features=g, **options)
        return found.by_group, found.difference(), found.ratio()

    measure("metricFrame", run)
    measure("metricFrameBootstrap", lambda: run(n_boot=5, ci_quantiles=[0.05, 0.95]), repeat=1)
    seconds["metricFrameBootstrap"] *= 20


def detectors():
    from river import drift

    stream = column("stream", "<u1").tolist()
    for name, make, n in (("adwin", drift.ADWIN, 200_000), ("ddm", drift.binary.DDM, 200_000), ("eddm", drift.binary.EDDM, 200_000),
                          ("hddmA", drift.binary.HDDMA, 100_000), ("hddmW", drift.binary.HDDMW, 100_000),
                          ("pageHinkley", drift.PageHinkley, 200_000), ("kswin", lambda: drift.KSWIN(seed=1), 3_000)):
        part = stream[:n]

        def work():
            detector = make()
            for x in part:
                detector.update(x)

        measure(name, work, repeat=2)
        seconds[name] /= n


def estimation():
    import nannyml
    import pandas as pd

    def table(part):
        score = column(f"score{part}")
        return pd.DataFrame({"y_pred_proba": score, "y_pred": (score >= 0.5).astype(int), "y_true": column(f"truth{part}", "<u1").astype(int)})

    reference, analysis = table(1), table(2)
    metrics = ["roc_auc", "f1", "accuracy", "precision", "recall", "specificity"]

    def run():
        model = nannyml.CBPE(metrics=metrics, y_pred_proba="y_pred_proba", y_pred="y_pred", y_true="y_true", problem_type="classification_binary", chunk_number=10)
        model.fit(reference)
        return model.estimate(analysis)

    measure("cbpe", run, repeat=1)


def once(name, work):
    """CPU seconds of one run without a warm-up: for work of many seconds."""
    before = time.process_time()
    work()
    seconds[name] = time.process_time() - before


def tables():
    import pandas as pd

    return pd.read_parquet(folder / "reference.parquet"), pd.read_parquet(folder / "current.parquet")


def univariate():
    import nannyml

    reference, current = tables()
    names = list(reference.columns)
    categories = [name for name in names if name.startswith("s")]

    def run(continuous, categorical):
        found = nannyml.UnivariateDriftCalculator(column_names=names, treat_as_categorical=categories, chunk_number=1,
                                                  continuous_methods=[continuous], categorical_methods=[categorical])
        return found.fit(reference).calculate(current)

    once("driftTests", lambda: run("kolmogorov_smirnov", "chi2"))
    once("driftDistances", lambda: run("jensen_shannon", "jensen_shannon"))


def reports():
    from evidently import Report
    from evidently.presets import DataDriftPreset, DataSummaryPreset

    reference, current = tables()
    small = current.head(100_000)
    once("summary", lambda: Report([DataSummaryPreset()]).run(small, None))
    once("driftReport", lambda: Report([DataDriftPreset()]).run(current, reference))


def profiles():
    import whylogs

    _, current = tables()
    once("profileTable", lambda: whylogs.log(pandas=current).view().serialize())


WORK = {"scipy": [kolmogorov], "shap": [shap_values], "fairlearn": [frame], "river": [detectors], "nannyml": [estimation, univariate],
        "evidently": [reports], "whylogs": [profiles]}
versions = {}
for name, works in WORK.items():
    try:
        for work in works:
            work()
        versions[name] = metadata.version(name)
    except Exception as failure:  # a peer that is missing or fails is left out, and said to be
        print(f"{name}: not measured: {type(failure).__name__}: {failure}"[:300], file=sys.stderr)
print(json.dumps({"seconds": seconds, "versions": versions}))
