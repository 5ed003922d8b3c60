"""What few users of the stock MLflow client do, and some do every day.

Usage: mlflow_unusual.py URL. Command lines run in this process, for their start takes longer than all of it.
"""

import json
import os
import sys
import tempfile
import threading

os.environ.setdefault("MLFLOW_ENABLE_ASYNC_TRACE_LOGGING", "false")
os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])

from mlflow_flows import MAJOR, URL, Skip, client, flow, refused, run_all

import mlflow


def newest_only():
    if MAJOR < 3:
        raise Skip("this client has no such interface")


def written(folder, *names):
    for name in names:
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(name)


@flow
def children_of_children():
    mlflow.set_experiment("children")
    with mlflow.start_run(run_name="parent") as parent:
        for number in range(2):
            with mlflow.start_run(nested=True, run_name=f"child {number}") as child:
                with mlflow.start_run(nested=True) as grandchild:
                    mlflow.log_metric("m", number)
    parent_id, child_id = parent.info.run_id, child.info.run_id
    found = mlflow.search_runs(
        filter_string=f"tags.mlflow.parentRunId = '{parent_id}'", output_format="list"
    )
    assert [run.info.run_name for run in found] == ["child 1", "child 0"]
    assert client.get_parent_run(grandchild.info.run_id).info.run_id == child_id
    assert client.get_parent_run(parent_id) is None
    with mlflow.start_run(run_id=grandchild.info.run_id):
        mlflow.log_metric("again", 1)
    assert client.get_run(grandchild.info.run_id).info.status == "FINISHED"
    everywhere = mlflow.search_runs(
        search_all_experiments=True, order_by=["metrics.m DESC"], max_results=1, output_format="list"
    )
    assert everywhere[0].data.metrics["m"] == 1


@flow
def tables_and_images():
    import numpy
    import pandas

    mlflow.set_experiment("tables")
    ids = []
    for rows in [["a", "b"], ["c"]]:
        with mlflow.start_run() as run:
            for row in rows:
                mlflow.log_table(pandas.DataFrame({"q": [row], "n": [1]}), "eval/table.json")
        ids.append(run.info.run_id)
    table = mlflow.load_table("eval/table.json", run_ids=ids, extra_columns=["run_id"])
    assert sorted(table["q"]) == ["a", "b", "c"] and set(table["run_id"]) == set(ids)
    with mlflow.start_run() as run:
        black = numpy.zeros((8, 8, 3), dtype=numpy.uint8)
        mlflow.log_image(black, key="dogs/one", step=3)
        mlflow.log_image(black, key="dogs/one", step=4, timestamp=123, synchronous=False)
        mlflow.log_image(black, "plain.png")
        mlflow.flush_artifact_async_logging()
        mlflow.log_dict({"é": {"b": 1}}, "d/é.yaml")
    assert len(client.list_artifacts(run.info.run_id, "images")) == 4
    assert mlflow.artifacts.load_image(f"{run.info.artifact_uri}/plain.png").size == (8, 8)
    assert "b: 1" in mlflow.artifacts.load_text(f"{run.info.artifact_uri}/d/é.yaml")


@flow
def figures():
    try:
        import matplotlib
    except ImportError as missing:
        raise Skip("matplotlib is not installed") from missing
    matplotlib.use("Agg")
    from matplotlib import pyplot

    mlflow.set_experiment("figures")
    figure, axes = pyplot.subplots(figsize=(1, 1))
    with mlflow.start_run() as run:
        mlflow.log_figure(figure, "plots/a figure.png")
        mlflow.log_figure(figure, "plots/a figure.svg")
    listed = [file.path for file in client.list_artifacts(run.info.run_id, "plots")]
    assert listed == ["plots/a figure.png", "plots/a figure.svg"]


@flow
def asynchronous_logging():
    mlflow.set_experiment("asynchronous")
    with mlflow.start_run() as run:
        for step in range(200):
            mlflow.log_metric("m", step, step=step, synchronous=False)
        mlflow.log_params({"a": 1}, synchronous=False).wait()
        mlflow.set_tags({"t": "1"}, synchronous=False)
        mlflow.flush_async_logging()
        assert "Changing param values" in refused(
            mlflow.log_param("a", 2, synchronous=False).wait, "INTERNAL_ERROR"
        )
    data = client.get_run(run.info.run_id).data
    assert data.tags["t"] == "1" and data.metrics["m"] == 199
    assert [point.step for point in client.get_metric_history(run.info.run_id, "m")] == list(range(200))


@flow
def odd_names_of_files():
    mlflow.set_experiment("odd ♥ names/with a slash")
    names = ["100%accuracy.png", "50%.csv", "plus+.txt", "q=1&b;c.txt", "[1] (2) {3}.txt", "😀.txt", "it's $^|,@!~.txt"]
    with tempfile.TemporaryDirectory() as folder, mlflow.start_run() as run:
        for name in names:
            written(folder, f"up/{name}")
            mlflow.log_artifact(os.path.join(folder, "up", name), "some where")
            uri = f"{run.info.artifact_uri}/some where/{name}"
            assert mlflow.artifacts.load_text(uri) == f"up/{name}", name
        assert len(client.list_artifacts(run.info.run_id, "some where")) == len(names)
        down = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, dst_path=folder)
        assert len(os.listdir(os.path.join(down, "some where"))) == len(names)


@flow
def artifacts_of_threads_and_parts():
    experiment = client.create_experiment("threads")
    run = client.create_run(experiment).info
    settings = {
        "MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD": "true",
        "MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD": "true",
        "MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE": str(5 << 20),
        "MLFLOW_MULTIPART_DOWNLOAD_MINIMUM_FILE_SIZE": str(5 << 20),
        "MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE": str(5 << 20),
    }
    with tempfile.TemporaryDirectory() as folder:
        written(folder, *[f"many/{number}.txt" for number in range(8)])
        threads = [
            threading.Thread(target=client.log_artifacts, args=(run.run_id, f"{folder}/many", f"to {number}"))
            for number in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [len(client.list_artifacts(run.run_id, f"to {number}")) for number in range(4)] == [8] * 4
        content = os.urandom(6 << 20)
        with open(f"{folder}/large.bin", "wb") as file:
            file.write(content)
        os.environ.update(settings)
        try:
            client.log_artifact(run.run_id, f"{folder}/large.bin")
            down = mlflow.artifacts.download_artifacts(f"{run.artifact_uri}/large.bin")
        finally:
            for name in settings:
                del os.environ[name]
        with open(down, "rb") as file:
            assert file.read() == content


@flow
def data_sets_of_all_kinds():
    import numpy
    import pandas

    mlflow.set_experiment("kinds of data")
    numbers = mlflow.data.from_numpy(numpy.arange(6).reshape(2, 3), name="numbers")
    frame = mlflow.data.from_pandas(
        pandas.DataFrame({"t": ["2020"], "e": ["😀"]}), source="https://example.org/x.csv", name="frame"
    )
    with mlflow.start_run() as run:
        mlflow.log_input(numbers, context="training", tags={"x": "y"})
        mlflow.log_input(frame, context="evaluation")
        mlflow.log_input(numbers, context="evaluation")
    inputs = client.get_run(run.info.run_id).inputs.dataset_inputs
    told = {one.dataset.name: {tag.key: tag.value for tag in one.tags} for one in inputs}
    assert told == {
        "numbers": {"mlflow.data.context": "training", "x": "y"},
        "frame": {"mlflow.data.context": "evaluation"},
    }, told
    assert mlflow.data.get_source(inputs[1].dataset).url == "https://example.org/x.csv"
    for filter_string in ["dataset.context IN ('training', 'z')", "dataset.name ILIKE 'FRAM%'"]:
        assert len(mlflow.search_runs(filter_string=filter_string)) == 1, filter_string


@flow
def every_command():
    newest_only()
    from click.testing import CliRunner
    from mlflow import cli

    os.environ["MLFLOW_TRACKING_URI"] = URL

    def told(*arguments):
        done = CliRunner().invoke(cli.cli, list(arguments))
        assert done.exit_code == 0, (arguments, done.output, done.exception)
        return done.output

    experiment = told("experiments", "create", "-n", "all commands").split()[-1]
    told("experiments", "rename", "-x", experiment, "--new-name", "commands")
    told("experiments", "delete", "-x", experiment)
    told("experiments", "restore", "-x", experiment)
    assert json.loads(told("experiments", "get", "-x", experiment, "--output", "json"))["name"] == "commands"
    told("runs", "create", "--experiment-id", experiment, "--run-name", "r", "--tags", "a=b")
    run = client.search_runs([experiment])[0].info.run_id
    told("runs", "delete", "--run-id", run)
    assert run in told("runs", "list", "--experiment-id", experiment, "--view", "deleted_only")
    told("runs", "restore", "--run-id", run)
    assert "FINISHED" in told("experiments", "csv", "-x", experiment)
    with tempfile.TemporaryDirectory() as folder:
        written(folder, "d/s/y.txt", "x.txt")
        told("artifacts", "log-artifact", "--run-id", run, "--local-file", f"{folder}/x.txt", "--artifact-path", "q w")
        told("artifacts", "log-artifacts", "--run-id", run, "--local-dir", f"{folder}/d")
        listed = json.loads(told("artifacts", "list", "--run-id", run))
        assert [one["path"] for one in listed] == ["q w", "s"]
        told("artifacts", "download", "--artifact-uri", f"runs:/{run}/s", "-d", f"{folder}/down")
        assert os.path.exists(f"{folder}/down/s/y.txt")
    mlflow.set_experiment(experiment_id=experiment)
    with mlflow.start_span("by command") as span:
        span.set_inputs({"a": 1})
    trace = ["--trace-id", mlflow.get_last_active_trace_id()]
    assert trace[1] in told("traces", "search", "--experiment-id", experiment, "--filter-string", "name LIKE 'by%'")
    told("traces", "set-tag", *trace, "--key", "k", "--value", "v")
    told("traces", "delete-tag", *trace, "--key", "k")
    told("traces", "log-expectation", *trace, "--name", "x", "--value", '{"a": 1}')
    told("traces", "log-feedback", *trace, "--name", "g", "--value", "0.5", "--source-type", "HUMAN", "--source-id", "a")
    [given] = [one for one in mlflow.get_trace(trace[1]).info.assessments if one.name == "g"]
    assessment = [*trace, "--assessment-id", given.assessment_id]
    told("traces", "update-assessment", *assessment, "--value", "0.7")
    assert '"value": 0.7' in told("traces", "get-assessment", *assessment)
    told("traces", "delete-assessment", *assessment)
    told("runs", "link-traces", "--run-id", run, "-t", trace[1])
    told("traces", "delete", "--experiment-id", experiment, "--trace-ids", trace[1])
    told("datasets", "list", "--experiment-id", experiment)
    told("scorers", "list", "--experiment-id", experiment)


@flow
def projects():
    os.makedirs("project", exist_ok=True)
    with open("project/MLproject", "w") as file:
        file.write(
            "name: p\nentry_points:\n  main:\n    parameters:\n      a: {type: float, default: 1}\n"
            '    command: "python main.py {a}"\n'
        )
    with open("project/main.py", "w") as file:
        file.write("import sys\nimport mlflow\nmlflow.log_metric('a', float(sys.argv[1]))\n")
    experiment = client.create_experiment("projects")
    submitted = mlflow.projects.run(
        "project", parameters={"a": 5}, env_manager="local", experiment_id=experiment
    )
    run = client.get_run(submitted.run_id)
    assert (run.info.status, run.data.metrics, run.data.params) == ("FINISHED", {"a": 5.0}, {"a": "5"})
    assert run.data.tags["mlflow.project.entryPoint"] == "main"


@flow
def long_and_foreign_texts():
    mlflow.set_experiment("Übung 🚀")
    with mlflow.start_run(run_name="läuft 🏃") as run:
        mlflow.log_params({"schöne größe": "ünï", "p/a-b.c": "1", "long": "é" * 6000})
        mlflow.log_metrics({"métrique/a b": 1.5, "a:b": 2, "low": float("-inf")}, step=-5)
        mlflow.set_tags({"ключ": "🚀" * 3000, "mlflow.note.content": "x" * 8000})
    data = client.get_run(run.info.run_id).data
    assert data.tags["ключ"] == "🚀" * 3000 and data.params["long"] == "é" * 6000
    assert client.get_metric_history(run.info.run_id, "a:b")[0].step == -5
    for filter_string in [
        "params.`schöne größe` = 'ünï' AND params.\"p/a-b.c\" = '1'",
        "metrics.`métrique/a b` > 1 AND metrics.`a:b` >= 2 AND metrics.low < 0",
        "tags.`ключ` LIKE '🚀%' AND attributes.run_name = 'läuft 🏃'",
    ]:
        assert len(mlflow.search_runs(filter_string=filter_string)) == 1, filter_string
    name = "modèle 🤖 +%#"
    client.create_registered_model(name)
    client.create_model_version(name, run.info.artifact_uri, run.info.run_id)
    client.set_model_version_tag(name, "1", "k é", "v")
    assert client.get_model_version(name, "1").tags == {"k é": "v"}
    for wrong in ["a#b", "../x", "/x", "a//b", ""]:
        refused(lambda key=wrong: client.log_param(run.info.run_id, key, "1"), "INVALID_PARAMETER_VALUE")


run_all()
