export { permutation, type Random, seededRandom } from './random.ts'
