export { GraphBuilder, type ValueName } from './graph-builder.ts'
export {
  encodeModel,
  type Graph,
  type GraphNode,
  type GraphValue,
  type Tensor,
} from './messages.ts'
