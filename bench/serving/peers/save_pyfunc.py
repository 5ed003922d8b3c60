"""Saves the ONNX model as an MLflow pyfunc: save_pyfunc.py MODEL.onnx FOLDER."""

import sys

import mlflow.pyfunc
import numpy as np
import pandas as pd
from mlflow.models import infer_signature


class OnnxModel(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = ort.InferenceSession(context.artifacts["model"], options)
        self.name = next(o.name for o in self.session.get_outputs() if "float" in o.type)

    def predict(self, context, model_input, params=None):
        feeds = {name: model_input[[name]].to_numpy("float32") for name in model_input.columns}
        return self.session.run([self.name], feeds)[0]


example = pd.DataFrame({f"x{i}": np.zeros(1, "float32") for i in range(20)})

mlflow.pyfunc.save_model(
    sys.argv[2],
    python_model=OnnxModel(),
    signature=infer_signature(example, np.zeros((1, 3), "float32")),
    artifacts={"model": sys.argv[1]},
    pip_requirements=["onnxruntime"],
)
