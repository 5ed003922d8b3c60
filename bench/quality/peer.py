"""Great Expectations on pandas: reads a request per line, answers a line of JSON."""

import json
import sys
import time
import warnings

warnings.filterwarnings("ignore")

import great_expectations as gx
import pandas as pd


def prepare(request):
    frame = pd.read_parquet(request["path"])
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_pandas("bench")
    batch = (
        source.add_dataframe_asset("rows")
        .add_batch_definition_whole_dataframe("all")
        .get_batch(batch_parameters={"dataframe": frame})
    )
    suite = gx.ExpectationSuite(name="bench", expectations=request["expectations"])
    return batch, suite


def main():
    request = json.loads(sys.stdin.readline())
    batch, suite = prepare(request)
    print(json.dumps({"version": gx.__version__}), flush=True)
    for _ in sys.stdin:
        start = time.process_time()
        result = batch.validate(suite)
        seconds = time.process_time() - start
        met = sum(1 for each in result.results if each.success)
        print(json.dumps({"cpuSeconds": seconds, "met": met}), flush=True)


main()
