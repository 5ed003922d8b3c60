"""Drives an Open Inference server with the stock Triton HTTP client: argument 1 is host:port, argument 2 the model."""

import sys

import numpy as np
import tritonclient.http as http
from tensor_values import BINARY_ONLY, VALUES, check_value
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

client = http.InferenceServerClient(url=sys.argv[1])
model = sys.argv[2]

def inputs_of(binary):
    inputs = []
    for name, value in VALUES.items():
        tensor = http.InferInput(name, list(value.shape), name)
        tensor.set_data_from_numpy(value, binary_data=binary or name in BINARY_ONLY)
        inputs.append(tensor)
    return inputs


def check_answer(result, names):
    for name in names:
        check_value(name, result.as_numpy(f"{name}_out"))


def check_refusal(request, status, words):
    try:
        request()
    except InferenceServerException as refusal:
        assert refusal.status() == str(status), refusal
        assert words in refusal.message(), refusal
    else:
        raise AssertionError(f"expected a refusal with {words!r}")


assert client.is_server_live()
assert client.is_server_ready()
assert client.is_model_ready(model)
assert client.is_model_ready(model, "1")
assert not client.is_model_ready("nobody")
assert "binary_tensor_data" in client.get_server_metadata()["extensions"]
metadata = client.get_model_metadata(model)
assert [entry["datatype"] for entry in metadata["inputs"]] == list(VALUES), metadata
assert all(entry["shape"] == [-1, 2] for entry in metadata["inputs"]), metadata
index = {entry["name"]: entry for entry in client.get_model_repository_index()}
assert index[model]["state"] == "READY", index
config = client.get_model_config(model)
assert [entry["data_type"] for entry in config["input"]][-1] == "TYPE_STRING", config

for binary_in in (True, False):
    check_answer(client.infer(model, inputs_of(binary_in), request_id="été"), VALUES)
    for binary_out in (True, False):
        asked = [http.InferRequestedOutput(f"{n}_out", binary_data=binary_out) for n in VALUES]
        check_answer(client.infer(model, inputs_of(binary_in), outputs=asked), VALUES)
for algorithm in ("gzip", "deflate"):
    for binary in (True, False):
        result = client.infer(
            model,
            inputs_of(binary),
            request_compression_algorithm=algorithm,
            response_compression_algorithm=algorithm,
        )
        check_answer(result, VALUES)

some = [http.InferRequestedOutput("INT64_out")]
result = client.infer(model, inputs_of(True), outputs=some, model_version="1")
assert [output["name"] for output in result.get_response()["outputs"]] == ["INT64_out"]
assert client.infer(model, inputs_of(True), request_id="mine").get_response()["id"] == "mine"

check_refusal(lambda: client.infer("nobody", inputs_of(True)), 404, "nobody")
check_refusal(lambda: client.infer(model, inputs_of(True), model_version="9"), 404, "version 9")
check_refusal(lambda: client.infer(model, inputs_of(True)[1:]), 400, "missing")
wrong = np.zeros((1, 3), dtype=np.float32)
tensor = http.InferInput("FP32", list(wrong.shape), np_to_triton_dtype(wrong.dtype))
tensor.set_data_from_numpy(wrong)
check_refusal(lambda: client.infer(model, [tensor] + inputs_of(True)[:-3]), 400, "shape")
# No rows at all are an answer without rows.
none = [http.InferInput(n, [0, 2], n).set_data_from_numpy(v[:0]) for n, v in VALUES.items()]
assert client.infer(model, none).as_numpy("FP64_out").shape == (0, 2)

statistics = client.get_inference_statistics(model)["model_stats"][0]
assert statistics["inference_stats"]["success"]["count"] >= 10, statistics
assert statistics["inference_stats"]["fail"]["count"] >= 2, statistics

# A model of the repository folder: in the index, served, unloaded and loaded again.
folder = sys.argv[3]
assert index[folder]["state"] == "READY", index
assert client.is_model_ready(folder)
check_answer(client.infer(folder, inputs_of(True)), VALUES)
client.unload_model(folder)
assert not client.is_model_ready(folder)
check_refusal(lambda: client.infer(folder, inputs_of(True)), 503, "does not answer")
client.load_model(folder)
check_answer(client.infer(folder, inputs_of(True)), VALUES)
check_refusal(lambda: client.load_model("nobody"), 404, "nobody")
check_refusal(lambda: client.unload_model(model), 409, "endpoint")
check_refusal(lambda: client.load_model(folder, config="{}"), 422, "not supported")
print("tritonclient agrees")
