"""River's detectors over the streams on standard input: rows of alarms, as JSON."""

import json
import sys
from importlib import metadata

from river import drift

DETECTORS = {
    "adwin": ("values", drift.ADWIN),
    "page-hinkley": ("values", drift.PageHinkley),
    "kswin": ("values", lambda: drift.KSWIN(seed=1)),
    "ddm": ("errors", drift.binary.DDM),
    "eddm": ("errors", drift.binary.EDDM),
    "hddm-a": ("errors", drift.binary.HDDMA),
    "hddm-w": ("errors", drift.binary.HDDMW),
}
streams = json.load(sys.stdin)
alarms = {}
for name, (on, make) in DETECTORS.items():
    alarms[name] = []
    for stream in streams:
        detector, found = make(), []
        for i, x in enumerate(stream[on]):
            detector.update(x)
            if detector.drift_detected:
                found.append(i)
        alarms[name].append(found)
print(json.dumps({"version": metadata.version("river"), "alarms": alarms}))
