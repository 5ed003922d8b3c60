import type { LoopStage, LoopView } from '@kaizen/contracts'
import { type CSSProperties, useEffect, useState } from 'react'
import { formatPlain } from '../../shared/format/number.ts'
import { formatAge } from '../../shared/format/time.ts'
import { useLive } from '../../shared/live/live.ts'
import { iconPath } from '../../shared/ui/icon.tsx'
import { Link } from '../../shared/ui/link.tsx'
import { lookOf, Status, Tag } from '../../shared/ui/status.tsx'
import { useWidth } from '../../shared/ui/use-width.ts'
import { ageWords, rolloutWords, stageHref, stageLook, stageOfEvent } from './prepare.ts'
import { isCompact, nodeRadius, type RingNode, type RingShape, ringShape } from './ring-shape.ts'
import './ring.css'

interface Props {
  readonly loop: LoopView
  /** How old the newest event may be to move the ring; in the server's time. */
  readonly now: number
}

/** A loop as a ring of its stages: state, headline number and age of each; the centre tells of the one looked at. */
export function Ring({ loop, now }: Props) {
  const [box, width] = useWidth<HTMLDivElement>()
  const [looked, setLooked] = useState<number | null>(null)
  const moved = useMovedStage()
  const shape = width > 0 ? ringShape(width, loop.stages.length) : null
  const stage = looked === null ? undefined : loop.stages[looked]
  return (
    <div className="ring" ref={box} style={{ minHeight: shape?.height ?? 470 }}>
      {shape && (
        <>
          <svg width={shape.width} height={shape.height} aria-hidden="true">
            {shape.nodes.map((node, index) => (
              <Arc
                key={loop.stages[index]?.stage}
                node={node}
                stage={loop.stages[index] as LoopStage}
                moved={moved.stage === loop.stages[index]?.stage ? moved.count : null}
              />
            ))}
          </svg>
          <ul className="ring-stages" aria-label={`Stages of ${loop.policy}`}>
            {loop.stages.map((one, index) => (
              <Stage
                key={one.stage}
                loop={loop}
                stage={one}
                node={shape.nodes[index] as RingNode}
                compact={isCompact(shape)}
                now={now}
                onLook={(on) => setLooked(on ? index : null)}
              />
            ))}
          </ul>
          <Centre shape={shape} loop={loop} stage={stage} now={now} />
        </>
      )}
    </div>
  )
}

function Arc(props: {
  readonly node: RingNode
  readonly stage: LoopStage
  readonly moved: number | null
}) {
  const { node, stage, moved } = props
  return (
    <g className={`tone-${lookOf(stage.state).tone}`}>
      <path className="ring-arc" d={node.arc} />
      {stage.state === 'busy' && <path className="ring-flow" d={node.arc} />}
      {moved !== null && <path key={moved} className="ring-comet" d={node.arc} pathLength={100} />}
      {moved !== null && (
        <circle key={`r${moved}`} className="ring-ripple" cx={node.x} cy={node.y} r={nodeRadius} />
      )}
    </g>
  )
}

function Stage(props: {
  readonly loop: LoopView
  readonly stage: LoopStage
  readonly node: RingNode
  readonly compact: boolean
  readonly now: number
  readonly onLook: (on: boolean) => void
}) {
  const { loop, stage, node, now } = props
  const look = stageLook[stage.stage]
  const { tone, icon } = lookOf(stage.state)
  const place: CSSProperties = { left: node.x, top: node.y }
  const label: CSSProperties = { left: node.label.x - node.x, top: node.label.y - node.y }
  return (
    <li className={`ring-stage tone-${tone}`} data-state={stage.state} style={place}>
      <Link
        href={stageHref(loop, stage)}
        onPointerEnter={() => props.onLook(true)}
        onPointerLeave={() => props.onLook(false)}
        onFocus={() => props.onLook(true)}
        onBlur={() => props.onLook(false)}
      >
        <span className="ring-node">
          <svg width="18" height="18" viewBox="0 0 16 16" aria-hidden="true">
            <path d={iconPath(look.icon)} />
          </svg>
          <span className="ring-badge">
            <svg width="9" height="9" viewBox="0 0 16 16" aria-hidden="true">
              <path d={iconPath(icon)} />
            </svg>
          </span>
        </span>
        <span className="visually-hidden">
          {look.label}, {stage.state}: {stage.headline}
        </span>
        {!props.compact && (
          <span className="ring-label" data-anchor={node.label.anchor} style={label}>
            <span className="ring-name">{look.label}</span>
            <span className="ring-value">
              {stage.value === null ? '–' : formatPlain(stage.value, 4)}
              {stage.unit && <small>{stage.unit}</small>}
            </span>
            <span className="ring-age">{ageWords(stage, now)}</span>
          </span>
        )}
      </Link>
    </li>
  )
}

function Centre(props: {
  readonly shape: RingShape
  readonly loop: LoopView
  readonly stage: LoopStage | undefined
  readonly now: number
}) {
  const { shape, loop, stage, now } = props
  const style = { width: Math.max(150, shape.radius.x * 2 - 90), top: shape.centre.y }
  if (stage) {
    return (
      <div className="ring-centre" style={style}>
        <Status state={stage.state} label={`${stageLook[stage.stage].label}: ${stage.state}`} />
        <p className="ring-headline">{stage.headline}</p>
        {stage.last && (
          <p className="soft small">
            {stage.last.text}, {formatAge(stage.last.at, now)}
          </p>
        )}
      </div>
    )
  }
  const rollout = rolloutWords(loop.candidate?.rollout ?? null)
  return (
    <div className="ring-centre" style={style}>
      <p className="ring-title">{loop.policy}</p>
      <p className="soft small">
        {loop.model} → {loop.endpoint}
      </p>
      <p className="ring-tags">
        <Status state={loop.state} />
        {loop.candidate && <Tag>candidate {loop.candidate.number}</Tag>}
      </p>
      {rollout && <p className="soft small">{rollout}</p>}
    </div>
  )
}

/** The stage that the newest event belongs to, counted so that each event moves the ring once. */
function useMovedStage(): { readonly stage: string | null; readonly count: number } {
  const { latest } = useLive()
  const [moved, setMoved] = useState<{ stage: string | null; count: number }>({
    stage: null,
    count: 0,
  })
  useEffect(() => {
    const stage = latest && stageOfEvent(latest.type)
    if (stage) setMoved({ stage, count: latest.seq })
  }, [latest])
  return moved
}
