"""Drives an Open Inference server with the stock Triton HTTP client: argument 1 is host:port, argument 2 the model."""

import sys

import numpy as np
import tritonclient.http as http
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

client = http.InferenceServerClient(url=sys.argv[1])
model = sys.argv[2]

VALUES = {
    "BOOL": np.array([[True, False]]),
    "UINT8": np.array([[0, 255]], dtype=np.uint8),
    "UINT16": np.array([[0, 65535]], dtype=np.uint16),
    "UINT32": np.array([[0, 4294967295]], dtype=np.uint32),
    "UINT64": np.array([[0, 18446744073709551615]], dtype=np.uint64),
    "INT8": np.array([[-128, 127]], dtype=np.int8),
    "INT16": np.array([[-32768, 32767]], dtype=np.int16),
    "INT32": np.array([[-2147483648, 2147483647]], dtype=np.int32),
    "INT64": np.array([[-9223372036854775808, 9223372036854775807]], dtype=np.int64),
    "FP16": np.array([[0.5, -65504.0]], dtype=np.float16),
    "FP32": np.array([[0.1, np.nan]], dtype=np.float32),
    "FP64": np.array([[0.1, -np.inf]], dtype=np.float64),
    "BYTES": np.array([["", "été 🚲"]], dtype=np.object_),
}
#: Half floats have no JSON form.
BINARY_ONLY = {"FP16"}


def inputs_of(binary):
    inputs = []
    for name, value in VALUES.items():
        tensor = http.InferInput(name, list(value.shape), name)
        tensor.set_data_from_numpy(value, binary_data=binary or name in BINARY_ONLY)
        inputs.append(tensor)
    return inputs


def check_answer(result, names):
    for name in names:
        expected = VALUES[name]
        found = result.as_numpy(f"{name}_out")
        if name == "BYTES":
            texts = [[t.decode() if isinstance(t, bytes) else t for t in row] for row in found]
            assert texts == expected.tolist(), (name, texts)
        else:
            assert found.dtype == expected.dtype, (name, found.dtype)
            assert np.array_equal(found, expected, equal_nan=name.startswith("FP")), (name, found)


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
assert [entry["name"] for entry in client.get_model_repository_index()] == [model]

for binary_in in (True, False):
    check_answer(client.infer(model, inputs_of(binary_in), request_id="été"), VALUES)
    for binary_out in (True, False):
        asked = [http.InferRequestedOutput(f"{n}_out", binary_data=binary_out) for n in VALUES]
        check_answer(client.infer(model, inputs_of(binary_in), outputs=asked), VALUES)
for algorithm in ("gzip", "deflate"):
    result = client.infer(model, inputs_of(True), request_compression_algorithm=algorithm)
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
print("tritonclient agrees")
