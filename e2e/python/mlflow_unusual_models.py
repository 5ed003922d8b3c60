"""Models, evaluation, traces and prompts as few users of the stock MLflow client have them, and some do every day.

Usage: mlflow_unusual_models.py URL.
"""

import os
import tempfile

os.environ.setdefault("MLFLOW_ENABLE_ASYNC_TRACE_LOGGING", "false")

from mlflow_flows import MAJOR, Skip, client, flow, refused, run_all

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


class Upper(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return [value.upper() for value in model_input]


@flow
def sources_of_versions():
    newest_only()
    mlflow.set_experiment("sources")
    with mlflow.start_run() as run:
        info = mlflow.pyfunc.log_model(name="upper", python_model=Upper(), pip_requirements=[])
    by_run = mlflow.register_model(f"runs:/{run.info.run_id}/upper", "from a run", tags={"a": "b"})
    assert by_run.run_id == run.info.run_id and by_run.source == info.model_uri
    mlflow.register_model(info.model_uri, "from a run")
    copy = client.copy_model_version("models:/from a run/2", "copied")
    assert copy.source == "models:/from a run/2"
    client.set_registered_model_alias("copied", "live", 1)
    client.copy_model_version("models:/copied@live", "copied again")
    for uri in ["models:/copied again/1", "models:/copied again/latest", f"runs:/{run.info.run_id}/upper"]:
        assert mlflow.pyfunc.load_model(uri).predict(["a"]) == ["A"], uri
    assert int(client.create_model_version("from a run", "s3://bucket/folder").version) == 3
    long = "x" * 256
    assert client.create_registered_model(long).name == client.get_registered_model(long).name
    with mlflow.start_run() as run, tempfile.TemporaryDirectory() as folder:
        mlflow.pyfunc.save_model(f"{folder}/saved", python_model=Upper(), pip_requirements=[])
        mlflow.log_artifacts(f"{folder}/saved", "raw")
    mlflow.register_model(f"runs:/{run.info.run_id}/raw", "raw")
    client.transition_model_version_stage("raw", "1", "staging")
    client.set_model_version_tag("raw", stage="Staging", key="k", value="v")
    assert client.get_model_version("raw", "1").tags == {"k": "v"}
    assert mlflow.pyfunc.load_model("models:/raw/Staging").predict(["b"]) == ["B"]


@flow
def models_without_runs():
    newest_only()
    import pandas

    experiment = mlflow.set_experiment("external models").experiment_id
    ids = []
    for number in range(4):
        model = mlflow.create_external_model(
            name=f"external {number % 2}", params={"p": str(number)}, tags={"t": "1"}, model_type="agent"
        )
        dataset = mlflow.data.from_pandas(pandas.DataFrame({"a": [number]}), name=f"data {number % 2}")
        with mlflow.start_run():
            mlflow.log_metric("acc", number / 10, model_id=model.model_id, dataset=dataset)
        ids.append(model.model_id)

    def found(filter_string=None, **more):
        models = client.search_logged_models([experiment], filter_string, **more)
        return [ids.index(model.model_id) for model in models]

    by_name = [{"field_name": "name", "ascending": True}, {"field_name": "creation_time", "ascending": False}]
    assert found(max_results=5000) == [3, 2, 1, 0]
    assert found("metrics.acc > 0.05 AND name = 'external 1'") == [3, 1]
    assert found("metrics.acc > 0.05", datasets=[{"dataset_name": "data 0"}]) == [2]
    assert found(order_by=by_name) == [2, 0, 3, 1]
    assert found(order_by=[{"field_name": "metrics.acc"}], max_results=2) == [0, 1]
    mlflow.log_model_params({"z": "1"}, model_id=ids[2])
    with tempfile.TemporaryDirectory() as folder:
        written(folder, "a/b.txt", "c.txt")
        client.log_model_artifacts(ids[2], folder)
    assert [file.path for file in client.list_logged_model_artifacts(ids[2], "a")] == ["a/b.txt"]
    mlflow.finalize_logged_model(ids[0], "FAILED")
    client.delete_logged_model(ids[1])
    assert found("params.p != 'x'") == [3, 2, 0]
    assert mlflow.get_logged_model(ids[2]).params == {"p": "2", "z": "1"}
    assert mlflow.get_logged_model(ids[0]).status == "FAILED"


@flow
def models_from_code_and_onnx():
    newest_only()
    from onnx import TensorProto, helper

    mlflow.set_experiment("flavors")
    code = (
        "import mlflow\n"
        "class Model(mlflow.pyfunc.PythonModel):\n"
        "    def predict(self, context, model_input: list[str]) -> list[str]:\n"
        "        return [text.upper() for text in model_input]\n"
        "mlflow.models.set_model(Model())\n"
    )
    with open("model_code.py", "w") as file:
        file.write(code)
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 1]) for name in "xy"]
    graph = helper.make_graph([helper.make_node("Neg", ["x"], ["y"])], "negative", ends[:1], ends[1:])
    onnx_model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    with mlflow.start_run():
        by_code = mlflow.pyfunc.log_model(name="code", python_model="model_code.py", input_example=["a"])
        by_graph = mlflow.onnx.log_model(onnx_model, name="graph", registered_model_name="negative")
    assert mlflow.pyfunc.load_model(by_code.model_uri).predict(["a"]) == ["A"]
    assert len(mlflow.onnx.load_model("models:/negative/1").graph.node) == 1
    assert mlflow.models.get_model_info(by_graph.model_uri).model_id == by_graph.model_id
    assert mlflow.models.get_model_info("models:/negative/1").flavors["onnx"]


@flow
def evaluation_of_predictions():
    newest_only()
    import pandas

    mlflow.set_experiment("evaluation")
    frame = pandas.DataFrame({"x": range(10), "y": [0.0, 1.0] * 5, "p": [0.5] * 10})
    dataset = mlflow.data.from_pandas(frame, targets="y", predictions="p", name="evaluated")
    worst = mlflow.models.make_metric(
        eval_fn=lambda predictions, targets: float((predictions - targets).abs().max()),
        greater_is_better=False,
        name="worst",
    )
    with mlflow.start_run() as run:
        result = mlflow.models.evaluate(data=dataset, model_type="regressor", extra_metrics=[worst])
    read = client.get_run(run.info.run_id)
    assert read.data.metrics["worst"] == result.metrics["worst"] == 0.5
    assert [one.dataset.name for one in read.inputs.dataset_inputs] == ["evaluated"]


@flow
def evaluation_by_scorers():
    newest_only()
    from mlflow.entities import Feedback
    from mlflow.genai import datasets
    from mlflow.genai.scorers import scorer

    experiment = mlflow.set_experiment("scorers of code").experiment_id

    @scorer
    def exact(outputs, expectations):
        return outputs == expectations["answer"]

    @scorer
    def size(outputs):
        return Feedback(name="size", value=len(outputs), rationale="counted")

    @scorer
    def broken(outputs):
        raise ValueError("planned")

    rows = [
        {"inputs": {"q": "a"}, "expectations": {"answer": "A"}},
        {"inputs": {"q": "b"}, "expectations": {"answer": "x"}},
    ]
    result = mlflow.genai.evaluate(data=rows, predict_fn=lambda q: q.upper(), scorers=[exact, size, broken])
    assert result.metrics["exact/mean"] == 0.5 and result.metrics["size/mean"] == 1
    traces = mlflow.search_traces(run_id=result.run_id, return_type="list")
    assert len(traces) == 2
    for trace in traces:
        assert {one.name for one in trace.info.assessments} == {"exact", "size", "broken", "answer"}
    made = datasets.create_dataset(name="from traces", experiment_id=[experiment])
    made.merge_records(rows)
    made.merge_records(traces)
    assert len(made.to_df()) == 2
    again = mlflow.genai.evaluate(
        data=datasets.get_dataset(dataset_id=made.dataset_id), predict_fn=lambda q: q, scorers=[exact]
    )
    assert again.metrics["exact/mean"] == 0
    inputs = client.get_run(again.run_id).inputs.dataset_inputs
    assert [one.dataset.name for one in inputs] == ["from traces"]
    datasets.set_dataset_tags(dataset_id=made.dataset_id, tags={"n": "1", "k": "2"})
    datasets.delete_dataset_tag(dataset_id=made.dataset_id, key="n")
    other = client.create_experiment("scorers of code, too")
    datasets.add_dataset_to_experiments(dataset_id=made.dataset_id, experiment_ids=[other])
    listed = datasets.search_datasets(experiment_ids=[other], filter_string="tags.k = '2'")
    assert [one.name for one in listed] == ["from traces"]


@flow
def filters_on_traces():
    newest_only()
    from mlflow.entities import AssessmentError, AssessmentSource, SpanEvent

    experiment = mlflow.set_experiment("filters on traces").experiment_id
    ids = []

    @mlflow.trace(name="outer", span_type="CHAIN", attributes={"kind": "v", "n": 3})
    def outer():
        with mlflow.start_span("in ner", span_type="TOOL") as span:
            span.set_outputs(["ü", 1])
            span.add_event(SpanEvent("cache missed", attributes={"key": "seldom"}))

    outer()
    ids.append(mlflow.get_last_active_trace_id())
    try:
        with mlflow.start_span("bad"):
            raise RuntimeError("planned oops")
    except RuntimeError:
        pass
    ids.append(mlflow.get_last_active_trace_id())
    with mlflow.start_span("large") as span:
        mlflow.update_current_trace(
            tags={"t": "1"},
            metadata={"mlflow.trace.session": "s1", "mlflow.trace.user": "u1"},
            client_request_id="crid",
            request_preview="shown",
        )
        span.set_inputs({"blob": "x" * 3_000_000})
    ids.append(mlflow.get_last_active_trace_id())
    root = client.start_trace("by hand", inputs={"a": 1}, experiment_id=experiment, start_time_ns=10**18)
    inner = client.start_span("part", trace_id=root.trace_id, parent_id=root.span_id)
    client.end_span(inner.trace_id, inner.span_id, outputs="o", status="OK")
    client.end_trace(root.trace_id, outputs={"b": 2}, end_time_ns=10**18 + 5 * 10**9)
    ids.append(root.trace_id)
    human = AssessmentSource("HUMAN", "ann")
    mlflow.log_feedback(trace_id=ids[0], name="num", value=0.5, source=human)
    mlflow.log_feedback(trace_id=ids[0], name="text", value="good")
    mlflow.log_feedback(trace_id=ids[1], name="failed", error=AssessmentError("CODE", "said"))
    mlflow.set_trace_tag(ids[1], "ключ 1", "v é")

    def found(filter_string=None, **more):
        traces = mlflow.search_traces(
            locations=[experiment], filter_string=filter_string, return_type="list", **more
        )
        return [ids.index(trace.info.trace_id) for trace in traces]

    for filter_string, expected in {
        "trace.status = 'ERROR'": [1],
        "name LIKE '%er' AND span.type = 'TOOL' AND feedback.num = '0.5'": [0],
        "execution_time_ms >= 5000": [3],
        "timestamp_ms < 1750000000000": [3],
        "tag.`ключ 1` = 'v é'": [1],
        "metadata.`mlflow.trace.session` = 's1'": [2],
        "trace.client_request_id = 'crid'": [2],
        "span.status = 'ERROR'": [1],
        "span.attributes.kind = 'v'": [0],
        "span.content LIKE '%planned oops%'": [1],
        "span.content ILIKE '%CACHE missed%'": [0],
        "trace.text LIKE '%seldom%'": [0],
        "feedback.num > 0.4": [0],
        "feedback.text = 'good'": [0],
        "feedback.failed IS NOT NULL": [1],
        "tags.t IS NULL": [1, 0, 3],
    }.items():
        assert found(filter_string) == expected, (filter_string, found(filter_string))
    assert found(order_by=["execution_time DESC"])[0] == 3
    assert found(order_by=["timestamp ASC"], max_results=2) == [3, 0]
    bare = mlflow.search_traces(locations=[experiment], include_spans=False, return_type="list")
    assert [len(trace.data.spans) for trace in bare] == [0] * 4
    large = mlflow.get_trace(ids[2])
    assert len(large.data.spans[0].inputs["blob"]) == 3_000_000 and large.info.request_preview == "shown"
    by_hand = mlflow.get_trace(ids[3])
    assert by_hand.info.execution_duration == 5000 and by_hand.info.request_time == 10**12
    [event] = mlflow.get_trace(ids[0]).search_spans(name="in ner")[0].events
    assert (event.name, event.attributes) == ("cache missed", {"key": "seldom"})


@flow
def prompts_in_depth():
    newest_only()
    genai = mlflow.genai
    mlflow.set_experiment("prompts in depth")
    first = genai.register_prompt(
        name="deep", template="Hi {{name}}", response_format={"type": "object"}, tags={"a": "b"}
    )
    assert first.variables == {"name"} and first.response_format == {"type": "object"}
    genai.register_prompt(name="deep", template="Hey {{name}}")
    genai.set_prompt_version_tag("deep", 1, "k", "v")
    genai.delete_prompt_version_tag("deep", 1, "k")
    genai.set_prompt_tag("deep", "team", "blue")
    assert genai.load_prompt("deep").version == 2 and genai.load_prompt("deep", version=1).tags == {"a": "b"}
    assert genai.load_prompt("prompts:/deep/9", allow_missing=True) is None
    refused(lambda: genai.load_prompt("prompts:/deep/9"), "RESOURCE_DOES_NOT_EXIST")
    refused(lambda: genai.set_prompt_alias("deep", "latest", 1), "INVALID_PARAMETER_VALUE")
    assert [one.name for one in genai.search_prompts("tags.team = 'blue'")] == ["deep"]
    with mlflow.start_run() as run:
        genai.load_prompt("deep", version=1)
    assert "deep" in client.get_run(run.info.run_id).data.tags["mlflow.linkedPrompts"]
    client.delete_prompt_version("deep", "1")
    refused(lambda: client.delete_prompt_version("deep", "1"), "RESOURCE_DOES_NOT_EXIST")


run_all()
