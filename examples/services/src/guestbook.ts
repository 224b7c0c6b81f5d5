import { createClient } from '@redis/client'
import postgres from 'postgres'

/** Names in PostgreSQL, and how many there are in Redis. Both at their standard ports on this machine. */
export async function openGuestbook() {
  const sql = postgres({ host: 'localhost', username: 'postgres', database: 'postgres', onnotice: () => {} })
  const cache = createClient()
  await cache.connect()
  await sql`create table if not exists guests (name text primary key)`
  return {
    async sign(name: string): Promise<number> {
      await sql`insert into guests ${sql({ name })}`
      return cache.incr('guests')
    },
    async names(): Promise<string[]> {
      const rows = await sql`select name from guests order by name`
      return rows.map((row) => String(row.name))
    },
    async close(): Promise<void> {
      cache.destroy()
      await sql.end()
    },
  }
}
