import { vi } from 'vitest'
import { freshDatabase } from './fresh-database.ts'

// Test files share a workerd. Each begins with fresh modules and a migrated, empty database.
vi.resetModules()
await freshDatabase()
