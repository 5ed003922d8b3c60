import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { retryOnlyUnavailable } from './app/retry.ts'
import { router } from './app/router.tsx'
import { followAuditLog } from './shared/live/live.ts'
import './shared/ui/tokens.css'
import './shared/ui/base.css'

const queries = new QueryClient({
  defaultOptions: {
    // Live events say what became old; nothing is fetched again only because it was shown before.
    queries: { staleTime: 30_000, gcTime: 300_000, retry: retryOnlyUnavailable, retryDelay: 600 },
  },
})
followAuditLog(queries)

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no element with id "root"')
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
)
