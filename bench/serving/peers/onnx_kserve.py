"""The ONNX model behind KServe's Python server: onnx_kserve.py MODEL.onnx PORT."""

import sys

import onnxruntime as ort
from kserve import InferOutput, InferResponse, Model, ModelServer


class OnnxModel(Model):
    def __init__(self, path):
        super().__init__("bench")
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = ort.InferenceSession(path, options)
        self.outputs = [output.name for output in self.session.get_outputs()]
        self.ready = True

    def predict(self, payload, headers=None, response_headers=None):
        feeds = {item.name: item.as_numpy() for item in payload.inputs}
        outputs = []
        for name, values in zip(self.outputs, self.session.run(self.outputs, feeds)):
            text = values.dtype == object
            output = InferOutput(name, list(values.shape), "BYTES" if text else "FP32")
            output.set_data_from_numpy(values, binary_data=False)
            outputs.append(output)
        return InferResponse(payload.id or "none", self.name, outputs)


if __name__ == "__main__":
    ModelServer(http_port=int(sys.argv[2]), enable_grpc=False).start([OnnxModel(sys.argv[1])])
