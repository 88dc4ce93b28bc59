import { afterAll, describe, expect, test } from 'vitest';
import { migrate, type Report } from '../../codemods/index.ts';
import { parse, syntaxErrors } from '../../codemods/source/parse.ts';
import { copyOf, filesOf, fixtures, removeCopies } from './fixtures.ts';

afterAll(removeCopies);

const shown = (report: Report): string[] =>
  report.findings.map((finding) => `${finding.code} ${finding.file}:${finding.line}`).sort();

describe.each(fixtures())('$name', ({ name, before, after, expect: expected }) => {
  const cwd = copyOf(before);
  const options = { cwd, force: true, ...expected.options };
  let first: Promise<Report> | undefined;
  const run = (): Promise<Report> => {
    first ??= migrate(options);
    return first;
  };

  test('comes out byte for byte as written down', async () => {
    await run();
    const files = filesOf(cwd);
    expect([...files.keys()]).toEqual([...after.keys()]);
    for (const [file, bytes] of after) {
      expect(files.get(file)?.toString(), file).toBe(bytes.toString());
      expect(files.get(file)?.equals(bytes), `${file} as bytes`).toBe(true);
    }
  });

  test('its report counts the calls and points at what needs a hand', async () => {
    const report = await run();
    const sites: Record<string, number> = {};
    for (const { status } of report.sites) sites[status] = (sites[status] ?? 0) + 1;
    expect(sites).toEqual(expected.sites);
    expect(shown(report)).toEqual([...expected.findings].sort());
    for (const sentence of expected.says ?? [])
      expect(report.findings.map((finding) => finding.message).join('\n')).toContain(sentence);
    if (expected.raw !== undefined) expect(report.summary.rawHttpCalls).toBe(expected.raw);
    if (expected.foreign) {
      const foreign = report.foreign.map(
        ({ language, vendor, file, line }) => `${language} ${vendor} ${file}:${line}`,
      );
      expect(foreign.sort()).toEqual([...expected.foreign].sort());
    }
  });

  test('a second run changes nothing', async () => {
    await run();
    const again = await migrate(options);
    expect(again.files).toEqual([]);
    expect(again.changes).toEqual([]);
  });

  test('what was written parses', async () => {
    const report = await run();
    for (const { file, after: text } of report.files) {
      if (/\.[mc]?[jt]sx?$/.test(file))
        expect(syntaxErrors(parse(`${name}/${file}`, text)), file).toEqual([]);
    }
  });
});
