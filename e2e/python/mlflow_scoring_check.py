"""Asks a server as users of MLflow's scoring protocol do: argument 1 is its address, 2 the ONNX file behind /invocations.

Expected are the answers of onnxruntime for the same file.
"""

import io
import json
import sys
from urllib.parse import urlsplit

import numpy as np
import onnxruntime
import pandas as pd
import requests
from mlflow.models import convert_input_example_to_serving_input
from mlflow.pyfunc.scoring_server.client import ScoringServerClient

address, path = sys.argv[1:3]
rows = pd.DataFrame({"a": [1.5, 6.0, 9.5, 0.25], "b": [-0.25, 0.5, 0.125, -0.5]})
session = onnxruntime.InferenceSession(path)
types = {"tensor(float)": np.float32, "tensor(double)": np.float64}
[expected] = session.run(
    None,
    {i.name: rows[[i.name]].to_numpy().astype(types[i.type]) for i in session.get_inputs()},
)
expected = expected.ravel()


def agree(predictions):
    got = pd.DataFrame(predictions).to_numpy().ravel()
    np.testing.assert_allclose(got, expected, rtol=1e-6)


def post(body, content_type="application/json", path="/invocations"):
    return requests.post(address + path, data=body, headers={"Content-Type": content_type})


# The stock client. What it makes of arrays by name is broken in its own release, so that form is sent by hand below.
url = urlsplit(address)
client = ScoringServerClient(url.hostname, url.port)
client.ping()
assert client.get_version()
agree(client.invoke(rows).get_predictions())

# The payload that MLflow writes beside a model as its serving example.
agree(post(convert_input_example_to_serving_input(rows)).json()["predictions"])

# Every form that the documentation names, and what MLServer and SageMaker send.
split = rows.to_dict(orient="split")
records = rows.to_dict(orient="records")
for body in (
    {"dataframe_split": split},
    {"dataframe_split": {"columns": split["columns"], "data": split["data"]}},
    {"dataframe_records": records},
    {"instances": records},
    {"inputs": {name: rows[name].tolist() for name in rows}},
    {"inputs": {name: rows[[name]].to_numpy().tolist() for name in rows}},
    {"dataframe_records": records, "params": {}},
):
    answer = post(json.dumps(body))
    assert answer.status_code == 200, answer.text
    agree(answer.json()["predictions"])
text = io.StringIO()
rows.to_csv(text, index=False)
for content_type in ("text/csv", "text/csv; charset=utf-8"):
    agree(post(text.getvalue(), content_type).json()["predictions"])
lines = rows.to_json(orient="records", lines=True)
agree(post(lines, "application/jsonlines").json()["predictions"])
agree(post(json.dumps({"instances": records}), path="/endpoints/linear/invocations").json()["predictions"])

# A model of one matrix takes lists of lists, as TensorFlow Serving's users send them.
pairs = [[1.5, -2.0], [3.0, 0.5]]
squares = (np.array(pairs) ** 2).tolist()
for form in ("instances", "inputs"):
    answer = post(json.dumps({form: pairs}), path="/endpoints/pairs/invocations")
    assert answer.json() == {"predictions": squares}, answer.text

# Refusals carry the fields that MLflow's clients read.
for body, content_type in (
    ("{", "application/json"),
    ("[]", "application/json"),
    (json.dumps({"dataframe_split": split, "inputs": []}), "application/json"),
    (json.dumps({"dataframe_records": [{"a": 1}]}), "application/json"),
    (json.dumps({"dataframe_records": [{"a": "x", "b": 1}]}), "application/json"),
    (json.dumps({"dataframe_records": records, "params": {"depth": 3}}), "application/json"),
    ("a,b\n1\n", "text/csv"),
):
    answer = post(body, content_type)
    assert answer.status_code == 400, (body, answer.text)
    assert answer.json()["error_code"] == "BAD_REQUEST" and answer.json()["message"], answer.text
try:
    client.invoke(rows[["a"]])
except Exception as refusal:
    assert "error code 400" in str(refusal) and '\\"b\\" is missing' in str(refusal), refusal
else:
    raise AssertionError("a missing column was answered")
print("MLflow's scoring clients agree")
