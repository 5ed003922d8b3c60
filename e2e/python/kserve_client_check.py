"""Drives a server with KServe's own clients: argument 1 is the HTTP address, 2 host:port of gRPC, 3 an endpoint over named columns.

What the package asks for beside its clients (Kubernetes, a web server) is large, so its modules are read without its __init__.
"""

import asyncio
import importlib.util
import sys
import types

package = types.ModuleType("kserve")
package.__path__ = list(importlib.util.find_spec("kserve").submodule_search_locations)
sys.modules["kserve"] = package

import httpx  # noqa: E402
import numpy as np  # noqa: E402
from kserve.inference_client import InferenceGRPCClient, InferenceRESTClient, RESTConfig  # noqa: E402
from kserve.protocol.infer_type import InferInput, InferRequest  # noqa: E402

address, grpc_address, endpoint = sys.argv[1:4]
ROWS = [{"a": 1.5, "b": -0.25}, {"a": 6.0, "b": 0.5}, {"a": 9.5, "b": 0.125}]


def tensors(binary):
    inputs = []
    for name in ("a", "b"):
        values = np.array([[row[name]] for row in ROWS], dtype=np.float32)
        tensor = InferInput(name, list(values.shape), "FP32")
        tensor.set_data_from_numpy(values, binary_data=binary)
        inputs.append(tensor)
    return InferRequest(model_name=endpoint, infer_inputs=inputs, request_id="of-kserve")


async def refused(awaited, status, words):
    try:
        await awaited
    except httpx.HTTPStatusError as refusal:
        assert refusal.response.status_code == status, refusal
        assert words in str(refusal), refusal
    else:
        raise AssertionError(f"expected a refusal with {words!r}")


async def version_1():
    client = InferenceRESTClient(RESTConfig(protocol="v1"))
    assert await client.is_model_ready(address, endpoint) is True
    await refused(client.is_model_ready(address, "nothing"), 404, "nothing")
    answer = await client.infer(address, {"instances": ROWS}, endpoint)
    assert len(answer["predictions"]) == len(ROWS), answer
    named = {"inputs": {name: [row[name] for row in ROWS] for name in ("a", "b")}}
    assert await client.infer(address, named, endpoint) == answer
    explained = await client.explain(address, endpoint, {"instances": ROWS})
    assert explained["predictions"] == answer["predictions"], explained
    explanation = explained["explanations"]
    assert explanation["features"] == ["a", "b"], explanation
    base = explanation["targets"][0]["base"]
    for row, value in zip(explanation["rows"], answer["predictions"]):
        assert abs(base + sum(row[0]["values"]) - value) < 1e-4, (explanation, value)
    await refused(client.infer(address, {"instances": [{"a": 1}]}, endpoint), 400, '"b" is missing')
    await refused(client.infer(address, {"instances": ROWS}, "nothing"), 404, "nothing")
    await refused(client.explain(address, endpoint, {"instances": 1}), 400, "expected a list")
    return answer["predictions"]


async def version_2(expected):
    client = InferenceRESTClient(RESTConfig(protocol="v2"))
    assert await client.is_server_live(address) is True
    assert await client.is_server_ready(address) is True
    assert await client.is_model_ready(address, endpoint) is True
    assert await client.is_model_ready(address, "nothing") is False
    for binary in (True, False):
        answer = await client.infer(address, tensors(binary), endpoint)
        assert answer.id == "of-kserve" and answer.model_name == endpoint, answer
        np.testing.assert_array_equal(answer.outputs[0].as_numpy().ravel(), expected)
    short = tensors(True)
    short.inputs.pop()
    await refused(client.infer(address, short, endpoint), 400, "b")
    await refused(client.infer(address, tensors(True), "nothing"), 404, "nothing")


async def over_grpc(expected):
    client = InferenceGRPCClient(grpc_address)
    assert await client.is_server_live() is True
    assert await client.is_server_ready() is True
    assert await client.is_model_ready(endpoint) is True
    answer = await client.infer(tensors(True))
    np.testing.assert_array_equal(answer.outputs[0].as_numpy().ravel(), expected)
    request = tensors(True)
    request.parameters = {"explain": "shap", "explain_budget_ms": 10000}
    explained = {output.name: output for output in (await client.infer(request)).outputs}
    values = explained["shap_values"].as_numpy()
    assert values.shape == (len(ROWS), 1, 2), values
    np.testing.assert_allclose(
        explained["shap_base_values"].as_numpy()[0] + values.sum(axis=(1, 2)), expected, atol=1e-4
    )
    await client.close()


async def main():
    expected = np.array(await version_1(), dtype=np.float32)
    await version_2(expected)
    await over_grpc(expected)


asyncio.run(main())
print("KServe's clients agree")
