/** The plugins of the configuration as tools. */
import type { Tool } from './define.ts';
import { httpPlugin } from './plugin-http.ts';
import { mcpPlugin } from './plugin-mcp.ts';
import { openapiPlugin } from './plugin-openapi.ts';
import type { PluginOptions } from './plugin-options.ts';

/** @throws TypeError for a schema that cannot be read */
export function pluginTools(plugins: Record<string, PluginOptions>): Tool[] {
  return Object.entries(plugins).map(([id, options]) => {
    if (options.http) return httpPlugin(id, options, options.http);
    if (options.openapi) return openapiPlugin(id, options, options.openapi);
    return mcpPlugin(id, options, options.mcp as NonNullable<PluginOptions['mcp']>);
  });
}
