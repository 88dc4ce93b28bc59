import { existsSync } from 'node:fs';
import { defineConfig } from 'tsdown';

const entry = {
  index: 'src/index.ts',
  'simulator/index': 'src/simulator/index.ts',
  'store/suite': 'src/store/suite.ts',
  'compat/index': 'src/compat/index.ts',
  'cli/index': 'src/cli/index.ts',
};

/**
 * The bundled declarations keep imports of which nothing is left. A project without `skipLibCheck` would have to compile
 * the types of packages that it never sees.
 */
const withoutUnusedImports = {
  name: 'without-unused-imports',
  generateBundle: {
    order: 'post' as const,
    handler(_options: unknown, bundle: Record<string, { type: string; fileName: string; code?: string }>) {
      for (const chunk of Object.values(bundle)) {
        if (!chunk.fileName.endsWith('.d.ts') || chunk.code === undefined) continue;
        const body = chunk.code.replace(/^import .*$/gm, '');
        chunk.code = chunk.code.replace(/^import (.+) from "[^"]+";\n/gm, (line, clause: string) => {
          const names = [...clause.matchAll(/([\w$]+)\s*(?=,|\}|$)/g)].map(([, name]) => name ?? '');
          return names.some((name) =>
            new RegExp(`(?<![\\w$])${name.replaceAll('$', '\\$')}(?![\\w$])`).test(body),
          )
            ? line
            : '';
        });
      }
    },
  },
};

const common = {
  entry: Object.fromEntries(Object.entries(entry).filter(([, file]) => existsSync(file))),
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  fixedExtension: false,
} as const;

export default defineConfig([
  {
    ...common,
    // Nine of ten files that `import 'rethread'` would read are zod's, and most of them its messages in other languages.
    noExternal: [/^zod(\/|$)/],
    copy: [{ from: 'node_modules/zod/LICENSE', to: 'dist', rename: 'zod.LICENSE' }],
    dts: false,
    sourcemap: true,
    clean: true,
  },
  // The types stay zod's own: a user's schema is then of the very type that is asked for.
  { ...common, plugins: [withoutUnusedImports], dts: { emitDtsOnly: true }, clean: false },
]);
