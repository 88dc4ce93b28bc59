import { TINY_PNG } from './items.ts';
import type { Turn } from './pieces.ts';
import { runCode, say, turn } from './script.ts';

const WANTS_CODE =
  /\b(?:calculat\w*|comput\w*|sum|average|mean|plot|chart|graph|histogram|draw|csv|spreadsheet|python|run (?:the |some |this )?code)\b|\b(?:make|create|write|save|generate|export)\b.*\bfile\b|\d\s*[+*/×÷^]\s*\d|\d\s+-\s+\d/i;

/** Whether a message asks for something that a program does: a calculation, a plot, a file. */
export function wantsCode(message: string): boolean {
  return WANTS_CODE.test(message);
}

/** A run of code that does, in appearance, what the message asks for, and a sentence about it. */
export function codeAnswer(message: string): Turn {
  if (/\b(?:plot|chart|graph|histogram|draw|png|image|picture)\b/i.test(message)) return plot();
  if (/\b(?:csv|spreadsheet|file|export)\b/i.test(message)) return file();
  const numbers = (message.match(/\d+(?:\.\d+)?/g) ?? []).map(Number);
  const expression = /\d+(?:\.\d+)?(?:\s*[-+*/×÷^]\s*\d+(?:\.\d+)?)+/.exec(message)?.[0];
  if (expression) return calculation(toPython(expression), evaluate(expression));
  const mean = /\b(?:average|mean)\b/i.test(message);
  if (numbers.length === 0) return calculation('21 * 2', 42);
  const sum = numbers.reduce((total, value) => total + value, 0);
  const list = `[${numbers.join(', ')}]`;
  return mean
    ? calculation(`sum(${list}) / ${numbers.length}`, sum / numbers.length)
    : calculation(`sum(${list})`, sum);
}

function calculation(code: string, result: number): Turn {
  const shown = String(Math.round(result * 1e10) / 1e10);
  return turn(runCode({ code: `print(${code})`, logs: `${shown}\n` }), say(`The result is ${shown}.`));
}

function plot(): Turn {
  const code =
    "import matplotlib.pyplot as plt\n\nplt.plot([1, 2, 3], [1, 4, 9])\nplt.savefig('/mnt/data/plot.png')\nplt.show()";
  return turn(
    runCode({ code, images: [TINY_PNG], files: [{ path: 'plot.png', content: TINY_PNG }] }),
    say('Here is the plot.', { files: ['plot.png'] }),
  );
}

function file(): Turn {
  const code =
    "with open('/mnt/data/data.csv', 'w') as file:\n    file.write('x,y\\n1,1\\n2,4\\n3,9\\n')\nprint('saved')";
  return turn(
    runCode({ code, logs: 'saved\n', files: [{ path: 'data.csv', content: 'x,y\n1,1\n2,4\n3,9\n' }] }),
    say('Your file is ready: [data.csv](sandbox:/mnt/data/data.csv)'),
  );
}

function toPython(expression: string): string {
  return expression.replaceAll('×', '*').replaceAll('÷', '/').replaceAll('^', '**').replace(/\s+/g, ' ');
}

/** Left to right, products before sums, powers before both: enough for what a demo asks. */
function evaluate(expression: string): number {
  const tokens = expression.match(/\d+(?:\.\d+)?|[-+*/×÷^]/g) ?? [];
  const values = [Number(tokens[0])];
  const operators: string[] = [];
  const reduce = (level: readonly string[]) => {
    for (let index = 0; index < operators.length; ) {
      const operator = operators[index] as string;
      if (!level.includes(operator)) {
        index += 1;
        continue;
      }
      const [left = 0, right = 0] = values.slice(index, index + 2);
      values.splice(index, 2, apply(operator, left, right));
      operators.splice(index, 1);
    }
  };
  for (let index = 1; index < tokens.length; index += 2) {
    operators.push(tokens[index] as string);
    values.push(Number(tokens[index + 1]));
  }
  reduce(['^']);
  reduce(['*', '×', '/', '÷']);
  reduce(['+', '-']);
  return values[0] ?? 0;
}

function apply(operator: string, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '^':
      return left ** right;
    case '/':
    case '÷':
      return left / right;
    default:
      return left * right;
  }
}
