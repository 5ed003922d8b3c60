"""Checks exported models: one JSON request a line on stdin, one answer a line on stdout.

A request names a model file and holds its inputs by name; the answer holds what the checker of
onnx says and what stock onnxruntime computes.
"""

import json
import sys

import numpy
import onnx
import onnxruntime


def tensor(values):
    kind = object if isinstance(values[0], str) else numpy.float32
    return numpy.array([numpy.nan if v is None else v for v in values], dtype=kind).reshape(-1, 1)


print(json.dumps({"onnx": onnx.__version__, "onnxruntime": onnxruntime.__version__}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    model = onnx.load(request["path"])
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(request["path"], providers=["CPUExecutionProvider"])
    outputs = session.run(None, {name: tensor(values) for name, values in request["inputs"].items()})
    answer = {
        "producer": model.producer_name,
        "metadata": {entry.key: entry.value for entry in model.metadata_props},
        "outputs": {meta.name: value.ravel().tolist() for meta, value in zip(session.get_outputs(), outputs)},
    }
    print(json.dumps(answer), flush=True)
