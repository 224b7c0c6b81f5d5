import { isAbsolute, normalize } from 'node:path'
import * as v from 'valibot'
import { show } from '../runtime/show.ts'
import { flag, known, listOf, text } from './option-values.ts'

/** What a pod has of its own at these places cannot be covered by a volume. */
const OWN_PATHS = /^\/(?:dev|proc(?:\/.*)?|sys(?:\/.*)?)?$/

export const mountPath = v.pipe(
  v.custom<string>(
    (input) => typeof input === 'string' && isAbsolute(input),
    (issue) => `${show(issue.input)} is not an absolute path of the container; write '/data'`,
  ),
  v.transform((path) => normalize(path).replace(/(?<=.)\/+$/, '')),
  v.check(
    (path) => !OWN_PATHS.test(path),
    (issue) => `${show(issue.input)} is the container's own; choose another place, such as '/data'`,
  ),
)

const hostPath = v.pipe(
  text('a path of the host', './fixtures'),
  v.check(
    (path) => !path.startsWith('~'),
    (issue) => `${show(issue.input)} is not expanded; use os.homedir()`,
  ),
)

const volume = v.pipe(
  known(
    {
      mountPath,
      hostPath: v.optional(hostPath),
      emptyDir: v.optional(known({}, '{}')),
      readOnly: v.optional(flag),
    },
    "{ mountPath: '/data', hostPath: './fixtures' }",
  ),
  v.check(
    (given) => given.hostPath === undefined || given.emptyDir === undefined,
    'has hostPath and emptyDir; a volume is one or the other',
  ),
  v.check(
    (given) => given.hostPath !== undefined || given.emptyDir !== undefined,
    "has no source; give hostPath: './fixtures', or emptyDir: {} for an empty directory",
  ),
  v.check(
    (given) => given.emptyDir === undefined || given.readOnly !== true,
    'is an empty directory that nobody may write to; leave readOnly out',
  ),
)

/** Kubernetes' volumes and volumeMounts in one list. Whether a source exists depends on the project and is checked apart. */
export const volumes = v.pipe(
  listOf(volume, "[{ mountPath: '/data', hostPath: './fixtures' }]"),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    const paths = dataset.value.map((given) => given.mountPath)
    for (const [index, path] of paths.entries()) {
      const first = paths.indexOf(path)
      if (first === index) continue
      addIssue({
        message: `${show(path)} is the mountPath of volumes[${first}] too`,
        path: [{ type: 'array', origin: 'value', input: dataset.value, key: index, value: dataset.value[index] }],
      })
    }
  }),
)
