/**
 * onnxruntime 1.30 writes a device number to the cache folder of the user and reports uses of itself over the network unless
 * this is set when its native library is loaded. Only the main thread's environment reaches native code, so
 * this is imported there, before any thread loads the library. Whoever wants the reports sets it to 0.
 */
process.env['ORT_DISABLE_TELEMETRY'] ??= '1'
