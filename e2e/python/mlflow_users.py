"""Users and permissions through the stock client of MLflow's basic-auth application; the first argument is the server."""

import os
import sys
import types

import requests

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

# The client lies beside the server, whose modules ask for Flask and SQLAlchemy. Of these it needs only how paths begin.
for name in ("server", "server.auth"):
    package = types.ModuleType(f"mlflow.{name}")
    package.__path__ = [os.path.join(os.path.dirname(mlflow.__file__), *name.split("."))]
    sys.modules[package.__name__] = package
handlers = types.ModuleType("mlflow.server.handlers")
handlers._add_static_prefix = lambda route: route
handlers._get_rest_path = lambda path, version=2: f"/api/{version}.0{path}"
handlers._get_ajax_path = lambda path, version=2: f"/ajax-api/{version}.0{path}"
sys.modules["mlflow.server.handlers"] = handlers

from mlflow.server.auth.client import AuthServiceClient  # noqa: E402

url, token = sys.argv[1], sys.argv[2]
password = "correct horse battery"


def log_in(username=None):
    for name in ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN"):
        os.environ.pop(name, None)
    if username is None:
        os.environ["MLFLOW_TRACKING_TOKEN"] = token
    else:
        os.environ["MLFLOW_TRACKING_USERNAME"] = username
        os.environ["MLFLOW_TRACKING_PASSWORD"] = password


def refused(call):
    try:
        call()
    except MlflowException as failure:
        assert "PERMISSION_DENIED" in str(failure) or failure.error_code == "PERMISSION_DENIED", failure
        return
    raise AssertionError("the call should have been refused")


mlflow.set_tracking_uri(url)
auth, client = AuthServiceClient(url), MlflowClient(url)

log_in()
ann = auth.create_user("ann", password)
assert (ann.username, ann.is_admin) == ("ann", False)
auth.create_user("bob", password)

log_in("ann")
experiment_id = client.create_experiment("anns")
run = client.create_run(experiment_id)
client.log_param(run.info.run_id, "a", 1)
client.create_registered_model("anns-model")

answer = requests.get(f"{url}/api/2.0/mlflow/users/list", auth=("ann", password))
assert {"ann", "bob"} <= {user["username"] for user in answer.json()["users"]}

log_in("bob")
assert client.get_run(run.info.run_id).data.params == {"a": "1"}
refused(lambda: client.log_param(run.info.run_id, "b", 2))
refused(lambda: client.set_registered_model_tag("anns-model", "k", "v"))
refused(lambda: auth.create_user("tim", password))

log_in("ann")
auth.grant_user_permission("bob", "experiment", experiment_id, "EDIT")
assert auth.get_user_permission("bob", "experiment", experiment_id).permission == "EDIT"
log_in("bob")
client.log_param(run.info.run_id, "b", 2)
log_in("ann")
auth.grant_user_permission("bob", "experiment", experiment_id, "DENY")
log_in("bob")
refused(lambda: client.get_run(run.info.run_id))
assert [found.name for found in client.search_experiments()] == ["Default"]
log_in("ann")
auth.revoke_user_permission("bob", "experiment", experiment_id)
log_in("bob")
client.get_run(run.info.run_id)

log_in()
role = auth.create_role(name="writers", workspace="default", description="may write")
given = auth.add_role_permission(role.id, "registered_model", "*", "EDIT")
auth.assign_role("bob", role.id)
assert [found.name for found in auth.list_user_roles("bob")] == ["writers"]
log_in("bob")
client.set_registered_model_tag("anns-model", "k", "v")
log_in()
auth.update_role_permission(given.id, "READ")
log_in("bob")
refused(lambda: client.set_registered_model_tag("anns-model", "k", "v"))
log_in()
auth.remove_role_permission(given.id)
auth.unassign_role("bob", role.id)
auth.delete_role(role.id)
auth.update_user_admin("bob", True)
assert auth.get_user("bob").is_admin
auth.update_user_password("bob", "another good password")
auth.update_user_admin("ann", True)
auth.delete_user("bob")
log_in("bob")
try:
    client.search_experiments()
    raise AssertionError("a deleted user was let in")
except MlflowException:
    pass
print("all flows passed")
