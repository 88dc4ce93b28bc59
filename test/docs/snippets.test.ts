/** Code in the pages is code: it compiles against this project's sources and the SDK it depends on. */
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { pages, ROOT, snippets } from './pages.ts';

/** Each snippet as a module of its own, `README.md:12.ts`. */
const modules = new Map(
  pages
    .filter(({ file }) => !file.startsWith('docs/contracts/'))
    .flatMap((page) =>
      snippets(page, 'ts').map(({ code, line }) => {
        const name = `${page.file.replaceAll('/', '-')}-${line}.ts`;
        return [path.join(ROOT, 'test/docs', name), `${code}\nexport {};\n`] as const;
      }),
    ),
);

function problems(): string[] {
  const config = ts.readConfigFile(path.join(ROOT, 'tsconfig.json'), ts.sys.readFile).config;
  const { options } = ts.convertCompilerOptionsFromJson(
    {
      ...config.compilerOptions,
      paths: {
        rethread: ['./src/index.ts'],
        'rethread/compat': ['./src/compat/index.ts'],
        'rethread/simulator': ['./src/simulator/index.ts'],
        'rethread/store/suite': ['./src/store/suite.ts'],
      },
    },
    ROOT,
  );
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.getSourceFile = (file, language, ...rest) => {
    const code = modules.get(file);
    return code === undefined
      ? getSourceFile(file, language, ...rest)
      : ts.createSourceFile(file, code, language);
  };
  host.fileExists = (file) => modules.has(file) || fileExists(file);
  host.readFile = (file) => modules.get(file) ?? readFile(file);

  const prelude = path.join(ROOT, 'test/docs/prelude.d.ts');
  const program = ts.createProgram([prelude, ...modules.keys()], options, host);
  return [...modules.keys()].flatMap((file) => {
    const source = program.getSourceFile(file);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ messageText, start = 0 }) => {
        const line = source ? source.getLineAndCharacterOfPosition(start).line + 1 : 0;
        return `${path.basename(file)}, line ${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
      },
    );
  });
}

describe('snippets', () => {
  it('compile', { timeout: 60_000 }, () => {
    expect(modules.size).toBeGreaterThan(5);
    expect(problems()).toEqual([]);
  });
});
