import './augmentation.ts'

export type {
  NetworkOptions,
  PodOptions,
  PodOverride,
  ReportOptions,
  ResourceOptions,
  SecurityContext,
  Volume,
} from './options.ts'
export { mydocker } from './plugin.ts'
