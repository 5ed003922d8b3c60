"""A tensor of every datatype, with the values that break servers."""

import numpy as np

VALUES = {
    "BOOL": np.array([[True, False]]),
    "UINT8": np.array([[0, 255]], dtype=np.uint8),
    "UINT16": np.array([[0, 65535]], dtype=np.uint16),
    "UINT32": np.array([[0, 4294967295]], dtype=np.uint32),
    "UINT64": np.array([[0, 18446744073709551615]], dtype=np.uint64),
    "INT8": np.array([[-128, 127]], dtype=np.int8),
    "INT16": np.array([[-32768, 32767]], dtype=np.int16),
    "INT32": np.array([[-2147483648, 2147483647]], dtype=np.int32),
    "INT64": np.array([[-9223372036854775808, 9223372036854775807]], dtype=np.int64),
    "FP16": np.array([[0.5, -65504.0]], dtype=np.float16),
    "FP32": np.array([[0.1, np.nan]], dtype=np.float32),
    "FP64": np.array([[0.1, -np.inf]], dtype=np.float64),
    "BYTES": np.array([["", "été 🚲"]], dtype=np.object_),
}
#: Half floats have no JSON form.
BINARY_ONLY = {"FP16"}


def check_value(name, found):
    expected = VALUES[name]
    if name == "BYTES":
        texts = [[t.decode() if isinstance(t, bytes) else t for t in row] for row in found]
        assert texts == expected.tolist(), (name, texts)
    else:
        assert found.dtype == expected.dtype, (name, found.dtype)
        assert np.array_equal(found, expected, equal_nan=name.startswith("FP")), (name, found)
