import type { Database } from '../core/config.ts'
import { countingCalls } from '../core/counting-calls.ts'

/** The header that carries a D1 bookmark, in both directions. */
const HEADER = 'x-d1-bookmark'

/** The form of D1's bookmarks. Nothing else is passed on: D1 would wait for any text as if it were a position. */
const BOOKMARK = /^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{32}$/

/** A D1 session for one request. */
export interface Session {
  readonly db: Database
  /** Adds the bookmark that the session reached to the response. */
  readonly mark: (response: Response) => Response
}

/**
 * Opens the D1 session of a request. With the bookmark of an earlier response, a read may go to any replica that has come that
 * far. Without one, it goes to the primary. Either way, a read sees every write whose response the client has, even with
 * read replication.
 * @param counter counts the round trips
 */
export function openSession(d1: D1Database, headers: Headers, counter: { d1Calls: number }): Session {
  const bookmark = headers.get(HEADER) ?? ''
  const db = d1.withSession(BOOKMARK.test(bookmark) ? bookmark : 'first-primary')
  return {
    db: countingCalls(db, counter),
    mark: (response) => {
      const reached = db.getBookmark()
      // A client that is not let in must not learn that the database changed.
      const letIn = response.status !== 401 && response.status !== 403
      if (reached !== null && letIn) response.headers.set(HEADER, reached)
      return response
    },
  }
}
