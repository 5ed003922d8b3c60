"""Reads by the stock client what mlflow_fill.py made, in a form that does not depend on the server. Prints JSON."""

import json
import math
import sys

import mlflow
from mlflow import MlflowClient
from mlflow.entities import ViewType

mlflow.set_tracking_uri(sys.argv[1])
client = MlflowClient()
experiment = client.get_experiment_by_name("takeover")
ignored = ("kaizen.", "mlflow.loggedArtifacts")


def files(list_folder, path=None):
    for item in list_folder(path):
        if item.is_dir:
            yield from files(list_folder, item.path)
        else:
            yield [item.path, item.file_size]


def described(run):
    run_id = run.info.run_id
    history = client.get_metric_history(run_id, "loss")
    notes = None
    if any(path.startswith("deep") for path, _ in files(lambda p: client.list_artifacts(run_id, p))):
        notes = mlflow.artifacts.load_text(f"{run.info.artifact_uri}/deep/er/notes ä.txt")
    return {
        "name": run.info.run_name,
        "status": run.info.status,
        "lifecycle": run.info.lifecycle_stage,
        "start": run.info.start_time,
        "end": run.info.end_time,
        "user": run.info.user_id,
        "params": run.data.params,
        "tags": {k: v for k, v in run.data.tags.items() if not k.startswith(ignored)},
        "metrics": {k: "NaN" if math.isnan(v) else v for k, v in run.data.metrics.items()},
        "points": len(history),
        "last": [history[-1].step, history[-1].value, history[-1].timestamp] if history else None,
        "notes": notes,
        "inputs": len(run.inputs.dataset_inputs),
    }


runs = client.search_runs([experiment.experiment_id], run_view_type=ViewType.ALL)
versions = client.search_model_versions("name = 'echo'")
model = mlflow.pyfunc.load_model("models:/echo@champion")
print(
    json.dumps(
        {
            "tags": experiment.tags.get("team"),
            "runs": sorted((described(run) for run in runs), key=lambda run: run["name"]),
            "ids": sorted(run.info.run_id for run in runs),
            "versions": sorted([str(v.version), v.tags] for v in versions),
            "champion": str(client.get_model_version_by_alias("echo", "champion").version),
            "predicts": model.predict([1, 2]),
            "gone": client.get_experiment_by_name("gone").lifecycle_stage,
        },
        sort_keys=True,
    )
)
