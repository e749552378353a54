import type { Database } from '../core/config.ts'

/** The header that carries a D1 bookmark, in both directions. */
const HEADER = 'x-d1-bookmark'

/** The form of D1's bookmarks. Anything else is not passed on: D1 would take it for a position to wait for. */
const BOOKMARK = /^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{32}$/

/** A D1 session for one request, and a way to tell the client where it ended. */
export interface Session {
  readonly db: Database
  readonly mark: (response: Response) => Response
}

/**
 * Opens the D1 session of a request. With the bookmark of an earlier answer, a read may go to any replica that has
 * come that far; without one, as with every client that does not know of it, to the primary. Either way a read sees
 * every write that the client was answered, with read replication on too.
 */
export function openSession(d1: D1Database, headers: Headers): Session {
  const bookmark = headers.get(HEADER) ?? ''
  const db = d1.withSession(BOOKMARK.test(bookmark) ? bookmark : 'first-primary')
  return {
    db,
    mark: (response) => {
      const reached = db.getBookmark()
      // Whoever was not let in learns nothing of the database, not even that it moved.
      const letIn = response.status !== 401 && response.status !== 403
      if (reached !== null && letIn) response.headers.set(HEADER, reached)
      return response
    },
  }
}
