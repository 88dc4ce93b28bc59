import { existsSync } from 'node:fs';
import { defineConfig } from 'tsdown';

const entry = {
  index: 'src/index.ts',
  'simulator/index': 'src/simulator/index.ts',
  'store/suite': 'src/store/suite.ts',
  'compat/index': 'src/compat/index.ts',
  'cli/index': 'src/cli/index.ts',
};

export default defineConfig({
  entry: Object.fromEntries(Object.entries(entry).filter(([, file]) => existsSync(file))),
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  dts: true,
  sourcemap: true,
  clean: true,
  fixedExtension: false,
});
