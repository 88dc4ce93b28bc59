/** Whether the client of a call can speak Responses, as far as the code tells. */
import { ts } from 'ts-morph';
import type { Site } from '../detect/sites.ts';
import { isClientClass } from '../flow/openai.ts';
import type { Tracer } from '../flow/values.ts';
import { atLeast, type SdkVersion } from '../project/sdk-version.ts';
import { bare, propertyName } from '../source/parse.ts';
import { Stays } from './stays.ts';

/** From here on the SDK has `conversations`, and `responses.create` takes one. */
const HAS_CONVERSATIONS = { major: 5, minor: 16 };

export function checkClient(tracer: Tracer, site: Site, version: SdkVersion | undefined): void {
  if (!version || !atLeast(version, HAS_CONVERSATIONS)) {
    const what = version ? `openai ${version.text}` : 'the version of openai, which nobody knows here,';
    throw new Stays(`${what} may not have \`conversations\`; it takes openai 5.16 or later`);
  }
  if (site.clients.length + site.wrapped.length === 0) throw new Stays('its client was not found');
  for (const { node, subclass } of site.clients) {
    if (subclass) throw new Stays('its client is of a class of its own');
    checkMade(tracer, node);
  }
  for (const { node } of site.wrapped) {
    const [made] = node.arguments;
    if (node.arguments.length !== 1 || !made)
      throw new Stays("its client has options of rethread's own, which Responses would not know");
    const inner = bare(made);
    if (!ts.isNewExpression(inner) || !tracer.trace(inner.expression).every(isClientClass))
      throw new Stays('its client is not made where it is wrapped');
    checkMade(tracer, inner);
  }
}

function checkMade(tracer: Tracer, client: ts.NewExpression): void {
  const azure = tracer
    .trace(client.expression)
    .some((value) => value.kind === 'external' && value.path.includes('AzureOpenAI'));
  if (azure) throw new Stays('its client is one of Azure, whose Responses API is not the same everywhere');
  const [options] = client.arguments ?? [];
  if (!options) return;
  for (const value of tracer.trace(options)) {
    const known =
      value.kind === 'object' &&
      value.node.properties.every(
        (each) => !ts.isSpreadAssignment(each) && propertyName(each.name) !== undefined,
      );
    if (!known) throw new Stays("its client's options are not in sight");
    if (value.node.properties.some((each) => propertyName(each.name) === 'baseURL'))
      throw new Stays('its client has an address of its own, and nobody knows whether it has conversations');
  }
}
