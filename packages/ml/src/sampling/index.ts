export {
  type PairedBootstrap,
  type PairedBootstrapOptions,
  pairedBootstrap,
} from './paired-bootstrap.ts'
