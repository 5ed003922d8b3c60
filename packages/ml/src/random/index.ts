export { drawnRows, permutation, type Random, seededRandom } from './random.ts'
