/** Ends with 0 when the server of this machine answers that it is ready. */
const port = process.env.PORT ?? 8080
const ready = await fetch(`http://127.0.0.1:${port}/v2/health/ready`, {
  signal: AbortSignal.timeout(2000),
}).then(
  (answer) => answer.ok,
  () => false,
)
process.exit(ready ? 0 : 1)
