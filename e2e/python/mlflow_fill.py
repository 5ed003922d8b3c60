"""Fills a tracking server by the stock client: what a team leaves behind. Prints what was made as JSON."""

import json
import os
import sys
import tempfile

os.environ["MLFLOW_ENABLE_ASYNC_TRACE_LOGGING"] = "false"

import mlflow  # noqa: E402
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

with mlflow.start_run(run_name="traced") as traced, mlflow.start_span("answer", span_type="CHAIN") as root:
    root.set_inputs({"question": "what?"})
    with mlflow.start_span("search", span_type="RETRIEVER") as span:
        span.set_attributes({"index": "wiki", "found": 3, "score": 0.5, "deep": {"a": [1, "b", None]}})
        span.add_event(mlflow.entities.SpanEvent("hit", attributes={"n": 1}))
    root.set_outputs("forty-two")
trace = mlflow.get_last_active_trace_id()
client.set_trace_tag(trace, "team", "blue")
judged = mlflow.log_feedback(trace_id=trace, name="good", value=True, rationale="because", metadata={"judge": "j"})
mlflow.override_feedback(trace_id=trace, assessment_id=judged.assessment_id, value=False)
mlflow.log_expectation(trace_id=trace, name="wanted", value={"answer": [1, 2]})
mlflow.genai.register_prompt(name="greet", template="Hello {{name}}", commit_message="first")
mlflow.genai.register_prompt(name="greet", template=[{"role": "user", "content": "Hi {{name}}"}])
mlflow.genai.set_prompt_alias("greet", "prod", 1)
questions = mlflow.genai.datasets.create_dataset(
    name="questions", experiment_id=[experiment.experiment_id], tags={"a": "b"}
)
questions.merge_records(
    [{"inputs": {"q": "1"}, "expectations": {"x": 1}, "tags": {"t": "1"}}, {"inputs": {"q": "2"}, "outputs": "plain"}]
)
# A run that took a model, and measured it on a data set; a scorer whose first version is gone.
from mlflow.entities import LoggedModelInput  # noqa: E402

with mlflow.start_run(run_name="judges a model") as judge:
    numbers = mlflow.data.from_numpy(__import__("numpy").array([1.0, 2.0]), name="numbers")
    mlflow.log_input(numbers)
    client.log_inputs(judge.info.run_id, models=[LoggedModelInput(logged.model_id)])
    mlflow.log_metric("accuracy", 0.75, step=2, model_id=logged.model_id, dataset=numbers)


def register_scorer(name, body):
    mlflow.tracking._tracking_service.utils._get_store().register_scorer(experiment.experiment_id, name, body)


for number in range(3):
    register_scorer("polite", json.dumps(
        {"name": "polite", "builtin_scorer_class": "Safety", "builtin_scorer_pydantic_data": {"name": f"polite {number}"}}
    ))
mlflow.tracking._tracking_service.utils._get_store().delete_scorer(experiment.experiment_id, "polite", 2)
gone = mlflow.create_experiment("gone")
client.delete_experiment(gone)
print(json.dumps({"runs": runs, "model": logged.model_id}))
