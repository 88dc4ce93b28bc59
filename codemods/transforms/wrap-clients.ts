/** Puts a client behind rethread where it is made: `new OpenAI(…)` becomes `withAssistants(new OpenAI(…))`. */
import { ts } from 'ts-morph';
import { isTestFile } from '../detect/test-files.ts';
import { isSdkModule } from '../flow/sdk-module.ts';
import type { Tracer } from '../flow/values.ts';
import { bare, propertyName } from '../source/parse.ts';
import type { Source } from '../source/sources.ts';
import type { Outcome } from './outcome.ts';

const LOCAL = /^https?:\/\/(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?=[:/…]|$)/;

/** Why a client that reaches Assistants calls is left as it is, or nothing if it is to be wrapped. */
export function reasonToLeave(
  tracer: Tracer,
  source: Source,
  client: ts.NewExpression,
  root: string,
): Outcome['remark'] | undefined {
  const at = client.getStart(source.ast);
  if (isInBrowser(tracer, source, client)) {
    return {
      at,
      code: 'client-in-browser',
      severity: 'action',
      message: 'This client runs in the browser, and the store that holds threads needs a server.',
      help: 'Run `npx rethread serve` and give this client its address: `baseURL: "https://your-gateway/v1"`. The key then stays on the server, too.',
    };
  }
  if (isTestFile(source, root)) {
    return {
      at,
      code: 'client-in-test',
      severity: 'action',
      message: 'A test makes a client of its own, which was left as it is.',
      help: 'If the test talks to the API, wrap it: `withAssistants(new OpenAI(…), { store: "memory:" })`. If it mocks HTTP, nothing is to be done.',
    };
  }
  const server = localServer(tracer, client);
  if (server !== undefined) {
    return {
      at,
      code: 'client-of-local-server',
      severity: 'action',
      message: `This client talks to a server on its own machine (\`${server}\`) and not to OpenAI, so it was left as it is.`,
      help: 'If that server has the Assistants API itself, nothing is to be done. If it only passes requests on to OpenAI, wrap the client: `withAssistants(new OpenAI(…))`.',
    };
  }
  return undefined;
}

function isInBrowser(tracer: Tracer, source: Source, client: ts.NewExpression): boolean {
  if (hasUseClient(source)) return true;
  return optionOf(tracer, client, 'dangerouslyAllowBrowser').some(
    (value) => value.kind !== ts.SyntaxKind.FalseKeyword,
  );
}

/** What a client may be given as an option, as far as the options are written out. */
function optionOf(tracer: Tracer, client: ts.NewExpression, name: string): ts.Expression[] {
  const [options] = client.arguments ?? [];
  if (!options) return [];
  return tracer
    .trace(options)
    .flatMap((value) =>
      value.kind === 'object'
        ? value.node.properties.flatMap((property) =>
            propertyName(property.name) === name && ts.isPropertyAssignment(property)
              ? [property.initializer]
              : [],
          )
        : [],
    );
}

/** The `baseURL` of a client that always leads to its own machine. */
function localServer(tracer: Tracer, client: ts.NewExpression): string | undefined {
  const urls = optionOf(tracer, client, 'baseURL').flatMap((given) => {
    const value = bare(given);
    if (ts.isTemplateExpression(value)) return [`${value.head.text}…`];
    return tracer
      .trace(value)
      .map((each) =>
        each.kind === 'literal' && ts.isStringLiteralLike(each.node) ? each.node.text : undefined,
      );
  });
  const [first] = urls;
  return urls.every((url) => url !== undefined && LOCAL.test(url)) ? first : undefined;
}

function hasUseClient(source: Source): boolean {
  const [first] = source.ast.statements;
  return (
    first !== undefined &&
    ts.isExpressionStatement(first) &&
    ts.isStringLiteral(first.expression) &&
    first.expression.text === 'use client'
  );
}

/** How the file has to import rethread: by URL specifier where the SDK comes that way. */
export function rethreadSpecifier(tracer: Tracer, client: ts.NewExpression, version: string): string {
  // A bare name in the file itself is mapped by package.json or an import map, whatever it is mapped to.
  if (tracer.sources.of(client).index.specifiers.some((each) => /^openai(?:\/|$)/.test(each)))
    return 'rethread';
  const byUrl = tracer
    .trace(client.expression)
    .some(
      (value) =>
        value.kind === 'external' &&
        isSdkModule(value.specifier) &&
        /^(?:https?:|npm:|jsr:)/.test(value.specifier),
    );
  return byUrl ? `npm:rethread@^${version}` : 'rethread';
}
