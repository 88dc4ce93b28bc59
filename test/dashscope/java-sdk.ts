/**
 * How the unmodified Java SDK reads answers, as docs/contracts/dashscope.md §A.9.3 and §A.10 describe it. (The SDK itself cannot be
 * installed where these tests run.)
 */

/** What Java throws. */
export class JavaError extends Error {}

// biome-ignore lint/suspicious/noExplicitAny: what came over the wire
type Dict = Record<string, any>;

/** An `Integer`: a number that is too large keeps its lower 32 bits, anything but a number or null is refused. */
export function asInteger(value: unknown): number | null {
  if (value === null || value === undefined) return null;
  if (typeof value !== 'number') throw new JavaError(`NumberFormatException: ${JSON.stringify(value)}`);
  return Number(BigInt.asIntN(32, BigInt(Math.trunc(value))));
}

/** A run or a run step: its times are `Integer`s. */
export function readTimes(object: Dict): Record<string, number | null> {
  const times = Object.entries(object).filter(([name]) => name.endsWith('_at'));
  return Object.fromEntries(times.map(([name, value]) => [name, asInteger(value)]));
}

/** Classes of tool calls that are registered when the application has loaded them all. */
const CALLS = new Set(['function', 'code_interpreter', 'quark_search']);

/** An entry of `tool_calls`: of a class where its type has one, otherwise its JSON as a string. */
export function readCall(call: Dict): Dict | string {
  if (!CALLS.has(call['type'])) return JSON.stringify(call);
  for (const value of Object.values(call['quark_search'] ?? {}))
    if (typeof value === 'object') throw new JavaError('JsonSyntaxException: expected a string');
  return call;
}

/** A stream, as EventSource takes it apart. @throws JavaError an ApiException for the event `error` */
export function readEvents(text: string): { event: string; data: Dict }[] {
  const read: { event: string; data: Dict }[] = [];
  for (const block of text.split('\n\n')) {
    const field = (name: string) =>
      block
        .split('\n')
        .filter((line) => line.startsWith(`${name}:`))
        .map((line) => line.slice(name.length + 1).replace(/^ /, ''))
        .join('\n');
    const event = field('event');
    if (event === '' || event === 'done') continue;
    const data: Dict = JSON.parse(field('data'));
    if (event === 'error')
      throw new JavaError(`ApiException 400 ${data['code']} ${data['message']} ${data['request_id']}`);
    read.push({ event, data });
  }
  return read;
}
