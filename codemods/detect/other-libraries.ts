/** Assistants code that goes through another library than the SDK: found and told, not rewritten. */
import { ts } from 'ts-morph';
import type { Tracer } from '../flow/values.ts';
import { lastName } from '../source/parse.ts';
import type { Source } from '../source/sources.ts';
import type { Remark } from '../transforms/outcome.ts';

export function findOtherLibraries(tracer: Tracer, source: Source): Remark[] {
  const remarks: Remark[] = [];
  for (const made of [...source.index.news, ...source.index.calls]) {
    const name = lastName(made.expression);
    if (
      ts.isNewExpression(made) &&
      name === 'AssistantsClient' &&
      comesFrom(tracer, made.expression, '@azure/openai-assistants')
    ) {
      remarks.push({
        source,
        at: made.getStart(source.ast),
        code: 'azure-assistants-sdk',
        severity: 'action',
        message:
          '`@azure/openai-assistants` is deprecated and speaks version 1 of the API, in names of its own (`createThread`, `listMessages`).',
        help: 'Use the `openai` package in its place: `withAssistants(new AzureOpenAI({ endpoint, apiKey, apiVersion }))`; `client.createRun(threadId, { assistantId })` becomes `client.beta.threads.runs.create(threadId, { assistant_id })`, and so on.',
      });
    }
    const runnable = chainText(made.expression).includes('OpenAIAssistantRunnable');
    if (runnable && comesFrom(tracer, rootOf(made.expression), 'langchain')) {
      remarks.push({
        source,
        at: made.getStart(source.ast),
        code: 'langchain-assistant',
        severity: 'action',
        message: '`OpenAIAssistantRunnable` makes an OpenAI client of its own.',
        help: 'Hand it one: `new OpenAIAssistantRunnable({ client: withAssistants(new OpenAI()), assistantId })`. For `createAssistant`, create the assistant through that client and give its id.',
      });
    }
  }
  return remarks;
}

function comesFrom(tracer: Tracer, expression: ts.Expression, library: string): boolean {
  return tracer
    .trace(expression)
    .some((value) => value.kind === 'external' && value.specifier.includes(library));
}

function rootOf(expression: ts.Expression): ts.Expression {
  return ts.isPropertyAccessExpression(expression) ? rootOf(expression.expression) : expression;
}

function chainText(expression: ts.Expression): string {
  return ts.isPropertyAccessExpression(expression) || ts.isIdentifier(expression) ? expression.getText() : '';
}
