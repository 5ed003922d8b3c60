"""Drives a server with the stock MLflow client: every flow is what a user's own code does.

Usage: mlflow_client.py URL.
"""

import math
import os
import sys
import tempfile

from mlflow_flows import MAJOR, URL, Skip, client, flow, refused, run_all

import mlflow
from mlflow.entities import Metric, Param, RunTag, ViewType


@flow
def experiments():
    one = client.create_experiment("first", tags={"team": "blue"})
    found = client.get_experiment(one)
    assert found.name == "first" and found.tags == {"team": "blue"}
    assert found.artifact_location == f"mlflow-artifacts:/{one}"
    assert client.get_experiment_by_name("first").experiment_id == one
    assert client.get_experiment_by_name("missing") is None
    assert client.get_experiment("0").name == "Default"
    refused(lambda: client.create_experiment("first"), "RESOURCE_ALREADY_EXISTS")
    client.set_experiment_tag(one, "size", "2")
    client.rename_experiment(one, "renamed")
    client.delete_experiment(one)
    assert client.get_experiment(one).lifecycle_stage == "deleted"
    client.restore_experiment(one)
    assert client.get_experiment(one).name == "renamed"
    for number in range(12):
        client.create_experiment(f"page-{number:02d}")
    names, token = [], None
    while True:
        page = client.search_experiments(
            filter_string="name LIKE 'page-%'", order_by=["name DESC"], max_results=5, page_token=token
        )
        names += [experiment.name for experiment in page]
        token = page.token
        if not token:
            break
    assert names == [f"page-{number:02d}" for number in reversed(range(12))], names
    tagged = client.search_experiments(filter_string="tags.team = 'blue'")
    assert [experiment.experiment_id for experiment in tagged] == [one]


@flow
def fluent_run():
    mlflow.set_experiment("fluent")
    with mlflow.start_run(run_name="outer", description="what it does") as outer:
        mlflow.log_param("depth", 3)
        mlflow.log_params({"rate": 0.1, "kind": "tree"})
        for step in range(5):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
        mlflow.log_metrics({"a": 1.0, "b": 2.0}, step=7)
        mlflow.set_tag("team", "blue")
        mlflow.set_tags({"x": "1", "y": "2"})
        with mlflow.start_run(nested=True, run_name="inner") as inner:
            mlflow.log_metric("loss", 9)
    run = mlflow.get_run(outer.info.run_id)
    assert run.info.status == "FINISHED" and run.info.run_name == "outer"
    assert run.info.end_time >= run.info.start_time
    assert run.data.params == {"depth": "3", "rate": "0.1", "kind": "tree"}
    assert run.data.metrics == {"loss": 0.2, "a": 1.0, "b": 2.0}
    assert run.data.tags["team"] == "blue" and run.data.tags["mlflow.user"]
    nested = mlflow.get_run(inner.info.run_id)
    assert nested.data.tags["mlflow.parentRunId"] == outer.info.run_id
    try:
        with mlflow.start_run() as failing:
            raise ValueError("planned")
    except ValueError:
        pass
    assert mlflow.get_run(failing.info.run_id).info.status == "FAILED"


@flow
def batches_and_history():
    experiment = client.create_experiment("batches")
    run = client.create_run(experiment).info.run_id
    points = [Metric("curve", math.sin(step), 1000 + step, step) for step in range(2500)]
    for start in range(0, 2500, 1000):
        client.log_batch(run, metrics=points[start : start + 1000])
    client.log_batch(
        run,
        metrics=[Metric("odd", float("nan"), 1, 0), Metric("big", float("inf"), 1, 0)],
        params=[Param(f"p{index}", str(index)) for index in range(100)],
        tags=[RunTag(f"t{index}", str(index)) for index in range(100)],
    )
    history = client.get_metric_history(run, "curve")
    assert [point.value for point in history] == [point.value for point in points]
    data = client.get_run(run).data
    assert math.isnan(data.metrics["odd"]) and data.metrics["big"] > 1e308
    assert len(data.params) == 100 and data.metrics["curve"] == points[-1].value
    many = [Metric("m", 1, 1, step) for step in range(1001)]
    store = client._tracking_client.store
    assert "at most 1000" in refused(
        lambda: store.log_batch(run, many, [], []), "INVALID_PARAMETER_VALUE"
    )
    assert len(client.get_metric_history(run, "missing")) == 0


@flow
def write_once_and_lifecycle():
    experiment = client.create_experiment("lifecycle")
    run = client.create_run(experiment).info.run_id
    client.log_param(run, "depth", 3)
    client.log_param(run, "depth", 3)
    refused(lambda: client.log_param(run, "depth", 4), "INVALID_PARAMETER_VALUE")
    client.set_tag(run, "k", "v")
    client.delete_tag(run, "k")
    refused(lambda: client.delete_tag(run, "k"), "RESOURCE_DOES_NOT_EXIST")
    client.update_run(run, status="KILLED", name="renamed")
    assert client.get_run(run).data.tags["mlflow.runName"] == "renamed"
    client.delete_run(run)
    refused(lambda: client.log_metric(run, "m", 1), "INVALID_PARAMETER_VALUE")
    assert client.search_runs([experiment]) == []
    assert len(client.search_runs([experiment], run_view_type=ViewType.DELETED_ONLY)) == 1
    client.restore_run(run)
    client.set_terminated(run, "FINISHED")
    refused(lambda: client.get_run("0" * 32), "RESOURCE_DOES_NOT_EXIST")


@flow
def search_runs():
    experiment = client.create_experiment("search")
    ids = []
    for number in range(30):
        run = client.create_run(
            experiment, start_time=1000 + number, run_name=f"run {number:02d}", tags={"mod": str(number % 3)}
        )
        client.log_metric(run.info.run_id, "score", number / 10)
        if number % 2:
            client.log_param(run.info.run_id, "odd number", "yes")
        if number == 7:
            client.log_metric(run.info.run_id, "nan.value", float("nan"))
        ids.append(run.info.run_id)

    def names(filter_string="", order_by=None, **more):
        found = client.search_runs([experiment], filter_string, order_by=order_by or [], **more)
        return [int(run.info.run_name.split()[-1]) for run in found]

    assert names() == list(reversed(range(30)))
    assert names("metrics.score >= 2.5 and tags.mod = '1'") == [28, 25]
    assert names("metrics.score < 0.35 AND params.`odd number` = 'yes'") == [3, 1]
    assert names("attributes.run_name ILIKE 'RUN 1_'") == list(reversed(range(10, 20)))
    assert names("run_name LIKE 'RUN%'") == []
    assert names("params.\"odd number\" != 'no'", ["metrics.score ASC"])[:2] == [1, 3]
    assert names("tags.mod = '0'", ["metrics.score ASC"])[:3] == [0, 3, 6]
    assert names(f"attributes.run_id IN ('{ids[4]}', '{ids[2]}')") == [4, 2]
    assert names("start_time < 1002") == [1, 0]
    assert names(order_by=["metrics.`nan.value` DESC", "start_time ASC"])[:2] == [7, 0]
    pages, token = [], None
    while True:
        page = client.search_runs(
            [experiment], order_by=["tags.mod ASC", "metrics.score DESC"], max_results=7, page_token=token
        )
        pages += [run.info.run_id for run in page]
        token = page.token
        if not token:
            break
    assert len(pages) == 30 and len(set(pages)) == 30
    assert pages[0] == ids[27] and pages[-1] == ids[2]
    refused(lambda: names("metrics.score = 'text'"), "INVALID_PARAMETER_VALUE")
    refused(lambda: names("score ~ 3"), "INVALID_PARAMETER_VALUE")
    refused(lambda: names("", page_token="nonsense"), "INVALID_PARAMETER_VALUE")


@flow
def artifacts():
    mlflow.set_experiment("artifacts")
    with tempfile.TemporaryDirectory() as folder, mlflow.start_run() as run:
        with open(os.path.join(folder, "a file.txt"), "w") as file:
            file.write("hello")
        os.makedirs(os.path.join(folder, "deep", "er"))
        with open(os.path.join(folder, "deep", "er", "größe.bin"), "wb") as file:
            file.write(os.urandom(3_000_000))
        mlflow.log_artifacts(folder, "all")
        mlflow.log_artifact(os.path.join(folder, "a file.txt"))
        mlflow.log_text("<b>text</b>", "page.html")
        mlflow.log_dict({"a": [1, 2]}, "data.json")
        run_id = run.info.run_id
        assert {file.path for file in client.list_artifacts(run_id)} == {
            "a file.txt",
            "all",
            "data.json",
            "page.html",
        }
        deep = client.list_artifacts(run_id, "all/deep/er")
        assert [(file.path, file.file_size) for file in deep] == [("all/deep/er/größe.bin", 3_000_000)]
        target = os.path.join(folder, "down")
        os.makedirs(target)
        mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="all", dst_path=target)
        with open(os.path.join(folder, "deep", "er", "größe.bin"), "rb") as one:
            with open(os.path.join(target, "all", "deep", "er", "größe.bin"), "rb") as other:
                assert one.read() == other.read()
        assert mlflow.artifacts.load_text(f"{run.info.artifact_uri}/page.html") == "<b>text</b>"
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        repository = get_artifact_repository(run.info.artifact_uri)
        repository.delete_artifacts("all/deep")
        assert [file.path for file in client.list_artifacts(run_id, "all")] == ["all/a file.txt"]


@flow
def data_sets():
    try:
        import pandas
    except ImportError as missing:
        raise Skip("pandas is not installed") from missing
    mlflow.set_experiment("inputs")
    frame = pandas.DataFrame({"x": [1.0, 2.0], "y": [3, 4]})
    dataset = mlflow.data.from_pandas(frame, name="points", targets="y")
    with mlflow.start_run() as run:
        mlflow.log_input(dataset, context="training")
    found = client.get_run(run.info.run_id).inputs.dataset_inputs
    assert [(item.dataset.name, item.dataset.digest) for item in found] == [("points", dataset.digest)]
    assert found[0].tags[0].value == "training"
    experiment = run.info.experiment_id
    assert len(client.search_runs([experiment], "datasets.context = 'training'")) == 1
    assert client.search_runs([experiment], "dataset.name = 'others'") == []


@flow
def registry():
    name = "bike demand"
    client.create_registered_model(name, tags={"team": "blue"}, description="hires per hour")
    refused(lambda: client.create_registered_model(name), "RESOURCE_ALREADY_EXISTS")
    mlflow.set_experiment("registry")
    with mlflow.start_run() as run:
        mlflow.log_text("weights", "model/weights.txt")
    source = f"{run.info.artifact_uri}/model"
    for _ in range(3):
        version = client.create_model_version(name, source, run.info.run_id, tags={"a": "b"})
    assert version.version in ("3", 3) and version.status == "READY"
    client.update_model_version(name, "1", description="the first")
    client.set_model_version_tag(name, "1", "checked", "yes")
    client.delete_model_version_tag(name, "1", "checked")
    client.set_registered_model_tag(name, "k", "v")
    client.delete_registered_model_tag(name, "k")
    client.set_registered_model_alias(name, "champion", "2")
    assert str(client.get_model_version_by_alias(name, "champion").version) == "2"
    client.delete_registered_model_alias(name, "champion")
    refused(lambda: client.get_model_version_by_alias(name, "champion"), "INVALID_PARAMETER_VALUE")
    assert client.get_model_version_download_uri(name, "1") == source
    found = client.search_model_versions(f"name = '{name}' and run_id = '{run.info.run_id}'")
    assert sorted(int(item.version) for item in found) == [1, 2, 3]
    assert client.get_model_version(name, "1").description == "the first"
    client.set_registered_model_alias(name, "challenger", "3")
    client.transition_model_version_stage(name, "1", "Production")
    client.transition_model_version_stage(name, "2", "Production", archive_existing_versions=True)
    assert client.get_model_version(name, "1").current_stage == "Archived"
    latest = client.get_latest_versions(name, ["Production"])
    assert [str(item.version) for item in latest] == ["2"]
    client.delete_model_version(name, "3")
    refused(lambda: client.get_model_version(name, "3"), "RESOURCE_DOES_NOT_EXIST")
    assert client.get_registered_model(name).aliases == {}
    client.rename_registered_model(name, "bike hires")
    models = client.search_registered_models("name ILIKE 'BIKE%' and tags.team = 'blue'")
    assert [model.name for model in models] == ["bike hires"]
    fetched = mlflow.artifacts.download_artifacts(artifact_uri="models:/bike hires/1")
    assert os.path.exists(os.path.join(fetched, "weights.txt"))
    client.delete_registered_model("bike hires")
    refused(lambda: client.get_registered_model("bike hires"), "RESOURCE_DOES_NOT_EXIST")
    refused(lambda: client.create_model_version("x", "/etc/passwd"), "INVALID_PARAMETER_VALUE")


@flow
def python_model():
    class Doubling(mlflow.pyfunc.PythonModel):
        def predict(self, context, model_input, params=None):
            return [value * 2 for value in model_input]

    mlflow.set_experiment("models")
    with mlflow.start_run() as run:
        mlflow.log_metric("before", 1)
        where = {"name": "double"} if MAJOR >= 3 else {"artifact_path": "double"}
        info = mlflow.pyfunc.log_model(
            python_model=Doubling(), pip_requirements=[], registered_model_name="doubling", **where
        )
    client.set_registered_model_alias("doubling", "champion", "1")
    loaded = mlflow.pyfunc.load_model("models:/doubling@champion")
    assert loaded.predict([1, 2]) == [2, 4]
    assert mlflow.pyfunc.load_model(info.model_uri).predict([3]) == [6]
    if MAJOR >= 3:
        model = mlflow.get_logged_model(info.model_id)
        assert model.status == "READY" and model.source_run_id == run.info.run_id
        outputs = client.get_run(run.info.run_id).outputs.model_outputs
        assert [output.model_id for output in outputs] == [info.model_id]
        found = mlflow.search_logged_models(
            experiment_ids=[run.info.experiment_id], filter_string="name = 'double'", output_format="list"
        )
        assert [item.model_id for item in found] == [info.model_id]
        assert '"doubling"' in model.tags.get("mlflow.modelVersions", '"doubling"')
        client.set_logged_model_tags(info.model_id, {"k": "v"})
        assert mlflow.get_logged_model(info.model_id).tags["k"] == "v"
        client.delete_logged_model_tag(info.model_id, "k")


@flow
def sklearn_autolog():
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError as missing:
        raise Skip("scikit-learn is not installed") from missing
    mlflow.set_experiment("autolog")
    mlflow.sklearn.autolog(log_datasets=True)
    try:
        with mlflow.start_run() as run:
            LogisticRegression(C=0.5).fit([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1])
    finally:
        mlflow.sklearn.autolog(disable=True)
    data = client.get_run(run.info.run_id).data
    assert data.params["C"] == "0.5" and data.metrics["training_accuracy_score"] == 1.0
    listed = {file.path for file in client.list_artifacts(run.info.run_id)}
    assert "training_confusion_matrix.png" in listed, listed


@flow
def command_line():
    import subprocess

    environment = {**os.environ, "MLFLOW_TRACKING_URI": URL}

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, "-m", "mlflow", *arguments], env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "Created experiment 'by command'" in run("experiments", "create", "-n", "by command")
    assert "by command" in run("experiments", "search")
    experiment = client.get_experiment_by_name("by command").experiment_id
    run_id = client.create_run(experiment, run_name="listed").info.run_id
    assert "listed" in run("runs", "list", "--experiment-id", experiment)
    assert run_id in run("runs", "describe", "--run-id", run_id)


@flow
def workspaces():
    if not hasattr(mlflow, "set_workspace"):
        raise Skip("this client knows no workspaces")
    names = ["team-red", "team-blue"]
    for name in names:
        assert mlflow.create_workspace(name, description=f"of {name}").name == name
    refused(lambda: mlflow.create_workspace("team-red"), "RESOURCE_ALREADY_EXISTS")
    assert [one.name for one in mlflow.list_workspaces()] == ["default", "team-blue", "team-red"]
    mlflow.update_workspace("team-red", description="red")
    assert mlflow.get_workspace("team-red").description == "red"
    runs = {}
    try:
        for name in names:
            mlflow.set_workspace(name)
            mlflow.set_experiment("one name in both")
            with mlflow.start_run() as run:
                mlflow.log_metric("loss", 1.0)
                mlflow.log_text(f"of {name}", "folder/where.txt")
            runs[name] = run.info.run_id
            assert mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/folder/where.txt") == f"of {name}"
            client.create_registered_model("one-model")
            client.create_model_version("one-model", f"runs:/{run.info.run_id}/folder", run.info.run_id)
            client.set_registered_model_alias("one-model", "champion", 1)
            assert client.get_model_version_by_alias("one-model", "champion").run_id == run.info.run_id
            assert [one.name for one in client.search_registered_models("name LIKE 'one%'")] == ["one-model"]
            assert len(mlflow.search_runs(experiment_names=["one name in both"])) == 1
        refused(lambda: client.get_run(runs["team-red"]), "RESOURCE_DOES_NOT_EXIST")
        mlflow.set_workspace("team-none")
        refused(lambda: client.get_run(runs["team-red"]), "RESOURCE_DOES_NOT_EXIST")
    finally:
        mlflow.set_workspace("default")
        mlflow.set_workspace(None)
    assert client.get_experiment_by_name("one name in both") is None
    refused(lambda: mlflow.delete_workspace("team-red"), "INVALID_PARAMETER_VALUE")
    mlflow.delete_workspace("team-red", mode="SET_DEFAULT")
    assert client.get_run(runs["team-red"]).data.metrics == {"loss": 1.0}
    mlflow.delete_workspace("team-blue", mode="CASCADE")
    assert [one.name for one in mlflow.list_workspaces()] == ["default"]


run_all()
