/**
 * Sends raw HTTP calls to rethread. A lone `fetch` is answered in process (`createAssistants().fetch`); everything else
 * goes to a gateway, whose address is an environment variable or was given on the command line.
 */
import { ts } from 'ts-morph';
import type { RawUse, Vendor } from '../detect/raw-http.ts';
import { isRethread } from '../flow/calls.ts';
import { lookup, lookupName } from '../flow/scope.ts';
import type { Tracer } from '../flow/values.ts';
import type { Package } from '../project/packages.ts';
import type { Edit, Rewrite } from '../source/edits.ts';
import { bare } from '../source/parse.ts';
import type { Source } from '../source/sources.ts';
import { styleOf } from '../source/style.ts';
import { declareAtTop, type ImportRequest, importRethread } from './import-rethread.ts';
import type { Remark } from './outcome.ts';

/** Where `rethread serve` listens unless told otherwise, by the path that each vendor's API begins with. */
const GATEWAY: Record<Vendor, { variable: string; address: string }> = {
  openai: { variable: 'RETHREAD_BASE_URL', address: 'http://127.0.0.1:4010/v1' },
  dashscope: { variable: 'RETHREAD_DASHSCOPE_URL', address: 'http://127.0.0.1:4010/api/v1' },
};

type Routable = RawUse & { kind: 'url' | 'base' };

/** The `fetch(url, …)` that a URL literal is the first argument of, if it is the platform's own `fetch`. */
export function plainFetch(use: Routable): ts.CallExpression | undefined {
  const call = use.node.parent;
  if (use.kind !== 'url' || !ts.isCallExpression(call) || call.arguments[0] !== use.node) return undefined;
  const callee = bare(call.expression);
  const isGlobal =
    (ts.isIdentifier(callee) && callee.text === 'fetch' && !lookup(callee)) ||
    (ts.isPropertyAccessExpression(callee) && callee.getText() === 'globalThis.fetch');
  return isGlobal ? call : undefined;
}

/** `rethread.fetch(new Request(url, …))`: what this transform has left behind. */
export function isRouted(tracer: Tracer, use: Routable): boolean {
  const request = use.node.parent;
  if (!ts.isNewExpression(request) || !ts.isCallExpression(request.parent)) return false;
  const callee = bare(request.parent.expression);
  if (!ts.isPropertyAccessExpression(callee)) return false;
  return tracer
    .trace(callee.expression)
    .some((value) => value.kind === 'external' && isRethread(value.specifier));
}

/** Answers the `fetch` calls of one file in process. */
export function routeInProcess(
  source: Source,
  calls: readonly ts.CallExpression[],
  request: Omit<ImportRequest, 'name' | 'users'>,
): Rewrite[] {
  const imported = importRethread(source, { ...request, name: 'createAssistants', users: calls });
  const { eol, semicolon } = styleOf(source);
  const taken = calls.some((call) => lookupName('rethread', call) !== undefined);
  const name = taken ? 'rethreadAssistants' : 'rethread';
  const made = declareAtTop(
    source,
    `${eol}const ${name} = ${imported.local}()${semicolon}`,
    request.packageType,
    calls,
  );
  return calls.map((call, index) => {
    const start = call.getStart(source.ast);
    const open = source.text.indexOf('(', call.expression.end) + 1;
    const edits: Edit[] = [
      ...(index === 0 ? [...imported.edits, made] : []),
      { start, end: call.expression.end, text: `${name}.fetch` },
      { start: open, end: open, text: 'new Request(' },
      { start: call.end - 1, end: call.end - 1, text: ')' },
    ];
    return {
      kind: 'raw-http',
      at: start,
      message: 'this request is answered by rethread, in process',
      edits,
    };
  });
}

/** Sends the calls of one file to the gateway. */
export function routeToGateway(
  source: Source,
  uses: readonly Routable[],
  gateway: string | undefined,
): Rewrite[] {
  const rewrites: Rewrite[] = [];
  const declared = new Set<Vendor>();
  const nodes = new Set<ts.Node>();
  for (const use of uses) {
    if (nodes.has(use.node)) continue;
    nodes.add(use.node);
    const at = use.node.getStart(source.ast);
    const address = gateway === undefined ? undefined : gatewayFor(gateway, use.vendor);
    const message = `this URL leads to the rethread gateway${address === undefined ? ` (\`${GATEWAY[use.vendor].variable}\`)` : ''}`;
    if (address !== undefined) {
      rewrites.push({
        kind: 'raw-http',
        at,
        message,
        edits: [{ start: at + 1, end: at + 1 + use.base.length, text: address }],
      });
    } else if (use.kind === 'base') {
      rewrites.push({ kind: 'raw-http', at, message, edits: [replaceBase(source, use)] });
    } else {
      const name = constantName(use);
      const edits = [asTemplate(source, use, name)];
      if (!declared.has(use.vendor)) {
        const users = uses.filter(({ kind, vendor }) => kind === 'url' && vendor === use.vendor);
        edits.push(declaration(source, use.vendor, users, name));
      }
      declared.add(use.vendor);
      rewrites.push({ kind: 'raw-http', at, message, edits });
    }
  }
  return rewrites;
}

/** The address given on the command line is that of the OpenAI dialect; DashScope's begins with `/api/v1`. */
function gatewayFor(gateway: string, vendor: Vendor): string {
  const plain = gateway.replace(/\/+$/, '');
  return vendor === 'openai' ? plain : plain.replace(/(?:\/api)?\/v1$/, '/api/v1');
}

/** `'https://api.openai.com/v1'` → `process.env.RETHREAD_BASE_URL ?? 'http://127.0.0.1:4010/v1'`. */
function replaceBase(source: Source, use: RawUse & { kind: 'base' }): Edit {
  const start = use.node.getStart(source.ast);
  const quote = source.text.charAt(start) === '`' ? "'" : source.text.charAt(start);
  const tail = use.node.text.slice(use.base.length);
  let text = environment(source, use.vendor, quote);
  if (tail !== '') text = `\`\${${text}}${tail}\``;
  else if (ts.isBinaryExpression(use.node.parent)) text = `(${text})`;
  return { start, end: use.node.end, text };
}

/** `'https://api.openai.com/v1/threads'` → `` `${RETHREAD_BASE_URL}/threads` ``. */
function asTemplate(source: Source, use: RawUse & { kind: 'url' }, name: string): Edit {
  const start = use.node.getStart(source.ast);
  const rest = source.text.slice(start + 1 + use.base.length, use.node.end - 1);
  // In a template the rest is template text already; from a plain string, what templates treat specially is escaped.
  const isTemplate = source.text.charAt(start) === '`';
  const escaped = isTemplate ? rest : rest.replace(/`|\$\{/g, (special) => `\\${special}`);
  return { start, end: use.node.end, text: `\`\${${name}}${escaped}\`` };
}

function constantName(use: Routable): string {
  const name = GATEWAY[use.vendor].variable;
  const binding = lookupName(name, use.node);
  return binding && !ts.isSourceFile(binding.scope) ? `${name}_` : name;
}

function declaration(source: Source, vendor: Vendor, users: readonly Routable[], name: string): Edit {
  const { eol, semicolon, quote } = styleOf(source);
  return declareAtTop(
    source,
    `${eol}const ${name} = ${environment(source, vendor, quote)}${semicolon}`,
    undefined,
    users.map(({ node }) => node),
  );
}

function environment(source: Source, vendor: Vendor, quote: string): string {
  const { variable, address } = GATEWAY[vendor];
  const isDeno = /\bDeno\.|from\s+['"](?:npm:|jsr:|https:\/\/)/.test(source.text);
  const read = isDeno ? `Deno.env.get(${quote}${variable}${quote})` : `process.env.${variable}`;
  return `${read} ?? ${quote}${address}${quote}`;
}

/** Packages that say "browser", and packages that say "server after all". */
const BROWSER = [
  'vite',
  'react-dom',
  'vue',
  'svelte',
  '@angular/core',
  '@tauri-apps/api',
  'react-scripts',
  'lit',
  'parcel',
];
const SERVER =
  /^(?:express|fastify|koa|hono|next|nuxt|astro|h3|nitropack|@nestjs\/core|@remix-run\/.*|@sveltejs\/kit|firebase-functions|@azure\/functions|@hono\/.*|elysia|discord\.js|telegraf)$/;

/** True for code that runs in a browser, where there is neither `process.env` nor a store. */
export function runsInBrowser(source: Source, owner: Package | undefined): boolean {
  if (/^\s*['"]use client['"]/.test(source.text)) return true;
  if (/from\s+['"]@(?:angular\/core|tauri-apps\/api)/.test(source.text)) return true;
  const dependencies = Object.keys({ ...owner?.json.dependencies, ...owner?.json.devDependencies });
  const hasServer = dependencies.some((name) => SERVER.test(name));
  if (!hasServer && dependencies.some((name) => BROWSER.includes(name))) return true;
  const isServer = /\/api\/|\broute\.[jt]sx?$|\.server\.|\/server\//.test(source.path);
  return (
    !isServer && (/\.[jt]sx$/.test(source.path) || /\b(?:window|document|localStorage)\.\w/.test(source.text))
  );
}

export function rawRemark(use: RawUse, why: string): Remark {
  return {
    source: use.source,
    at: use.node.getStart(use.source.ast),
    code: 'raw-http',
    severity: 'action',
    message: `An HTTP call of the Assistants API was left as it is: ${why}.`,
    help: 'Run `npx rethread serve` and send it there: the gateway answers `/v1/assistants` and `/v1/threads` (DashScope: `/api/v1/…`) and passes everything else on.',
  };
}
