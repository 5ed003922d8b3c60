import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { lightContracts } from './build/light-contracts.ts'

/** `vite` serves the sources and passes API calls on to the server named here. */
const server = process.env.KAIZEN_SERVER ?? 'http://127.0.0.1:7420'

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), lightContracts()],
  // Nothing is inlined: the content security policy allows files of this origin only.
  build: { outDir: 'dist', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: {
    proxy: Object.fromEntries(
      ['/api', '/ajax-api', '/v2'].map((path) => [path, { target: server }]),
    ),
  },
})
