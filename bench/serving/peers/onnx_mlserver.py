"""The ONNX model behind MLServer: a runtime of its own, since MLServer has none for ONNX."""

import numpy as np
import onnxruntime as ort
from mlserver import MLModel
from mlserver.codecs import NumpyCodec, StringCodec
from mlserver.types import InferenceResponse


class OnnxModel(MLModel):
    async def load(self) -> bool:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = ort.InferenceSession(self.settings.parameters.uri, options)
        self.output_names = [output.name for output in self.session.get_outputs()]
        return True

    async def predict(self, payload):
        feeds = {item.name: NumpyCodec.decode_input(item) for item in payload.inputs}
        answers = self.session.run(self.output_names, feeds)
        outputs = [
            StringCodec.encode_output(name, [str(text) for text in np.ravel(values)])
            if values.dtype == object
            else NumpyCodec.encode_output(name, values)
            for name, values in zip(self.output_names, answers)
        ]
        return InferenceResponse(model_name=self.name, outputs=outputs)
