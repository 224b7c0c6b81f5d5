import { resolve } from 'node:path'
import type { VolumeMount } from '../runtime/spec.ts'
import type { PodOptionsPatch } from './options.ts'

type ParsedVolume = NonNullable<PodOptionsPatch['volumes']>[number]

/** A volume with an absolute host path. */
export function volumeMount(
  { mountPath, hostPath, readOnly = false }: ParsedVolume,
  { projectRoot }: { readonly projectRoot: string },
): VolumeMount {
  return { mountPath, hostPath: hostPath === undefined ? undefined : resolve(projectRoot, hostPath), readOnly }
}
