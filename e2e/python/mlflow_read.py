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


def plain(value):
    """Numbers come as integers from a store and as fractions from a server."""
    return json.dumps(json.loads(json.dumps(value), parse_int=float))


def shown_trace(trace):
    info = trace.info
    by_id = {one.assessment_id: one for one in info.assessments}
    return {
        "id": info.trace_id,
        "request": info.request_time,
        "took": info.execution_duration,
        "state": str(info.state),
        "previews": [info.request_preview, info.response_preview],
        "team": info.tags["team"],
        "session": info.trace_metadata.get("mlflow.trace.session"),
        "of_run": client.get_run(info.trace_metadata["mlflow.sourceRun"]).info.run_name,
        "assessments": sorted(
            [
                one.name,
                plain(one.value),
                str(one.rationale),
                str(one.metadata and one.metadata.get("judge")),
                one.valid is not False,
                by_id[one.overrides].name if one.overrides else "",
                one.source.source_type,
            ]
            for one in info.assessments
        ),
        "spans": [
            [
                span.span_id,
                span.parent_id,
                span.name,
                span.span_type,
                str(span.status.status_code),
                span.start_time_ns,
                span.end_time_ns,
                span.inputs,
                span.outputs,
                {k: span.attributes.get(k) for k in ("index", "found", "score", "deep")},
                [[event.name, event.attributes] for event in span.events],
            ]
            for span in trace.data.spans
        ],
    }


def evaluated():
    from mlflow.genai import datasets

    [found] = datasets.search_datasets(filter_string="name = 'questions'")
    rows = datasets.get_dataset(dataset_id=found.dataset_id).to_df().to_dict("records")
    records = [{key: row[key] for key in ("inputs", "outputs", "expectations", "tags")} for row in rows]
    experiments = [client.get_experiment(one).name for one in found.experiment_ids]
    return {"tags": found.tags.get("a"), "experiments": experiments, "records": sorted(map(str, records))}


def judged():
    [found] = client.search_runs([experiment.experiment_id], "run_name = 'judges a model'")
    run = client.get_run(found.info.run_id)
    [model] = mlflow.search_logged_models([experiment.experiment_id], output_format="list")
    store = mlflow.tracking._tracking_service.utils._get_store()
    return {
        "took": [one.model_id == model.model_id for one in run.inputs.model_inputs],
        "measured": [
            [one.key, one.value, one.timestamp == run_metric_time(run), one.step, one.dataset_name, one.run_id == run.info.run_id]
            for one in model.metrics or []
        ],
        "scorers": [
            [one.scorer_name, one.scorer_version, one._serialized_scorer]
            for one in store.list_scorer_versions(experiment.experiment_id, "polite")
        ],
    }


def run_metric_time(run):
    return client.get_metric_history(run.info.run_id, "accuracy")[0].timestamp


traces = mlflow.search_traces(locations=[experiment.experiment_id], return_type="list")
prompts = [mlflow.genai.load_prompt(f"prompts:/greet/{version}") for version in (1, 2)]
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
            "traces": [shown_trace(one) for one in traces],
            "prompts": [[one.template, one.commit_message or ''] for one in prompts],
            "prod": mlflow.genai.load_prompt("prompts:/greet@prod").version,
            "evaluated": evaluated(),
            "judged": judged(),
            "gone": client.get_experiment_by_name("gone").lifecycle_stage,
        },
        sort_keys=True,
    )
)
