/** §3.4 and §3.5: what step deltas carry, and what holds for every streamed object. */
import { type Check, group } from '../check.ts';
import type { Context } from '../context.ts';
import type { EventList } from '../events.ts';
import type { Received } from '../received.ts';
import { op } from './operations.ts';
import * as schema from './schema.ts';
import { codeStream, plainStream, searchStream, toolStream } from './world.ts';

const stepDeltas = (stream: EventList) => stream.all('thread.run.step.delta');
const callOf = (delta: Received) => delta.at('delta.step_details.tool_calls[0]');

const streamsOf = async (t: Context): Promise<EventList[]> => {
  const { first, second } = await toolStream(t);
  return [await plainStream(t), first, second, await codeStream(t)];
};

/** Deltas of one function call, by its index. */
const deltasOfCall = (stream: EventList, index: number) =>
  stepDeltas(stream)
    .map(callOf)
    .filter((call) => call.get('index') === index);

export const stepDeltaChecks: Check[] = group(
  {
    dialect: 'openai',
    area: 'deltas',
    section: '§3.4',
    evidence: ['REC-net', 'REC-oll'],
    operation: op.createRun,
    needs: ['scripted', 'streaming', 'tools'],
  },
  [
    {
      id: 'delta.step.form',
      title:
        'A step delta is {id, object: "thread.run.step.delta", delta: {step_details: {type, tool_calls}}} of the open step.',
      async run(t) {
        const { first } = await toolStream(t);
        const id = first.one('thread.run.step.created').get('id');
        for (const delta of stepDeltas(first))
          delta.fields({ id, object: 'thread.run.step.delta', 'delta.step_details.type': 'tool_calls' });
      },
    },
    {
      id: 'delta.step.no-id-inside',
      section: '§5.3',
      evidence: ['RUN'],
      title: 'There is no key id inside the delta of a step: openai 7.57 refuses it.',
      async run(t) {
        const { first } = await toolStream(t);
        for (const delta of stepDeltas(first)) delta.field('delta.id', undefined);
      },
    },
    {
      id: 'delta.step.index',
      title: 'Tool calls in step deltas have index and type; the second call has index 1.',
      async run(t) {
        const { first } = await toolStream(t);
        for (const delta of stepDeltas(first)) callOf(delta).field('type', 'function').number('index');
        const indexes = new Set(stepDeltas(first).map((delta) => callOf(delta).get('index')));
        if ([...indexes].join() !== '0,1') first.fail('its calls have other indexes', [0, 1], [...indexes]);
      },
    },
    {
      id: 'delta.function.first',
      section: '§3.3(b)',
      title: 'The first delta of a call has id, name, arguments "" and output null.',
      async run(t) {
        const { first, calls } = await toolStream(t);
        for (const [index, id] of calls.entries()) {
          const [call] = deltasOfCall(first, index);
          call?.equals({
            index,
            id,
            type: 'function',
            function: { name: 'get_weather', arguments: '', output: null },
          });
          if (!call) first.fail(`there is no delta of call ${index}`, index);
        }
      },
    },
    {
      id: 'delta.function.id-once',
      evidence: ['RUN', 'REC-net'],
      title: 'id and name come in the first delta of a call only: accumulators put strings together.',
      async run(t) {
        const { first } = await toolStream(t);
        for (const index of [0, 1])
          for (const call of deltasOfCall(first, index).slice(1))
            call.fields({ id: undefined, 'function.name': undefined });
        if (stepDeltas(first).length < 3)
          first.fail('arguments have no deltas of their own', 'several deltas a call');
      },
    },
    {
      id: 'delta.function.adds-up',
      section: '§5.3',
      evidence: ['RUN', 'SDK'],
      title: 'The arguments in the deltas add up exactly to those in required_action.',
      async run(t) {
        const { first, waiting } = await toolStream(t);
        for (const index of [0, 1]) {
          const text = deltasOfCall(first, index)
            .map((call) => call.text('function.arguments'))
            .join('');
          waiting.field(`required_action.submit_tool_outputs.tool_calls[${index}].function.arguments`, text);
        }
      },
    },
    {
      id: 'delta.code.first',
      section: '§3.3(c)',
      evidence: ['REC-oll'],
      needs: ['code_interpreter'],
      title: 'The first delta of code interpreter has id, input "" and outputs [].',
      async run(t) {
        const stream = await codeStream(t);
        const call = callOf(stream.one('thread.run.step.delta'));
        call.fields({ index: 0, type: 'code_interpreter', code_interpreter: { input: '', outputs: [] } });
        call.matches('id', /^call_/);
      },
    },
    {
      id: 'delta.code.adds-up',
      section: '§5.3',
      evidence: ['RUN', 'SDK', 'REC-oll'],
      needs: ['code_interpreter'],
      title: 'The input in the deltas adds up exactly to that of the completed step.',
      async run(t) {
        const stream = await codeStream(t);
        const input = stepDeltas(stream)
          .map((delta) => callOf(delta).get('code_interpreter.input') ?? '')
          .join('');
        stream
          .one('thread.run.step.completed')
          .field('step_details.tool_calls[0].code_interpreter.input', input);
      },
    },
    {
      id: 'delta.code.outputs-once',
      evidence: ['SPEC', 'RUN'],
      needs: ['code_interpreter'],
      title: 'Each output of code comes in one delta at most, with an index of its own.',
      async run(t) {
        const stream = await codeStream(t);
        const outputs = stepDeltas(stream).flatMap((delta) => {
          const call = callOf(delta);
          return call.has('code_interpreter.outputs') ? call.items('code_interpreter.outputs') : [];
        });
        const indexes = outputs.map((output) => output.number('index'));
        if (new Set(indexes).size !== indexes.length)
          stream.fail('an output comes twice', 'each index once', indexes);
        stream
          .one('thread.run.step.completed')
          .field('step_details.tool_calls[0].code_interpreter.outputs', [{ type: 'logs', logs: '42\n' }]);
      },
    },
    {
      id: 'delta.search.form',
      section: '§3.3(d)',
      evidence: ['REC-net'],
      needs: ['files', 'vector_stores', 'file_search'],
      title: 'The delta of a file search has id, ranking_options and results [].',
      async run(t) {
        const { events } = await searchStream(t);
        const call = callOf(events.one('thread.run.step.delta'));
        call.fields({ index: 0, type: 'file_search', 'file_search.results': [] }).matches('id', /^call_/);
        call.text('file_search.ranking_options.ranker');
      },
    },
    {
      id: 'delta.message-step-none',
      evidence: ['REC-net'],
      title: 'A message_creation step has no deltas.',
      run: async (t) => {
        const { second } = await toolStream(t);
        if (stepDeltas(second).length > 0) second.fail('its message step has deltas', 'none');
        second.one('thread.message.completed');
      },
    },
    {
      id: 'delta.usage',
      evidence: ['REC-net'],
      needs: ['code_interpreter'],
      title: 'usage is null on what is created or in progress, and set on completed steps and runs.',
      async run(t) {
        for (const stream of await streamsOf(t)) {
          for (const { event, data } of stream.events) {
            if (/^thread\.run(\.step)?\.(created|queued|in_progress|requires_action)$/.test(event))
              data.field('usage', null);
            if (/^thread\.run(\.step)?\.completed$/.test(event)) data.is(schema.usage, 'usage');
          }
        }
      },
    },
    {
      id: 'delta.whole-objects',
      evidence: ['REC-net'],
      needs: ['code_interpreter'],
      title: 'Every streamed run, step and message is a whole object.',
      async run(t) {
        const forms = {
          'thread.run': schema.run,
          'thread.run.step': schema.step,
          'thread.message': schema.message,
        };
        for (const stream of await streamsOf(t))
          for (const { event, data } of stream.events) {
            const form = forms[event.replace(/\.\w+$/, '') as keyof typeof forms];
            if (form && !event.endsWith('.delta')) data.is(form);
          }
      },
    },
    {
      id: 'delta.message-status',
      evidence: ['REC-net'],
      needs: ['code_interpreter'],
      title:
        'Streamed messages have the status fields: status, incomplete_details, completed_at, incomplete_at.',
      async run(t) {
        for (const stream of await streamsOf(t))
          for (const { event, data } of stream.events) {
            if (!/^thread\.message\.(?!delta)/.test(event)) continue;
            for (const field of ['status', 'incomplete_details', 'completed_at', 'incomplete_at'])
              data.holds(data.has(field), `${field}, at least null`, undefined);
          }
      },
    },
    {
      id: 'delta.one-open',
      section: '§3.5',
      evidence: ['RUN', 'SDK'],
      needs: ['code_interpreter'],
      title:
        'There is never more than one open step or one open message: item A is closed before item B is opened.',
      async run(t) {
        for (const stream of await streamsOf(t)) {
          for (const kind of ['thread.message', 'thread.run.step']) {
            let open: unknown;
            for (const { event, data } of stream.events) {
              const what = event.startsWith(`${kind}.`) ? event.slice(kind.length + 1) : '';
              if (what === 'created') {
                if (open !== undefined)
                  stream.fail(`a ${kind} is opened while ${open} is open`, 'one at a time');
                open = data.get('id');
              } else if (/^(completed|incomplete|failed|cancelled|expired)$/.test(what)) open = undefined;
              else if (what === 'delta' && data.get('id') !== open)
                data.fail('it is of nothing that is open', open);
            }
          }
        }
      },
    },
    {
      id: 'delta.in-progress-first',
      section: '§5.3',
      evidence: ['RUN', 'SDK'],
      title: 'step.in_progress, which replaces what was accumulated, comes before any delta of its step.',
      run: async (t) => {
        (await toolStream(t)).first.sequence(
          'thread.run.step.created',
          'thread.run.step.in_progress',
          'thread.run.step.delta',
        );
      },
    },
  ],
);
