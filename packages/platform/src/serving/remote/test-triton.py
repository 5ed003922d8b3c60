"""A server made of the stubs that tritonclient ships: it adds 1 to `temp`, and misbehaves as the text in `season` says."""
import sys
import time
from concurrent import futures

import grpc
import numpy
from tritonclient.grpc import service_pb2, service_pb2_grpc


class Servicer(service_pb2_grpc.GRPCInferenceServiceServicer):
    def ModelReady(self, request, context):
        return service_pb2.ModelReadyResponse(ready=request.name == "bike")

    def ModelMetadata(self, request, context):
        if request.name == "odd":
            strange = [{"name": "x", "datatype": "BF16", "shape": [-1]}]
            return service_pb2.ModelMetadataResponse(name="odd", inputs=strange, outputs=strange)
        if request.name != "bike":
            context.abort(grpc.StatusCode.NOT_FOUND, f"Request for unknown model: '{request.name}' is not found")
        return service_pb2.ModelMetadataResponse(
            name="bike", versions=["1", "4"], platform="python",
            inputs=[
                {"name": "temp", "datatype": "FP32", "shape": [-1, 1]},
                {"name": "season", "datatype": "BYTES", "shape": [-1, 1]},
            ],
            outputs=[{"name": "variable", "datatype": "FP32", "shape": [-1, 1]}],
        )

    def ModelInfer(self, request, context):
        raw = dict(zip([given.name for given in request.inputs], request.raw_input_contents))
        temp = numpy.frombuffer(raw["temp"], dtype="<f4")
        how = raw["season"][4:4 + int.from_bytes(raw["season"][:4], "little")].decode()
        if how == "slow":
            time.sleep(3)
        if how == "invalid":
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "too warm")
        if how == "busy":
            context.abort(grpc.StatusCode.UNAVAILABLE, "no instance is free")
        if how == "broken":
            context.abort(grpc.StatusCode.INTERNAL, "a defect")
        if how == "gone":
            context.abort(grpc.StatusCode.NOT_FOUND, "unloaded")
        values = (temp + 1).astype("<f4")
        output = {"name": "variable", "datatype": "FP32", "shape": [len(values), 1]}
        if how == "type":
            output["datatype"] = "FP64"
        if how == "shape":
            output["shape"] = [1, len(values)]
        if how == "name":
            output["name"] = "other"
        if how == "typed":
            output["contents"] = {"fp32_contents": values.tolist()}
            return service_pb2.ModelInferResponse(model_name="bike", outputs=[output])
        if how == "stray":
            output["contents"] = {"int_contents": [1] * len(values)}
            return service_pb2.ModelInferResponse(model_name="bike", outputs=[output])
        contents = [values.tobytes()[:-1] if how == "short" else values.tobytes()]
        if how == "many":
            contents.append(b"1")
        outputs = [] if how == "none" else [output]
        return service_pb2.ModelInferResponse(model_name="bike", outputs=outputs, raw_output_contents=contents)


server = grpc.server(futures.ThreadPoolExecutor(4))
service_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(Servicer(), server)
port = server.add_insecure_port("127.0.0.1:" + (sys.argv[1] if len(sys.argv) > 1 else "0"))
server.start()
print(port, flush=True)
sys.stdin.read()
