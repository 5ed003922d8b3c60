"""Saves the ONNX model as an MLflow pyfunc: save_pyfunc.py MODEL.onnx FOLDER."""

import sys

import mlflow.pyfunc


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


mlflow.pyfunc.save_model(
    sys.argv[2],
    python_model=OnnxModel(),
    artifacts={"model": sys.argv[1]},
    pip_requirements=["onnxruntime"],
)
