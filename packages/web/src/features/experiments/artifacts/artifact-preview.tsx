import type { GraphPreview, TablePreview } from '@kaizen/contracts'
import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { formatBytes, formatCount } from '../../../shared/format/number.ts'
import { layoutGraph, nodeHeight, nodeWidth } from '../../../shared/graph/layout.ts'
import { Loaded, Skeleton } from '../../../shared/ui/state.tsx'
import { Table } from '../../../shared/ui/table.tsx'
import type { TableColumn } from '../../../shared/ui/table-model.ts'
import { artifactPreviewQuery } from '../api.ts'
import { type ModelNode, modelNodes } from './model-graph.ts'
import '../../../shared/graph/graph.css'

/** A file that the server looks into for the reader. */
export function ArtifactPreview({
  runId,
  path,
}: {
  readonly runId: string
  readonly path: string
}) {
  const query = useQuery(artifactPreviewQuery(runId, path))
  return (
    <div className="viewer">
      <Loaded query={query} skeleton={<Skeleton height={160} />}>
        {(preview) =>
          preview.kind === 'table' ? (
            <Rows path={path} preview={preview} />
          ) : (
            <Model path={path} preview={preview} />
          )
        }
      </Loaded>
    </div>
  )
}

type Row = TablePreview['rows'][number]

function Rows({ path, preview }: { readonly path: string; readonly preview: TablePreview }) {
  const columns = preview.columns.map(({ name, type }, index): TableColumn<Row> => {
    const number = type === 'number' || type === 'integer'
    const text = (row: Row) => {
      const value = row[index]
      return value === null || value === undefined ? null : String(value)
    }
    return {
      id: String(index),
      header: name,
      minWidth: type === 'timestamp' ? 200 : 110,
      ...(number && { align: 'end' as const }),
      cell: (row) => <span title={text(row) ?? 'missing'}>{text(row) ?? '–'}</span>,
      text,
    }
  })
  const { rows, rowCount, columnCount } = preview
  const places = new Map(rows.map((row, place) => [row, String(place)]))
  return (
    <>
      <p className="faint small section-body">
        {formatCount(rowCount)} rows × {formatCount(columnCount)} columns,{' '}
        {formatBytes(preview.sizeBytes)}; the first {formatCount(rows.length)} rows
        {preview.columns.length < columnCount &&
          ` of the first ${formatCount(preview.columns.length)} columns`}
        .
      </p>
      <Table
        label={path}
        columns={columns}
        rows={rows}
        rowKey={(row) => places.get(row) ?? ''}
        height={360}
      />
    </>
  )
}

function Model({ path, preview }: { readonly path: string; readonly preview: GraphPreview }) {
  const [chosen, setChosen] = useState<string>()
  const nodes = useMemo(() => modelNodes(preview), [preview])
  const layout = useMemo(() => layoutGraph([...nodes.values()]), [nodes])
  const node = chosen === undefined ? undefined : nodes.get(chosen)
  const { nodeCount, constants } = preview
  return (
    <>
      <p className="faint small section-body">
        Operators: {formatCount(nodeCount)}; constants: {formatCount(constants.count)} of{' '}
        {formatBytes(constants.sizeBytes)}; made by {preview.producer || 'an unnamed program'} for{' '}
        {preview.operatorSets
          .map(({ domain, version }) => `${domain || 'ai.onnx'} ${version}`)
          .join(', ')}
        .
        {preview.nodes.length < nodeCount &&
          ` The first ${formatCount(preview.nodes.length)} operators are drawn.`}
      </p>
      <section className="graph" aria-label={`Graph of ${path}`}>
        <div className="graph-space" style={{ width: layout.width, height: layout.height }}>
          <svg width={layout.width} height={layout.height} aria-hidden="true">
            {layout.edges.map((edge) => (
              <path key={`${edge.from} ${edge.to}`} className="graph-edge" d={edge.path} />
            ))}
          </svg>
          {layout.nodes.map(({ id, x, y }) => {
            const node = nodes.get(id)
            return (
              node && (
                <button
                  key={id}
                  type="button"
                  className="graph-node"
                  aria-pressed={id === chosen}
                  data-side={node.side}
                  style={{ left: x, top: y, width: nodeWidth, height: nodeHeight }}
                  onClick={() => setChosen(id === chosen ? undefined : id)}
                >
                  <span className="graph-words">
                    <b>{node.title}</b>
                    <span className="small">{node.detail}</span>
                  </span>
                </button>
              )
            )
          })}
        </div>
      </section>
      {node && <NodeFacts node={node} />}
    </>
  )
}

function NodeFacts({ node }: { readonly node: ModelNode }) {
  const facts: readonly (readonly [string, string])[] = [
    ['name', node.name || '–'],
    ['takes', node.inputs.join(', ') || '–'],
    ['gives', node.outputs.join(', ') || '–'],
  ]
  return (
    <dl className="viewer-facts" aria-label={node.title}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt className="faint">{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
