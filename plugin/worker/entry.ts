/**
 * The command of a pod that is started cold: a plain Node process with its pod's channel at descriptor 3. A pod that is forked
 * from a zygote does the same, but has loaded Vitest long before (zygote.ts).
 */
import { begin, CHANNEL_FD } from './begin.ts'
import { openChannel } from './channel.ts'
import { prepare } from './prepare.ts'

await begin(openChannel(CHANNEL_FD), ({ distPath }) => prepare(distPath))
