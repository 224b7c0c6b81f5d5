import './augmentation.ts'

export type {
  NetworkConditionOptions,
  NetworkOptions,
  PodOptions,
  PodOverride,
  ReportOptions,
  ResourceOptions,
  SecurityContext,
  Volume,
} from './options.ts'
export { mydocker } from './plugin.ts'
