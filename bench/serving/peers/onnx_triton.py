"""The ONNX model behind the Triton binary of nvidia-pytriton, in its Python backend: onnx_triton.py MODEL.onnx PORT."""

import sys

import numpy as np
import onnxruntime as ort
from pytriton.decorators import batch
from pytriton.model_config import ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig

options = ort.SessionOptions()
options.intra_op_num_threads = 1
session = ort.InferenceSession(sys.argv[1], options)
names = [output.name for output in session.get_outputs()]


@batch
def infer(**inputs):
    answers = zip(names, session.run(names, inputs))
    return {
        name: np.char.encode(values.astype(str), "utf-8") if values.dtype == object else values
        for name, values in answers
    }


def tensors(specs):
    return [
        Tensor(
            name=spec.name,
            dtype=bytes if "string" in spec.type else np.float32,
            shape=tuple(size for size in spec.shape[1:] if isinstance(size, int)) or (1,),
        )
        for spec in specs
    ]


if __name__ == "__main__":
    config = TritonConfig(http_port=int(sys.argv[2]), grpc_port=int(sys.argv[2]) + 1, allow_metrics=False)
    with Triton(config=config) as triton:
        triton.bind(
            model_name="bench",
            infer_func=infer,
            inputs=tensors(session.get_inputs()),
            outputs=tensors(session.get_outputs()),
            config=ModelConfig(max_batch_size=4096),
        )
        triton.serve()
