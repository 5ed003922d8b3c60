"""Evidently's and NannyML's drift of a column over windows of the streams on standard input: which windows have drifted, as JSON."""

import json
import sys
import warnings
from importlib import metadata

warnings.filterwarnings("ignore")
import nannyml
import pandas as pd
from evidently.legacy.calculations.stattests import (
    get_stattest,
    hellinger_stat_test,
    jensenshannon_stat_test,
    ks_stat_test,
    psi_stat_test,
    wasserstein_stat_test,
)

given = json.load(sys.stdin)
reference_rows, window_rows = given["referenceRows"], given["windowRows"]
TESTS = {
    "auto": None,
    "psi": psi_stat_test,
    "ks": ks_stat_test,
    "js": jensenshannon_stat_test,
    "wasserstein": wasserstein_stat_test,
    "hellinger": hellinger_stat_test,
}
NANNY = {"ks": "kolmogorov_smirnov", "js": "jensen_shannon", "wasserstein": "wasserstein", "hellinger": "hellinger"}

evidently = {name: [] for name in TESTS}
nanny = {name: [] for name in NANNY}
for values in given["streams"]:
    reference = pd.Series(values[:reference_rows])
    starts = range(reference_rows, len(values), window_rows)
    for name, test in TESTS.items():
        drifted = []
        for start in starts:
            current = pd.Series(values[start : start + window_rows])
            chosen = get_stattest(reference, current, "num", test)
            drifted.append(bool(chosen(reference, current, "num", threshold=None).drifted))
        evidently[name].append(drifted)
    frame = pd.DataFrame({"x": values})
    calculator = nannyml.UnivariateDriftCalculator(
        column_names=["x"],
        continuous_methods=list(NANNY.values()),
        chunk_size=window_rows,
        thresholds={method: nannyml.thresholds.StandardDeviationThreshold() for method in NANNY.values()},
    )
    calculator.fit(frame[:reference_rows])
    result = calculator.calculate(frame[reference_rows:]).to_df()
    period = result[("chunk", "chunk", "period")]
    for name, method in NANNY.items():
        alerts = result[("x", method, "alert")][period == "analysis"]
        nanny[name].append([bool(alert) for alert in alerts])
print(
    json.dumps(
        {
            "evidently": {"version": metadata.version("evidently"), "drifted": evidently},
            "nannyml": {"version": metadata.version("nannyml"), "drifted": nanny},
        }
    )
)
