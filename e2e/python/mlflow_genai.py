"""Traces, assessments, evaluation data sets, scorers and prompts with the stock MLflow client.

Usage: mlflow_genai.py URL.
"""

import json
import os
import time
import urllib.request
import uuid

os.environ.setdefault("MLFLOW_ENABLE_ASYNC_TRACE_LOGGING", "false")

from mlflow_flows import MAJOR, URL, Skip, client, flow, refused, run_all

import mlflow
from mlflow.entities import AssessmentSource, SpanType


def newest_only():
    if MAJOR < 3:
        raise Skip("this client has no such interface")


def found(filter_string=None, **more):
    return mlflow.search_traces(filter_string=filter_string, return_type="list", **more)


def traced(question):
    with mlflow.start_span("answer", span_type=SpanType.CHAIN) as root:
        root.set_inputs({"question": question})
        with mlflow.start_span("search", span_type=SpanType.RETRIEVER) as span:
            span.set_attribute("index", "wiki")
            span.set_attribute("found", 3)
        with mlflow.start_span("model", span_type=SpanType.LLM) as span:
            span.set_attribute(
                "mlflow.chat.tokenUsage", {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
            )
        root.set_outputs("forty-two")
    return mlflow.get_last_active_trace_id()


@flow
def traces():
    newest_only()
    mlflow.set_experiment("traces")
    first = traced("what?")
    try:
        with mlflow.start_span("broken"):
            raise ValueError("planned")
    except ValueError:
        pass
    trace = mlflow.get_trace(first)
    assert [span.name for span in trace.data.spans] == ["answer", "search", "model"]
    root, search, model = trace.data.spans
    assert root.inputs == {"question": "what?"} and root.outputs == "forty-two"
    assert search.parent_id == root.span_id and search.attributes["found"] == 3
    assert model.span_type == "LLM" and trace.info.token_usage["total_tokens"] == 15
    assert trace.info.tags["mlflow.traceName"] == "answer" and trace.info.state == "OK"
    assert len(found()) == 2
    for filter_string in [
        "name = 'answer'",
        "attributes.status = 'OK'",
        "span.name = 'search' AND span.type = 'RETRIEVER'",
        "span.attributes.index = 'wiki'",
        "trace.text LIKE '%what?%'",
    ]:
        assert [one.info.trace_id for one in found(filter_string)] == [first], filter_string
    refused(lambda: found("nonsense = 'x'"), "INVALID_PARAMETER_VALUE")
    client.set_trace_tag(first, "team", "blue")
    assert [one.info.trace_id for one in found("tags.team = 'blue'")] == [first]
    client.delete_trace_tag(first, "team")
    refused(lambda: client.delete_trace_tag(first, "team"), "RESOURCE_DOES_NOT_EXIST")


@flow
def traces_of_runs():
    newest_only()
    experiment = mlflow.set_experiment("traces of runs")
    with mlflow.start_run() as run:
        inside = traced("in a run")
    outside = traced("outside")
    assert [one.info.trace_id for one in found(run_id=run.info.run_id)] == [inside]
    client.link_traces_to_run([outside], run.info.run_id)
    assert len(found(run_id=run.info.run_id)) == 2
    for number in range(7):
        traced(f"page {number}")
    first = client.search_traces(locations=[experiment.experiment_id], max_results=4)
    rest = client.search_traces(
        locations=[experiment.experiment_id], max_results=10, page_token=first.token
    )
    seen = [one.info.trace_id for one in [*first, *rest]]
    assert len(seen) == len(set(seen)) == 9, seen
    assert client.delete_traces(experiment.experiment_id, trace_ids=[inside]) == 1
    later = int(time.time() * 1000) + 60_000
    assert client.delete_traces(experiment.experiment_id, max_timestamp_millis=later, max_traces=3) == 3
    assert len(found()) == 5


@flow
def assessments():
    newest_only()
    mlflow.set_experiment("assessments")
    trace = traced("assessed")
    good = mlflow.log_feedback(
        trace_id=trace, name="good", value=True, rationale="because", source=AssessmentSource("HUMAN", "ann")
    )
    mlflow.log_expectation(trace_id=trace, name="expected", value={"answer": [1, 2]})
    mlflow.log_feedback(trace_id=trace, name="score", value=0.75, metadata={"judge": "j"})
    assert mlflow.get_assessment(trace, good.assessment_id).rationale == "because"
    assert [one.info.trace_id for one in found("feedback.good = 'true'")] == [trace]
    assert [one.info.trace_id for one in found("feedback.score > 0.5")] == [trace]
    assert found("feedback.score > 0.8") == []
    over = mlflow.override_feedback(trace_id=trace, assessment_id=good.assessment_id, value=False)
    by_id = {one.assessment_id: one for one in mlflow.get_trace(trace).info.assessments}
    assert not by_id[good.assessment_id].valid and by_id[over.assessment_id].value is False
    mlflow.delete_assessment(trace, over.assessment_id)
    assert mlflow.get_assessment(trace, good.assessment_id).valid
    expected = [one for one in by_id.values() if one.name == "expected"][0]
    mlflow.update_assessment(
        trace, expected.assessment_id, mlflow.entities.Expectation(name="expected", value="other")
    )
    assert mlflow.get_assessment(trace, expected.assessment_id).value == "other"
    refused(lambda: mlflow.get_assessment(trace, "a-none"), "RESOURCE_DOES_NOT_EXIST")


@flow
def evaluation_datasets():
    newest_only()
    from mlflow.genai import datasets

    experiment = mlflow.set_experiment("evaluated")
    made = datasets.create_dataset(name="questions", experiment_id=[experiment.experiment_id], tags={"a": "b"})
    made.merge_records([{"inputs": {"q": "1"}, "expectations": {"x": 1}}, {"inputs": {"q": "2"}}])
    made.merge_records([{"inputs": {"q": "1"}, "expectations": {"y": 2}}])
    read = datasets.get_dataset(dataset_id=made.dataset_id)
    assert json.loads(read.profile) == {"num_records": 2} and read.tags["a"] == "b"
    rows = read.to_df().to_dict("records")
    assert [row["inputs"] for row in rows] == [{"q": "1"}, {"q": "2"}]
    assert rows[0]["expectations"] == {"x": 1, "y": 2}
    listed = datasets.search_datasets(experiment_ids=experiment.experiment_id, filter_string="name = 'questions'")
    assert [one.dataset_id for one in listed] == [made.dataset_id]
    assert read.delete_records([rows[0]["dataset_record_id"]]) == 1
    datasets.delete_dataset(dataset_id=made.dataset_id)
    refused(lambda: datasets.get_dataset(dataset_id=made.dataset_id), "RESOURCE_DOES_NOT_EXIST")


@flow
def scorers():
    newest_only()
    from mlflow.genai.scorers import Guidelines, delete_scorer, get_scorer, list_scorers

    experiment = mlflow.set_experiment("scored").experiment_id
    for guidelines in ["be polite", "be very polite"]:
        Guidelines(name="polite", guidelines=guidelines).register(experiment_id=experiment)
    assert [one.name for one in list_scorers(experiment_id=experiment)] == ["polite"]
    assert get_scorer(name="polite", experiment_id=experiment).guidelines == "be very polite"
    assert get_scorer(name="polite", experiment_id=experiment, version=1).guidelines == "be polite"
    delete_scorer(name="polite", experiment_id=experiment, version="all")
    refused(lambda: get_scorer(name="polite", experiment_id=experiment), "RESOURCE_DOES_NOT_EXIST")


@flow
def prompts():
    newest_only()
    mlflow.set_experiment("prompted")
    first = mlflow.genai.register_prompt(name="greet", template="Hello {{name}}", commit_message="first")
    chat = [{"role": "user", "content": "Hi {{name}}"}]
    mlflow.genai.register_prompt(name="greet", template=chat)
    assert (first.version, first.commit_message) == (1, "first")
    mlflow.genai.set_prompt_alias("greet", "prod", 1)
    assert mlflow.genai.load_prompt("prompts:/greet@prod").format(name="you") == "Hello you"
    assert mlflow.genai.load_prompt("prompts:/greet/2").template == chat
    assert mlflow.genai.load_prompt("prompts:/greet@latest").version == 2
    assert [one.name for one in mlflow.genai.search_prompts("name LIKE 'gr%'")] == ["greet"]
    assert "greet" not in [one.name for one in client.search_registered_models()]
    mlflow.genai.set_prompt_tag("greet", "team", "blue")
    mlflow.genai.delete_prompt_alias("greet", "prod")
    refused(lambda: client.create_registered_model("greet"), "RESOURCE_ALREADY_EXISTS")
    with mlflow.start_span("greeting"):
        mlflow.genai.load_prompt("prompts:/greet/1")
    deadline = time.monotonic() + 20
    while not found("prompt = 'greet/1'") and time.monotonic() < deadline:
        time.sleep(0.1)
    assert len(found("prompt = 'greet/1'")) == 1


@flow
def opentelemetry():
    """What an exporter of OpenTelemetry sends in JSON, which knows nothing of MLflow."""
    experiment = client.create_experiment(f"opentelemetry {time.time()}")
    span = {
        "traceId": uuid.uuid4().hex,
        "spanId": "b7ad6b7169203331",
        "name": "chat m-large",
        "startTimeUnixNano": "1767225600000000000",
        "endTimeUnixNano": "1767225601500000000",
        "attributes": [
            {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
            {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "7"}},
        ],
    }
    request = urllib.request.Request(
        f"{URL}/v1/traces",
        data=json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode(),
        headers={"content-type": "application/json", "x-mlflow-experiment-id": experiment},
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200 and json.load(answer) == {}
    if MAJOR < 3:
        return
    [trace] = client.search_traces(locations=[experiment], filter_string="span.type = 'CHAT_MODEL'")
    assert trace.info.execution_duration == 1500 and trace.info.token_usage["input_tokens"] == 7
    assert trace.data.spans[0].name == "chat m-large"


@flow
def traces_of_older_clients():
    if MAJOR >= 3:
        raise Skip("this client speaks version 3")
    mlflow.set_experiment("older traces")
    with mlflow.start_span("answer") as root:
        root.set_inputs({"question": "what?"})
        with mlflow.start_span("inner"):
            pass
        root.set_outputs("forty-two")
    read = client.get_trace(mlflow.get_last_active_trace_id())
    assert [span.name for span in read.data.spans] == ["answer", "inner"]
    assert read.info.status == "OK" and read.data.spans[0].outputs == "forty-two"
    assert len(mlflow.search_traces(filter_string="trace.name = 'answer'")) == 1


run_all()
