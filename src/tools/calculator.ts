/** `calculator`: arithmetic done by a library, not by the model (dashscope §A.10). */
import { z } from 'zod';
import { defineTool } from './define.ts';

/** Longest text that is looked at; a formula of a model is a fraction of that. */
const MAX_LENGTH = 1000;

/** Powers of ten that no value on the way may go beyond: it bounds the time that one operation takes. */
const MAX_EXPONENT = 300;

/** Significant digits of a result that is no whole number. */
const DIGITS = 20;

const OPERATORS: ReadonlySet<string> = new Set(
  'add subtract multiply divide mod pow unaryMinus unaryPlus'.split(' '),
);
const FUNCTIONS: ReadonlySet<string> = new Set(
  'sqrt cbrt abs sign round floor ceil min max exp log log10 log2 sin cos tan'.split(' '),
);

export const calculator = defineTool({
  type: 'calculator',
  description:
    'Calculates arithmetic expressions exactly: numbers, + - * / ^ %, parentheses, and functions such as sqrt, abs, round, min, max, log, sin. Several expressions are separated by semicolons.',
  parameters: z.object({
    payload__input__text: z
      .string()
      .max(MAX_LENGTH)
      .describe('The expression, e.g. "12313x13232" or "(1.5 + 2) * 4"'),
    // Calls of the original carried it now and then.
    header__request_id: z.string().optional(),
  }),
  timeout: 5000,
  async execute({ payload__input__text: text }) {
    const math = await arithmetic();
    const expressions = legible(text).split(';').filter(Boolean);
    if (expressions.length === 0) throw new Error('There is nothing to calculate.');
    const done = expressions.map((expression) => math.calculate(expression));
    const equations = JSON.stringify(done.map(({ equation }) => equation));
    // Written by hand: a JavaScript number would round what is longer than 15 digits.
    return `{"equations":${equations},"results":[${done.map(({ result }) => result).join(',')}]}`;
  },
});

/** The commas of 1,234,567; between the arguments of a function they mean something else. */
const GROUPING = /(?<=\d),(?=\d{3}(?!\d))/g;

/** One way to write each sign: full width, typographic, and the letter x between two numbers. */
function legible(text: string): string {
  return text
    .normalize('NFKC')
    .replaceAll(/[×✕✖⋅·∗]/g, '*')
    .replaceAll('÷', '/')
    .replaceAll(/[−–—]/g, '-')
    .replaceAll('**', '^')
    .replaceAll(/(?<=[\d.)%]\s*)[xX](?=\s*[\d.(+-])(?![xX]?[\da-fA-F]*[xX])/g, '*')
    .replaceAll(/\s*=\s*\??\s*(?=;|\n|$)/g, '')
    .replaceAll(/[\n\r；]+/g, ';')
    .split(';')
    .map((part) => (/[a-z]\s*\(/i.test(part) ? part : part.replaceAll(GROUPING, '')).trim())
    .join(';');
}

/** What is used of a parsed expression. */
interface Node {
  type: string;
  value?: unknown;
  fn?: string | { name?: string };
  args?: Node[];
  content?: Node;
  toString(): string;
}

/** What is used of the library's decimal numbers. */
interface Decimal {
  e: number;
  isFinite(): boolean;
  isInteger(): boolean;
  toFixed(): string;
  toSignificantDigits(digits: number): Decimal;
  toString(): string;
}

let loaded: Promise<Arithmetic> | undefined;

interface Arithmetic {
  /** @throws what the model is told */
  calculate(expression: string): { equation: string; result: string };
}

function arithmetic(): Promise<Arithmetic> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<Arithmetic> {
  const { create, all } = await import('mathjs');
  const math = create(all ?? {}, { number: 'BigNumber', precision: 40, predictable: true });
  const operations = math as unknown as Record<string, (...args: Decimal[]) => unknown>;

  /** The library only parses; what is carried out is decided here, node by node. */
  function evaluate(node: Node): Decimal {
    switch (node.type) {
      case 'ConstantNode':
        return bounded(node.value, node);
      case 'ParenthesisNode':
        return evaluate(node.content as Node);
      case 'OperatorNode':
        if (OPERATORS.has(node.fn as string)) return apply(node.fn as string, node);
        break;
      case 'FunctionNode': {
        const name = (node.fn as { name?: string }).name ?? '';
        if (FUNCTIONS.has(name)) return apply(name, node);
      }
    }
    throw new Error(`'${node}' is no arithmetic.`);
  }

  function apply(name: string, node: Node): Decimal {
    const args = (node.args ?? []).map(evaluate);
    return bounded(operations[name]?.(...args), node);
  }

  function bounded(value: unknown, node: Node): Decimal {
    // The 100 that a percent sign becomes is no decimal yet.
    const decimal = typeof value === 'number' ? math.bignumber(value) : value;
    if (!math.isBigNumber(decimal)) throw new Error(`'${node}' is no number.`);
    const number = decimal as unknown as Decimal;
    if (!number.isFinite()) throw new Error(`'${node}' has no value.`);
    if (Math.abs(number.e) > MAX_EXPONENT)
      throw new Error(`'${node}' is beyond what can be calculated (1e±${MAX_EXPONENT}).`);
    return number;
  }

  return {
    calculate(expression) {
      const node = math.parse(expression) as unknown as Node;
      const value = evaluate(node);
      const result = value.isInteger() ? value.toFixed() : value.toSignificantDigits(DIGITS).toString();
      return { equation: node.toString(), result };
    },
  };
}
