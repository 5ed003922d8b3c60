"""Drives an Open Inference server over gRPC: argument 1 is host:port, 2 an endpoint, 3 a model of the repository.

The stock Triton client sends raw contents; typed contents go through the protocol buffers that it carries.
"""

import sys

import numpy as np
import tritonclient.grpc as triton
from tensor_values import BINARY_ONLY, VALUES, check_value
from tritonclient.grpc import service_pb2
from tritonclient.utils import InferenceServerException

client = triton.InferenceServerClient(url=sys.argv[1])
model, folder = sys.argv[2:4]

TYPED = {
    "BOOL": "bool_contents",
    "INT8": "int_contents",
    "INT16": "int_contents",
    "INT32": "int_contents",
    "INT64": "int64_contents",
    "UINT8": "uint_contents",
    "UINT16": "uint_contents",
    "UINT32": "uint_contents",
    "UINT64": "uint64_contents",
    "FP32": "fp32_contents",
    "FP64": "fp64_contents",
    "BYTES": "bytes_contents",
}


def inputs_of(rows=1):
    inputs = []
    for name, value in VALUES.items():
        repeated = np.repeat(value, rows, axis=0)
        tensor = triton.InferInput(name, list(repeated.shape), name)
        tensor.set_data_from_numpy(repeated)
        inputs.append(tensor)
    return inputs


def check_answer(result, names):
    for name in names:
        check_value(name, result.as_numpy(f"{name}_out"))


def check_refusal(request, status, words):
    try:
        request()
    except InferenceServerException as refusal:
        assert refusal.status() == f"StatusCode.{status}", refusal
        assert words in refusal.message(), refusal
    else:
        raise AssertionError(f"expected a refusal with {words!r}")


def typed_request(target):
    """A request with typed contents for every datatype that has them."""
    request = service_pb2.ModelInferRequest(model_name=target, id="typed")
    for name, value in VALUES.items():
        if name in BINARY_ONLY:
            continue
        tensor = request.inputs.add(name=name, datatype=name, shape=value.shape)
        items = [v.encode() if name == "BYTES" else v.item() for v in value.flatten()]
        getattr(tensor.contents, TYPED[name]).extend(items)
    return request


assert client.is_server_live()
assert client.is_server_ready()
assert client.is_model_ready(model)
assert client.is_model_ready(model, "1")
assert "statistics" in client.get_server_metadata().extensions
metadata = client.get_model_metadata(model)
assert [entry.datatype for entry in metadata.inputs] == list(VALUES), metadata
assert all(list(entry.shape) == [-1, 2] for entry in metadata.inputs), metadata
assert client.get_model_config(model).config.input[0].dims == [-1, 2]
index = {entry.name: entry.state for entry in client.get_model_repository_index().models}
assert index[model] == index[folder] == "READY", index

check_answer(client.infer(model, inputs_of()), VALUES)
result = client.infer(model, inputs_of(), request_id="mine", model_version="1")
assert result.get_response().id == "mine"
assert result.get_response().model_version == "1"
some = client.infer(model, inputs_of(), outputs=[triton.InferRequestedOutput("INT64_out")])
assert [output.name for output in some.get_response().outputs] == ["INT64_out"]
for algorithm in ("gzip", "deflate"):
    check_answer(client.infer(model, inputs_of(), compression_algorithm=algorithm), VALUES)
many = inputs_of(100_000)
big = client.infer(model, many)
assert big.as_numpy("FP64_out").shape == (100_000, 2)
none = [triton.InferInput(n, [0, 2], n).set_data_from_numpy(v[:0]) for n, v in VALUES.items()]
assert client.infer(model, none).as_numpy("FP64_out").shape == (0, 2)

# Typed contents come back typed.
typed = client._client_stub.ModelInfer(typed_request("typed"))
assert typed.id == "typed" and not typed.raw_output_contents
for output in typed.outputs:
    expected = VALUES[output.datatype]
    found = list(getattr(output.contents, TYPED[output.datatype]))
    wanted = [v.encode() if output.datatype == "BYTES" else v for v in expected.flatten()]
    if output.datatype.startswith("FP"):
        assert np.array_equal(np.array(found, expected.dtype), expected.flatten(), equal_nan=True)
    else:
        assert found == wanted, (output.datatype, found)

# A stream answers in order, and an error does not end it.
answers = []
client.start_stream(callback=lambda result, error: answers.append((result, error)))
for request_id in ("a", "b"):
    client.async_stream_infer(model, inputs_of(), request_id=request_id)
client.async_stream_infer("nobody", inputs_of())
client.async_stream_infer(model, inputs_of(), request_id="c")
client.stop_stream()
assert [None if r is None else r.get_response().id for r, _ in answers] == ["a", "b", None, "c"], answers
assert "nobody" in answers[2][1].message()

check_refusal(lambda: client.infer("nobody", inputs_of()), "NOT_FOUND", "nobody")
check_refusal(lambda: client.infer(model, inputs_of(), model_version="9"), "NOT_FOUND", "version 9")
check_refusal(lambda: client.infer(model, inputs_of()[1:]), "INVALID_ARGUMENT", "missing")
# A small request may be answered before the client looks at its clock.
check_refusal(lambda: client.infer(model, many, client_timeout=1e-3), "DEADLINE_EXCEEDED", "")

statistics = client.get_inference_statistics(model).model_stats[0]
assert statistics.inference_stats.success.count >= 8, statistics
assert 100_000 in [batch.batch_size for batch in statistics.batch_stats]

client.unload_model(folder)
assert not client.is_model_ready(folder)
check_refusal(lambda: client.infer(folder, inputs_of()), "UNAVAILABLE", "does not answer")
client.load_model(folder)
check_answer(client.infer(folder, inputs_of()), VALUES)
check_refusal(lambda: client.unload_model(model), "FAILED_PRECONDITION", "endpoint")
check_refusal(lambda: client.load_model("nobody"), "NOT_FOUND", "nobody")
print("tritonclient over gRPC agrees")
