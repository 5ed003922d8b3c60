"""Asks a Python model by the stock Triton client over gRPC and over HTTP in binary."""

import sys

import numpy
import tritonclient.grpc
import tritonclient.http

http, grpc, endpoint = sys.argv[1:]
for package, address in ((tritonclient.http, http), (tritonclient.grpc, grpc)):
    client = package.InferenceServerClient(address)
    assert client.is_model_ready(endpoint)
    inputs = []
    for name, datatype, values in (("hr", "INT64", [1, 2]), ("temp", "FP64", [0.5, -0.5])):
        dtype = numpy.int64 if datatype == "INT64" else numpy.float64
        tensor = package.InferInput(name, [2, 1], datatype)
        tensor.set_data_from_numpy(numpy.array(values, dtype).reshape(2, 1))
        inputs.append(tensor)
    answer = client.infer(endpoint, inputs).as_numpy("predictions")
    assert numpy.allclose(answer, [3.5, 5.5]), answer
print("tritonclient agrees")
