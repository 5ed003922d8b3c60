"""What the scripts with flows share: the client, how a flow is told, and how all of a script run.

A script prints one line per flow, "ok NAME", "skip NAME: reason" or "FAILED NAME", and ends with exit code 1 if a flow
failed.
"""

import os
import sys
import traceback

os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
os.environ.setdefault("MLFLOW_ENABLE_ASYNC_LOGGING", "false")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")

import mlflow  # noqa: E402
from mlflow import MlflowClient  # noqa: E402
from mlflow.exceptions import MlflowException  # noqa: E402

URL = sys.argv[1]
MAJOR = int(mlflow.__version__.split(".")[0])
mlflow.set_tracking_uri(URL)
mlflow.set_registry_uri(URL)
client = MlflowClient(URL)
FLOWS = []


class Skip(Exception):
    pass


def flow(function):
    FLOWS.append(function)
    return function


def refused(call, code):
    try:
        call()
    except MlflowException as error:
        assert error.error_code == code, f"{error.error_code}: {error}"
        return str(error)
    raise AssertionError(f"expected {code}")


def run_all():
    failed = False
    for function in FLOWS:
        try:
            function()
            print(f"ok {function.__name__}", flush=True)
        except Skip as reason:
            print(f"skip {function.__name__}: {reason}", flush=True)
        except Exception:
            failed = True
            print(f"FAILED {function.__name__}", flush=True)
            traceback.print_exc()
    print(f"mlflow {mlflow.__version__}", flush=True)
    sys.exit(1 if failed else 0)
