"""Fills a tracking server by the stock client: what a team leaves behind. Prints what was made as JSON."""

import json
import os
import sys
import tempfile

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Metric

mlflow.set_tracking_uri(sys.argv[1])
client = MlflowClient()
experiment = mlflow.set_experiment("takeover")
mlflow.set_experiment_tag("team", "growth")
runs = []
for number in range(3):
    with mlflow.start_run(run_name=f"run {number}") as run:
        mlflow.log_params({"depth": number, "odd key/x": "ä"})
        points = [Metric("loss", 1 / (step + 1), 1000 + step, step) for step in range(1200)]
        client.log_batch(run.info.run_id, metrics=points[:1000])
        client.log_batch(run.info.run_id, metrics=points[1000:])
        mlflow.log_metric("broken", float("nan"))
        mlflow.set_tag("stage", "draft")
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "notes ä.txt")
            with open(path, "w", encoding="utf-8") as file:
                file.write(f"notes of run {number}")
            mlflow.log_artifact(path, "deep/er")
        runs.append(run.info.run_id)
client.delete_run(runs[2])


class Echo(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input


with mlflow.start_run(run_name="with a model") as run:
    logged = mlflow.pyfunc.log_model(
        name="echo", python_model=Echo(), registered_model_name="echo", pip_requirements=[]
    )
    runs.append(run.info.run_id)
made = {"run_id": run.info.run_id, "model_id": logged.model_id}
client.create_model_version("echo", logged.model_uri, tags={"a": "b"}, **made)
client.delete_model_version("echo", "1")
client.create_model_version("echo", logged.model_uri, **made)
client.set_registered_model_alias("echo", "champion", "2")
gone = mlflow.create_experiment("gone")
client.delete_experiment(gone)
print(json.dumps({"runs": runs, "model": logged.model_id}))
