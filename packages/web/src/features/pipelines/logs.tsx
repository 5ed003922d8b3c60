import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef, useState } from 'react'
import { formatClock } from '../../shared/format/time.ts'
import { FailureState } from '../../shared/ui/state.tsx'
import { useLogs } from './use-logs.ts'
import './logs.css'

const lineHeight = 18

/** Log lines as they are written; only those in view are drawn, the end is followed until one scrolls up. */
export function Logs({
  runId,
  node,
}: {
  readonly runId: string
  readonly node: string | undefined
}) {
  const { lines, complete, error } = useLogs(runId, node)
  const [follow, setFollow] = useState(true)
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => lineHeight,
    overscan: 20,
  })
  useEffect(() => {
    if (follow && lines.length > 0) virtual.scrollToIndex(lines.length - 1, { align: 'end' })
  }, [follow, lines.length, virtual])
  if (error !== null) return <FailureState error={error} />
  const onScroll = () => {
    const box = scroller.current
    if (box) setFollow(box.scrollHeight - box.scrollTop - box.clientHeight < 2 * lineHeight)
  }
  return (
    <div className="logs">
      <p className="logs-state small" role="status">
        {lines.length.toLocaleString('en-GB')} lines · {complete ? 'complete' : 'running'}
        {!follow && (
          <button type="button" className="button small" onClick={() => setFollow(true)}>
            Follow the end
          </button>
        )}
      </p>
      <section
        className="logs-lines mono"
        ref={scroller}
        onScroll={onScroll}
        aria-label="Log"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        tabIndex={0}
      >
        <div className="logs-space" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const line = lines[item.index]
            return (
              line && (
                <div
                  key={line.n}
                  className="log-line"
                  data-stream={line.stream}
                  style={{ top: item.start }}
                >
                  <span className="faint">{formatClock(line.at)}</span>
                  {node === undefined && <span className="log-node">{line.node}</span>}
                  {line.stream === 'stderr' && <span className="log-mark">err</span>}
                  <span>{line.text}</span>
                </div>
              )
            )
          })}
        </div>
        {lines.length === 0 && (
          <p className="faint">{complete ? 'Nothing was printed.' : 'Nothing printed yet.'}</p>
        )}
      </section>
    </div>
  )
}
