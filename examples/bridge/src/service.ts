import { createServer } from 'node:http'
import { setTimeout } from 'node:timers/promises'

const PORT = 8080

/** Starts a service that answers every request with its name, and waits until it has been asked once. */
export async function serve(name: string): Promise<{ asked: Promise<void> }> {
  const server = createServer((_request, response) => response.end(name))
  const asked = new Promise<void>((resolve) => {
    server.once('request', (_request, response) => response.once('close', resolve))
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(PORT, resolve))
  return { asked }
}

/** Asks the service of another container, which may not have begun yet. */
export async function ask(host: string): Promise<string> {
  for (;;) {
    try {
      const response = await fetch(`http://${host}:${PORT}/`)
      return await response.text()
    } catch {
      await setTimeout(50)
    }
  }
}
