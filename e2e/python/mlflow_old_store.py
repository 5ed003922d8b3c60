"""Makes a store of MLflow 2.x: the schema of that time by the package's own migrations, filled by hand. Prints JSON."""

import json
import os
import sqlite3
import sys

from alembic import command
from mlflow.store.db.utils import _get_alembic_config, create_sqlalchemy_engine_with_retry
from mlflow.store.tracking.dbmodels.initial_models import Base

path, artifacts, revision = sys.argv[1:4]
url = f"sqlite:///{path}"
Base.metadata.create_all(create_sqlalchemy_engine_with_retry(url))
command.upgrade(_get_alembic_config(url), revision)

run = "a" * 32
database = sqlite3.connect(path)


def insert(table, **values):
    names = ", ".join(values)
    marks = ", ".join("?" for _ in values)
    database.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(values.values()))


insert("experiments", experiment_id=7, name="old", artifact_location="/gone/7", lifecycle_stage="active")
insert("experiment_tags", experiment_id=7, key="team", value="growth")
insert(
    "runs",
    run_uuid=run,
    name="first",
    user_id="ann",
    status="FINISHED",
    start_time=1000,
    end_time=2000,
    lifecycle_stage="active",
    artifact_uri=f"/gone/7/{run}/artifacts",
    experiment_id=7,
    source_type="LOCAL",
)
insert("params", run_uuid=run, key="depth", value="3")
insert("tags", run_uuid=run, key="mlflow.runName", value="first")
for step in range(30_000):
    insert("metrics", run_uuid=run, key="loss", value=float(step), timestamp=1000 + step, step=step, is_nan=False)
insert("latest_metrics", run_uuid=run, key="loss", value=29_999.0, timestamp=30_999, step=29_999, is_nan=False)
insert("registered_models", name="old model", creation_time=1, last_updated_time=1, description="d")
insert(
    "model_versions",
    name="old model",
    version=2,
    creation_time=1,
    last_updated_time=1,
    current_stage="Production",
    source=f"/gone/7/{run}/artifacts/model",
    run_id=run,
    status="READY",
)
insert("trace_info", request_id="tr-old", experiment_id=7, timestamp_ms=1500, execution_time_ms=20, status="OK")
insert("trace_tags", request_id="tr-old", key="mlflow.artifactLocation", value="/gone/7/traces/tr-old/artifacts")
insert("trace_tags", request_id="tr-old", key="team", value="blue")
insert("trace_request_metadata", request_id="tr-old", key="mlflow.trace_schema.version", value="2")
database.commit()
folder = os.path.join(artifacts, "7", run, "artifacts", "model")
os.makedirs(folder)
with open(os.path.join(folder, "MLmodel"), "w", encoding="utf-8") as file:
    file.write("flavors: {}\n")
span = {
    "name": "answer",
    "context": {"span_id": "0x0102030405060708", "trace_id": "0x" + "0a" * 16},
    "parent_id": None,
    "start_time": 1_500_000_000,
    "end_time": 1_520_000_000,
    "status_code": "OK",
    "status_message": "",
    "attributes": {"mlflow.traceRequestId": '"tr-old"', "mlflow.spanType": '"CHAIN"', "mlflow.spanInputs": '{"q": "what?"}'},
    "events": [],
}
folder = os.path.join(artifacts, "7", "traces", "tr-old", "artifacts")
os.makedirs(folder)
with open(os.path.join(folder, "traces.json"), "w", encoding="utf-8") as file:
    json.dump({"spans": [span], "request": None, "response": None}, file)
print(json.dumps({"run": run}))
