"""Logs and registers models as users of the stock client do; prints what they answer in Python as JSON."""

import json
import os
import sys
import warnings

os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
warnings.filterwarnings("ignore")

import mlflow  # noqa: E402
import numpy  # noqa: E402
import pandas  # noqa: E402
from mlflow.models import infer_signature  # noqa: E402
from sklearn.linear_model import LinearRegression  # noqa: E402

mlflow.set_tracking_uri(sys.argv[1])
mlflow.set_experiment("python models")
client = mlflow.MlflowClient(sys.argv[1])

random = numpy.random.default_rng(3)
rows = pandas.DataFrame({"hr": random.integers(0, 24, 100), "temp": random.normal(size=100)})
demand = 3.0 * rows["hr"] + rows["temp"]


def register(estimator, alias):
    with mlflow.start_run():
        logged = mlflow.sklearn.log_model(
            estimator,
            name="model",
            serialization_format="cloudpickle",
            signature=infer_signature(rows, estimator.predict(rows)),
            registered_model_name="demand",
        )
    client.set_registered_model_alias("demand", alias, logged.registered_model_version)


register(LinearRegression().fit(rows, demand), "champion")
register(LinearRegression().fit(rows, demand + 1000), "next")


class Doubled(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        print("printed by the model")
        return model_input * 2


with mlflow.start_run():
    x = numpy.arange(6.0).reshape(3, 2)
    mlflow.pyfunc.log_model(
        name="doubled",
        python_model=Doubled(),
        signature=infer_signature(x, x),
        registered_model_name="doubled",
        pip_requirements=["numpy"],
    )


class Speaking(mlflow.pyfunc.PythonModel):
    """Answers in parts."""

    def predict(self, context, model_input, params=None):
        return model_input["prompt"].str.upper().tolist()

    def predict_stream(self, context, model_input, params=None):
        for word in model_input["prompt"].split():
            yield [word]


with mlflow.start_run():
    prompts = pandas.DataFrame({"prompt": ["to be"]})
    mlflow.pyfunc.log_model(
        name="speaking",
        python_model=Speaking(),
        streamable=True,
        signature=infer_signature(prompts, ["TO BE"]),
        registered_model_name="speaking",
        pip_requirements=["pandas"],
    )
print(json.dumps({"rows": rows.head(4).to_dict("records"), "demand": demand.head(4).tolist()}))
