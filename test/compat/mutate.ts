/** Ways in which an implementation may answer wrongly, made from a right answer. */
import type { Recorded } from './replay.ts';

export interface Mutation {
  /** What was done, e.g. `GET …/threads/thread_1: dropped data[0].role`. */
  name: string;
  /** The key that is touched, to find the mutations that a check is most likely meant for. */
  key: string;
  kind: Kind;
  tape(): Recorded[];
}

/** What is touched: the frames of a stream, a value in JSON or text, a header, an id everywhere, the status. */
export type Kind = 'frame' | 'value' | 'header' | 'id' | 'status';

type Json = unknown;
type Path = (string | number)[];

const isObject = (value: Json): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every place in a value, the deepest first. */
function places(value: Json, path: Path = []): Path[] {
  const children = Array.isArray(value)
    ? value.slice(0, 4).map((_, at) => at)
    : isObject(value)
      ? Object.keys(value)
      : [];
  return [
    ...children.flatMap((child) => places((value as Record<string | number, Json>)[child], [...path, child])),
    ...(path.length > 0 ? [path] : []),
  ];
}

/** A copy in which the parent of a place was changed. */
function changed(
  value: Json,
  path: Path,
  change: (parent: Record<string | number, Json>, key: string | number) => void,
) {
  const copy = structuredClone(value);
  const key = path.at(-1) as string | number;
  let parent = copy as Record<string | number, Json>;
  for (const step of path.slice(0, -1)) parent = parent[step] as Record<string | number, Json>;
  change(parent, key);
  return copy;
}

function otherThan(value: Json): Json {
  if (typeof value === 'string') return `${value}?`;
  if (typeof value === 'number') return value + 1000;
  if (typeof value === 'boolean') return !value;
  if (Array.isArray(value)) return value.length > 0 ? [] : ['?'];
  if (value === null) return '?';
  return Object.keys(value as object).length > 0 ? {} : { '?': '?' };
}

const rename = (parent: Record<string | number, Json>, key: string | number) => {
  if (Array.isArray(parent)) return void parent.splice(key as number, 1);
  parent[`${key}s`] = parent[key];
  delete parent[key];
};

interface Edit {
  what: string;
  key: string;
  kind?: Kind;
  make(): Json;
}

/** Keys that other versions or other objects have; where they do not belong, they are wrong. */
const STRANGERS =
  'id role name output quote content file_ids data messages vector_stores annotations usage metadata status completed_at incomplete_at incomplete_details run_id'.split(
    ' ',
  );

/** Everything that can be wrong in a JSON value: a field changed, left out or called otherwise, a list turned round, a key too many. */
export function* jsonEdits(value: Json): Generator<Edit> {
  const all = Array.isArray(value) || isObject(value) ? places(value) : [];
  const at = (path: Path) =>
    path.reduce<Json>((found, step) => (found as Record<string | number, Json>)[step], value);
  const edit = (what: string, path: Path, key: string, change: Parameters<typeof changed>[2]): Edit => ({
    what: `${what} ${path.join('.')}`,
    key,
    make: () => changed(value, path, change),
  });
  for (const path of all) {
    const key = String(path.findLast((step) => typeof step === 'string') ?? '');
    yield edit('changed', path, key, (parent, own) => {
      parent[own] = otherThan(parent[own]);
    });
    yield edit('dropped or renamed', path, key, rename);
    const list = at(path);
    if (!Array.isArray(list) || list.length === 0) continue;
    yield edit('turned round', path, key, (parent, own) => {
      (parent[own] as Json[]).reverse();
    });
    yield edit('doubled in', path, key, (parent, own) => {
      (parent[own] as Json[]).push((parent[own] as Json[])[0]);
    });
  }
  for (const path of [[], ...all]) {
    const object = at(path);
    if (!isObject(object)) continue;
    for (const extra of STRANGERS) {
      if (extra in object) continue;
      yield edit('added', [...path, extra], extra, (parent, own) => {
        parent[own] = '?';
      });
    }
  }
  yield { what: 'changed it all', key: '', make: () => otherThan(value) };
}

interface Frame {
  event: string;
  data: string;
}

const framesOf = (text: string): Frame[] =>
  text.split('\n\n').flatMap((frame) => {
    const [, event] = /^event: ?(.*)$/m.exec(frame) ?? [];
    const [, data] = /^data: ?(.*)$/m.exec(frame) ?? [];
    return event !== undefined && data !== undefined ? [{ event, data }] : [];
  });

/** @param gap what stands behind the colon: DashScope has no space there (§A.9) */
const textOf = (frames: readonly Frame[], gap: string) =>
  frames.map(({ event, data }) => `event:${gap}${event}\ndata:${gap}${data}\n\n`).join('');

/** Everything that can be wrong in a stream: events left out, swapped, repeated, called otherwise, or with wrong data. */
export function* streamEdits(text: string): Generator<Edit> {
  const frames = framesOf(text);
  const gap = /^event: /m.test(text) ? ' ' : '';
  const edit = (what: string, key: string, at: number, taken: number, ...put: Frame[]): Edit => ({
    what,
    key,
    kind: 'frame',
    make: () => textOf(frames.toSpliced(at, taken, ...put), gap),
  });
  for (const [at, frame] of frames.entries()) {
    const { event, data } = frame;
    yield edit(`dropped ${event}`, event, at, 1);
    yield edit(`repeated ${event}`, event, at, 0, frame);
    const next = frames[at + 1];
    if (next) yield edit(`swapped ${event} and ${next.event}`, event, at, 2, next, frame);
    yield edit(`renamed ${event}`, event, at, 1, { event: `${event}s`, data });
    if (data === '[DONE]') yield edit('another end', event, at, 1, { event, data: '{}' });
    else
      yield edit(`wrapped ${event}`, 'data', at, 1, {
        event,
        data: JSON.stringify({ event, data: JSON.parse(data) }),
      });
  }
  yield {
    what: 'another gap',
    key: 'space',
    kind: 'frame',
    make: () => textOf(frames, gap === '' ? ' ' : ''),
  };
  yield {
    what: 'two lines of data',
    key: 'line',
    kind: 'frame',
    make: () => text.replaceAll(/^data: ?\{/gm, `data:${gap}{\ndata:${gap}`),
  };
  yield { what: 'no names', key: 'line', kind: 'frame', make: () => text.replaceAll(/^event:.*\n/gm, '') };
  for (const [at, { event, data }] of frames.entries()) {
    if (data === '[DONE]') continue;
    for (const { what, key, make } of jsonEdits(JSON.parse(data)))
      yield {
        what: `${event}: ${what}`,
        key,
        make: () => textOf(frames.toSpliced(at, 1, { event, data: JSON.stringify(make()) }), gap),
      };
  }
}

const typeOf = ({ headers }: Recorded) => headers.find(([name]) => name === 'content-type')?.[1] ?? '';

/** One answer of a tape replaced. */
const replaced = (
  tape: readonly Recorded[],
  at: number,
  what: string,
  key: string,
  kind: Kind,
  change: () => Partial<Recorded>,
): Mutation => ({
  name: `${tape[at]?.key}: ${what}`,
  key,
  kind,
  tape: () => tape.map((recorded, n) => (n === at ? { ...recorded, ...change() } : recorded)),
});

/** All mutations of a tape, one change each, the last answers first. */
export function* mutations(tape: readonly Recorded[]): Generator<Mutation> {
  const last = [...tape.entries()].reverse();
  for (const [at, recorded] of last) {
    const { body } = recorded;
    if (typeOf(recorded).startsWith('text/event-stream')) {
      for (const { what, key, kind = 'value', make } of streamEdits(body))
        yield replaced(tape, at, what, key, kind, () => ({ body: String(make()) }));
    } else if (typeOf(recorded).startsWith('application/json')) {
      for (const { what, key, make } of jsonEdits(JSON.parse(body)))
        yield replaced(tape, at, what, key, 'value', () => ({ body: JSON.stringify(make()) }));
    } else {
      yield replaced(tape, at, 'changed the text', 'content', 'value', () => ({ body: `${body}?` }));
    }
  }
  yield* idMutations(tape);
  for (const [at, { headers }] of last) {
    for (const [name, value] of headers) {
      const put = (other: string) => () => ({
        headers: headers.map(([one, own]): [string, string] => [one, one === name ? other : own]),
      });
      yield replaced(tape, at, `changed the header ${name}`, name, 'header', put(`?${value}`));
      if (name !== 'x-request-id') continue;
      for (const other of tape) {
        const its = other.headers.find(([one]) => one === name)?.[1];
        if (its !== undefined && its !== value)
          yield replaced(tape, at, 'the id of another answer', name, 'header', put(its));
      }
    }
  }
}

/** Ids of another shape, the same everywhere: the endpoint knows them by that shape. */
function* idMutations(tape: readonly Recorded[]): Generator<Mutation> {
  const ids = new Set(
    tape.flatMap(
      ({ body }) =>
        body.match(/\b(?:asst|thread|msg|message|run|step|call|file|vs)[_-][A-Za-z0-9-]{12,}/g) ?? [],
    ),
  );
  for (const id of ids) {
    for (const other of [`${id}9`, `x${id}`])
      yield {
        name: `${other} instead of ${id}`,
        key: 'id',
        kind: 'id',
        tape: () =>
          tape.map((recorded) => ({
            ...recorded,
            key: recorded.key.replaceAll(id, other),
            body: recorded.body.replaceAll(id, other),
          })),
      };
  }
}

/** What is left where nothing in an answer matters but that there is one: the opposite answer. */
export function* statusMutations(tape: readonly Recorded[]): Generator<Mutation> {
  for (const [at, { status }] of [...tape.entries()].reverse())
    for (const other of [status < 400 ? 400 : 200, 500])
      yield replaced(tape, at, `status ${other}`, 'status', 'status', () => ({ status: other }));
}
