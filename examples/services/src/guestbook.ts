import { Redis } from 'ioredis'
import postgres from 'postgres'

/** Names in PostgreSQL, and how many there are in Redis. Both at their standard ports on this machine. */
export async function openGuestbook() {
  const sql = postgres({ host: 'localhost', username: 'postgres', database: 'postgres', onnotice: () => {} })
  const redis = new Redis()
  await sql`create table if not exists guests (name text primary key)`
  return {
    async sign(name: string): Promise<number> {
      await sql`insert into guests ${sql({ name })}`
      return redis.incr('guests')
    },
    async names(): Promise<string[]> {
      const rows = await sql`select name from guests order by name`
      return rows.map((row) => String(row.name))
    },
    async close(): Promise<void> {
      redis.disconnect()
      await sql.end()
    },
  }
}
