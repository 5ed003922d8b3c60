/** Most characters that a manifest holds of how code differs from its commit. Imports nothing: processes of steps load it. */
export const largestCodeDiff = 262_144
