/**
 * rethread: code written for the Assistants API lives on, over the Responses API.
 *
 * @module
 */
export type { AssistantParams } from './assistants/params.ts';
export { type Assistants, createAssistants } from './create-assistants.ts';
export {
  type DeclaredAssistant,
  type LogLevel,
  OptionsError,
  type RethreadOptions,
  type UpstreamAddress,
} from './options.ts';
export type { BusyThread } from './runs/busy.ts';
export { openStore } from './store/open.ts';
export type { Entry, Lease, Store } from './store/store.ts';
export { defineTool, type Tool, type ToolContext, type ToolDefinition } from './tools/define.ts';
export type { PluginOptions } from './tools/plugin-options.ts';
export type { Passage, RetrieveRequest, ToolSettings } from './tools/settings.ts';
export type { Profile } from './upstream/profile.ts';
export type { CustomProfile, ProfileName } from './upstream/profiles.ts';
export { withAssistants } from './with-assistants.ts';
