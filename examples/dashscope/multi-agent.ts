/**
 * Several assistants at one task. A planner says who is needed, in which order; each of them gets what the one before has
 * found out. A plan that cannot be read goes to an assistant that just chats.
 */
import { builtIn, openai } from './client.ts';

const make = (name: string, instructions: string, tools: string[] = []) =>
  openai.beta.assistants.create({ model: 'qwen-plus', name, instructions, tools: tools.map(builtIn) });

const team = {
  'market researcher': await make('market researcher', 'You know what things cost. List facts, no advice.'),
  accountant: await make('accountant', 'You calculate. Leave arithmetic to the calculator.', ['calculator']),
  writer: await make('writer', 'You write two friendly sentences from what you are given.'),
};
const chat = await make('chat', 'You chat.');
const planner = await make(
  'planner',
  `You plan who of a team works on a task: ${Object.keys(team).join(', ')}. ` +
    'Answer with nothing but a JSON array of their names in order, e.g. ["market researcher", "writer"].',
);

/** One assistant's answer to one message, in a thread of its own. */
async function ask(assistant: { id: string }, content: string): Promise<string> {
  const run = await openai.beta.threads.createAndRunPoll({
    assistant_id: assistant.id,
    thread: { messages: [{ role: 'user', content }] },
  });
  if (run.status !== 'completed') throw new Error(`${run.status}: ${run.last_error?.message}`);
  const [answer] = (await openai.beta.threads.messages.list(run.thread_id)).data;
  return (answer?.content ?? []).map((part) => (part.type === 'text' ? part.text.value : '')).join('');
}

const isMember = (name: unknown): name is keyof typeof team =>
  typeof name === 'string' && Object.hasOwn(team, name);

/** The planner's choice; undefined where it is no list of team members. */
function read(plan: string): (keyof typeof team)[] | undefined {
  try {
    const names: unknown = JSON.parse(plan);
    return Array.isArray(names) && names.length > 0 && names.every(isMember) ? names : undefined;
  } catch {
    return undefined;
  }
}

async function solve(task: string): Promise<string> {
  const plan = read(await ask(planner, task));
  console.log(`plan: ${plan?.join(' -> ') ?? 'chat'}`);
  if (!plan) return ask(chat, task);
  let found = '';
  for (const name of plan) {
    const reference = found && `\n\nReference information:\n${found}`;
    found = await ask(team[name], task + reference);
    console.log(`${name}: ${found}`);
  }
  return found;
}

for (const task of process.argv.slice(2)) console.log(`answer: ${await solve(task)}`);
