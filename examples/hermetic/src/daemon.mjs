// The shop's server. Nobody stops it: like many a daemon, it outlives the test that started it.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'

const [configFile] = process.argv.slice(2)
createServer((_request, response) => {
  const { name } = JSON.parse(readFileSync(configFile, 'utf8'))
  response.end(`welcome to ${name}`)
}).listen(3000)

// Not for ever though, for those who try this without containers.
setTimeout(() => process.exit(), 60_000)
