/**
 * One thread's flow, from `threads.create` on: every use of the thread has to be a call that is understood, and every
 * message has to stand directly before the run that answers it. Then thread and runs become a conversation and
 * responses; otherwise nothing of it is touched.
 */
import { ts } from 'ts-morph';
import { canonical } from '../detect/methods.ts';
import type { Site } from '../detect/sites.ts';
import { lookup } from '../flow/scope.ts';
import type { Tracer } from '../flow/values.ts';
import type { Edit } from '../source/edits.ts';
import { bare } from '../source/parse.ts';
import type { Source } from '../source/sources.ts';
import { styleOf } from '../source/style.ts';
import { readAnswer } from './answer.ts';
import { type Assistant, assistantOf } from './assistant.ts';
import {
  assigned,
  awaitedStatement,
  type Kept,
  keptIn,
  propertiesOf,
  quoted,
  removal,
  siblingsOf,
  usesOf,
} from './code.ts';
import { declaredAssistant } from './declared.ts';
import { clientOf, objectFor } from './new-call.ts';
import { outputOf } from './output.ts';
import { Stays } from './stays.ts';
import { type Streamed, streamOf } from './stream.ts';

export interface Flow {
  create: ts.CallExpression;
  /** All calls that go away with it; those of its assistants aside. */
  calls: Set<ts.CallExpression>;
  assistants: Map<ts.CallExpression, Assistant>;
  edits: Edit[];
}

export interface FlowContext {
  tracer: Tracer;
  source: Source;
  /** Calls of the surface in this file. */
  sites: ReadonlyMap<ts.CallExpression, Site>;
  /** Throws `Stays` where a call's client cannot speak Responses. */
  check: (site: Site) => void;
  /** A name that nothing in the file has, and no other flow around or inside of this place. */
  name: (wanted: string, scope: ts.Node) => string;
}

interface Run {
  call: ts.CallExpression;
  statement: ts.Statement;
  kept: Kept | undefined;
  response: string;
  as: Streamed['as'] | 'answer';
}

/** What a thread is created with; `run`: the run that its messages stand directly before. */
interface Beginning {
  items: string[];
  run: Run | undefined;
  metadata: string | undefined;
}

/** @throws Stays with the reason why the flow is left as it is. */
export function flowOf(context: FlowContext, create: ts.CallExpression): Flow {
  return new Reading(context, create).read();
}

class Reading {
  readonly #context: FlowContext;
  readonly #source: Source;
  readonly #thread: Kept;
  readonly #flow: Flow;
  readonly #conversation: string;
  readonly #adds = new Map<ts.Statement, ts.CallExpression>();
  readonly #runs = new Map<ts.Statement, Run>();
  readonly #lists: ts.CallExpression[] = [];

  constructor(context: FlowContext, create: ts.CallExpression) {
    this.#context = context;
    this.#source = context.source;
    const thread = keptIn(create);
    if (!thread) throw new Stays('the thread is not kept in a constant of its own that is not exported');
    this.#thread = thread;
    this.#flow = { create, calls: new Set([create]), assistants: new Map(), edits: [] };
    this.#conversation = context.name('conversation', thread.statement.parent);
  }

  read(): Flow {
    this.#take(this.#flow.create);
    for (const use of usesOf(this.#thread.name)) this.#use(use);
    for (const { kept } of [...this.#runs.values()]) if (kept) this.#useThreadOf(kept);
    if (this.#runs.size === 0) throw new Stays('there is no run in sight that answers it');
    const first = this.#firstInput();
    for (const run of this.#runs.values()) this.#rewriteRun(run, first);
    const [left] = this.#adds.values();
    if (left) throw new Stays(`the message in ${this.#quoted(left)} has no run directly after it`);
    for (const list of this.#lists) this.#rewriteList(list);
    for (const run of this.#runs.values()) this.#rewriteUses(run);
    this.#flow.edits.push(...this.#created(first));
    return this.#flow;
  }

  #quoted(node: ts.Node): string {
    return quoted(this.#source, node);
  }

  #text(node: ts.Node): string {
    return this.#source.text.slice(node.getStart(this.#source.ast), node.end);
  }

  #use(use: ts.Identifier): void {
    const id = use.parent;
    const call = id.parent;
    const isId = ts.isPropertyAccessExpression(id) && id.name.text === 'id';
    if (!isId || !ts.isCallExpression(call) || call.arguments[0] !== id)
      throw new Stays(`${this.#quoted(use)} hands the thread on, and nobody knows what is done with it`);
    this.#operation(call);
  }

  /** `run.thread_id` is the thread's id as well. */
  #useThreadOf({ name }: Kept): void {
    for (const use of usesOf(name)) {
      const id = use.parent;
      const call = id.parent;
      const isId = ts.isPropertyAccessExpression(id) && id.name.text === 'thread_id';
      if (isId && ts.isCallExpression(call) && call.arguments[0] === id) this.#operation(call);
    }
  }

  #operation(call: ts.CallExpression): void {
    const site = this.#take(call);
    const method = canonical(site.path);
    if (method === 'threads.messages.create') {
      const statement = awaitedStatement(call);
      if (!statement) throw new Stays(`${this.#quoted(call)} makes use of the message that it adds`);
      this.#adds.set(statement, call);
    } else if (method === 'threads.runs.createAndPoll') {
      const kept = keptIn(call);
      const statement = kept?.statement ?? awaitedStatement(call);
      if (!statement)
        throw new Stays(`the run in ${this.#quoted(call)} is not kept in a constant of its own`);
      this.#runs.set(statement, {
        call,
        statement,
        kept,
        response: this.#context.name('response', statement.parent),
        as: 'answer',
      });
    } else if (method === 'threads.runs.stream') {
      const { statement, as, edits } = streamOf(this.#source, call);
      this.#flow.edits.push(...edits);
      this.#runs.set(statement, { call, statement, kept: undefined, response: '', as });
    } else if (method === 'threads.messages.list') {
      this.#lists.push(call);
    } else if (method === 'threads.delete') {
      if (!awaitedStatement(call) || call.arguments.length !== 1)
        throw new Stays(`${this.#quoted(call)} makes use of the answer to \`threads.delete\``);
      this.#replaceCall(call, 'conversations.delete', `${this.#conversation}.id`);
    } else {
      throw new Stays(`${this.#quoted(call)} calls \`${site.path.join('.')}\``);
    }
  }

  /** Notes that a call goes away; it has to be written out from its client on. */
  #take(call: ts.CallExpression): Site {
    const site = this.#context.sites.get(call);
    if (!site?.isCall) throw new Stays(`${this.#quoted(call)} hands the thread's id on`);
    this.#context.check(site);
    clientOf(this.#source, call);
    this.#flow.calls.add(call);
    return site;
  }

  #replaceCall(call: ts.CallExpression, method: string, given: string, awaits = ''): void {
    this.#flow.edits.push({
      start: call.getStart(this.#source.ast),
      end: call.end,
      text: `${awaits}${clientOf(this.#source, call)}.${method}(${given})`,
    });
  }

  /** What the thread begins with: for the first run directly after it, or for the conversation. */
  #firstInput(): Beginning {
    const [body, ...more] = this.#flow.create.arguments;
    if (more.length > 0) throw new Stays('the thread is created with options for the request');
    if (!body) return { items: [], run: undefined, metadata: undefined };
    const properties = propertiesOf(body, 'what the thread is created with');
    let items: string[] = [];
    let metadata: string | undefined;
    for (const [name, property] of properties) {
      if (name === 'messages') {
        const list = bare(assigned(property));
        if (!ts.isArrayLiteralExpression(list))
          throw new Stays('the messages that the thread begins with are not written out');
        items = list.elements.map((element) => this.#item(element).item);
      } else if (name === 'metadata') metadata = this.#text(property);
      else throw new Stays(`the thread is created with \`${name}\``);
    }
    if (items.length > 20) throw new Stays('the thread begins with more than 20 messages (§4.2)');
    const siblings = siblingsOf(this.#thread.statement);
    const next = siblings[siblings.indexOf(this.#thread.statement) + 1];
    const run = next && items.length > 0 ? this.#runs.get(next) : undefined;
    return { items, run, metadata };
  }

  #created(first: Beginning): Edit[] {
    const { create } = this.#flow;
    const parts = [
      ...(first.run || first.items.length === 0 ? [] : [`items: [${first.items.join(', ')}]`]),
      ...(first.metadata === undefined ? [] : [first.metadata]),
    ];
    const { name } = this.#thread;
    return [
      { start: name.getStart(this.#source.ast), end: name.end, text: this.#conversation },
      {
        start: create.getStart(this.#source.ast),
        end: create.end,
        text: `${clientOf(this.#source, create)}.conversations.create(${parts.length === 0 ? '' : objectFor(this.#source, parts, create)})`,
      },
    ];
  }

  /** A message as an item, and as a plain text where it may be one. */
  #item(expression: ts.Expression): { item: string; text: string } {
    const message = propertiesOf(expression, `the message in ${this.#quoted(expression)}`);
    const role = message.get('role');
    const content = message.get('content');
    const spoken = role && bare(assigned(role));
    if (!content || !spoken || message.size !== 2)
      throw new Stays(`the message in ${this.#quoted(expression)} has more than a role and a text`);
    if (!ts.isStringLiteralLike(spoken) || spoken.text !== 'user')
      throw new Stays(`the message in ${this.#quoted(expression)} is not the user's`);
    const value = assigned(content);
    const parts = this.#context.tracer.trace(value).some(({ kind }) => kind === 'array' || kind === 'object');
    if (parts) throw new Stays(`the message in ${this.#quoted(expression)} has parts instead of a text`);
    const text = this.#text(value);
    const named = ts.isShorthandPropertyAssignment(content) ? 'content' : `content: ${text}`;
    return { item: `{ role: ${this.#text(spoken)}, ${named} }`, text };
  }

  #rewriteRun(run: Run, first: Beginning): void {
    const { call, statement } = run;
    const [, body, options, ...more] = call.arguments;
    const pace = options && propertiesOf(options, `the options in ${this.#quoted(call)}`);
    // How often a run was asked for is of no interest any more.
    if (more.length > 0 || (pace && [...pace.keys()].some((name) => name !== 'pollIntervalMs')))
      throw new Stays(`the run in ${this.#quoted(call)} has options for the request`);
    const properties = propertiesOf(body, `what the run in ${this.#quoted(call)} is created with`);
    const id = properties.get('assistant_id');
    if (!id) throw new Stays(`the run in ${this.#quoted(call)} names no assistant`);
    const assistant = this.#assistant(assigned(id));
    const declared = assistant ? [] : declaredAssistant(this.#context.tracer, this.#source, assigned(id));
    const parts = assistant ? [`...${assistant.kept.name.text}`] : [];
    for (const [name, part] of declared) if (!properties.has(name)) parts.push(part);
    for (const [name, property] of properties) {
      if (name === 'assistant_id') continue;
      if (!['model', 'instructions', 'temperature', 'top_p'].includes(name))
        throw new Stays(`the run in ${this.#quoted(call)} has \`${name}\``);
      parts.push(this.#text(property));
    }
    parts.push(`conversation: ${this.#conversation}.id`, this.#input(run, first));
    // A thread was cut to what the model can read; a response is refused unless it is told to.
    if (statement.parent !== this.#thread.statement.parent) {
      const { quote } = styleOf(this.#source);
      parts.push(`truncation: ${quote}auto${quote}`);
    }
    if (run.as === 'events') parts.push('stream: true');
    const method = run.as === 'listeners' ? 'responses.stream' : 'responses.create';
    // `runs.stream` gave a stream at once; now it comes with the answer's headers.
    const awaits = run.as === 'events' ? 'await ' : '';
    this.#replaceCall(call, method, objectFor(this.#source, parts, call), awaits);
  }

  /** The messages that stand directly before a run. */
  #input(run: Run, first: Beginning): string {
    const siblings = siblingsOf(run.statement);
    const messages: { item: string; text: string }[] = [];
    for (let index = siblings.indexOf(run.statement) - 1; index >= 0; index -= 1) {
      const before = siblings[index];
      const add = before && this.#adds.get(before);
      if (!before || !add) break;
      if (add.arguments.length !== 2 || !add.arguments[1])
        throw new Stays(`the message in ${this.#quoted(add)} has options for the request`);
      messages.unshift(this.#item(add.arguments[1]));
      this.#adds.delete(before);
      this.#flow.edits.push(removal(this.#source, before));
    }
    const items = messages.map(({ item }) => item);
    if (first.run === run) items.unshift(...first.items);
    const [only] = messages;
    if (items.length === 1 && only) return only.text === 'input' ? 'input' : `input: ${only.text}`;
    if (items.length === 0)
      throw new Stays(`the run in ${this.#quoted(run.call)} has no message directly before it`);
    return `input: [${items.join(', ')}]`;
  }

  /** The assistant that this file creates and `id` is the id of. */
  #assistant(id: ts.Expression): Assistant | undefined {
    const access = bare(id);
    const name = ts.isPropertyAccessExpression(access) && access.name.text === 'id' && access.expression;
    const declaration = name && ts.isIdentifier(name) ? lookup(name)?.declarations[0] : undefined;
    const awaited =
      declaration && ts.isVariableDeclaration(declaration) ? declaration.initializer : undefined;
    const call = awaited && ts.isAwaitExpression(awaited) ? awaited.expression : undefined;
    const site = call && ts.isCallExpression(call) ? this.#context.sites.get(call) : undefined;
    if (!site || !call || !ts.isCallExpression(call) || canonical(site.path) !== 'assistants.create')
      return undefined;
    this.#context.check(site);
    const known = this.#flow.assistants.get(call) ?? assistantOf(this.#source, call);
    this.#flow.assistants.set(call, known);
    return known;
  }

  /** Finds the run whose answer a list has: the last one before it, on the way up through `if` and blocks. */
  #rewriteList(list: ts.CallExpression): void {
    const page = list.parent;
    if (!ts.isAwaitExpression(page))
      throw new Stays(`the messages in ${this.#quoted(list)} are not awaited where they are listed`);
    const run = this.#runBefore(page);
    if (!run?.kept) throw new Stays(`no run stands directly before the list in ${this.#quoted(list)}`);
    const [, query, ...more] = list.arguments;
    if (more.length > 0) throw new Stays(`the list in ${this.#quoted(list)} has options for the request`);
    for (const [name, property] of query ? propertiesOf(query, `the query in ${this.#quoted(list)}`) : []) {
      const value = bare(assigned(property));
      const fits =
        (name === 'order' && ts.isStringLiteralLike(value) && value.text === 'desc') ||
        (name === 'limit' && ts.isNumericLiteral(value) && Number(value.text) >= 1) ||
        (name === 'run_id' && this.#text(value) === `${run.kept.name.text}.id`);
      if (!fits) throw new Stays(`the list in ${this.#quoted(list)} has a \`${name}\` of its own`);
    }
    const edits = readAnswer(this.#source, page, run.response);
    this.#flow.edits.push(...edits);
  }

  #runBefore(node: ts.Node): Run | undefined {
    let at: ts.Node = node;
    while (!ts.isStatement(at)) {
      if (ts.isFunctionLike(at)) return undefined;
      at = at.parent;
    }
    for (;;) {
      if (!ts.isStatement(at)) return undefined;
      const siblings = siblingsOf(at);
      for (let index = siblings.indexOf(at) - 1; index >= 0; index -= 1) {
        const before = siblings[index];
        const run = before && this.#runs.get(before);
        if (run) return run;
      }
      let up: ts.Node = at.parent;
      while (ts.isBlock(up) && !ts.isIfStatement(up.parent) && ts.isBlock(up.parent)) up = up.parent;
      if (ts.isBlock(up) && ts.isIfStatement(up.parent)) up = up.parent;
      if (!ts.isIfStatement(up)) return undefined;
      at = up;
    }
  }

  #rewriteUses(run: Run): void {
    if (!run.kept) return;
    const { name } = run.kept;
    const { ast } = this.#source;
    this.#flow.edits.push({ start: name.getStart(ast), end: name.end, text: run.response });
    for (const use of usesOf(name)) {
      const inList = this.#lists.some((list) => list.pos <= use.pos && use.end <= list.end);
      if (inList) continue;
      this.#flow.edits.push(outputOf(this.#source, use, run.response));
    }
  }
}
