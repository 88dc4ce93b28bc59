/** What a run leaves besides rewritten sources: dependencies, declared assistants, and findings about other files. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type AssistantId, findAssistantIds } from './detect/assistant-ids.ts';
import { findInComponent } from './detect/components.ts';
import { findMocks, mockAdvice } from './detect/mocks.ts';
import type { Package } from './project/packages.ts';
import { relativeTo } from './source/relative.ts';
import type { Source } from './source/sources.ts';
import { lineMap } from './source/text.ts';
import type { PassesResult } from './targets/passes.ts';
import { ASSISTANTS_FILE, assistantsFile, withoutModel } from './transforms/assistants-file.ts';
import { addDependency, addToImportMap } from './transforms/dependency.ts';
import type { ChangeKind, Finding } from './types.ts';
import type { Workshop } from './workshop.ts';

export function extraFiles(shop: Workshop, result: PassesResult): void {
  addDependencies(shop, result);
  declareAssistants(shop, result);
}

function addFile(shop: Workshop, file: string, after: string, kind: ChangeKind, message: string): void {
  const shown = relativeTo(shop.root, file);
  const before = existsSync(file) ? readFileSync(file, 'utf8') : null;
  shop.report.files.push({ file: shown, before, after, written: false });
  shop.report.changes.push({ file: shown, line: 1, column: 1, kind, message });
}

function addDependencies(shop: Workshop, result: PassesResult): void {
  const owners = new Set<Package>();
  const maps = new Set<string>();
  const without: string[] = [];
  for (const file of result.dependents) {
    if (shop.texts.get(file)?.text.includes('npm:rethread@')) continue;
    const map = denoMapAbove(file);
    const owner = ownerOf(shop, file);
    if (map !== undefined && (!owner || owner.dir.length < path.posix.dirname(map).length)) maps.add(map);
    else if (owner) owners.add(owner);
    else without.push(file);
  }
  const range = `^${shop.version}`;
  for (const owner of owners) {
    const after = addDependency(owner, 'rethread', range);
    if (after !== undefined)
      addFile(shop, owner.file, after, 'dependency', `rethread ${range} is a dependency`);
  }
  for (const map of maps) {
    const after = addToImportMap(map, readFileSync(map, 'utf8'), range);
    if (after !== undefined)
      addFile(shop, map, after, 'dependency', `rethread ${range} is in the import map`);
  }
  const [first] = without.sort();
  if (first === undefined) return;
  shop.report.findings.push({
    file: relativeTo(shop.root, first),
    line: 1,
    column: 1,
    code: 'no-package',
    severity: 'action',
    message:
      'There is no package.json above this file, so no dependency was added, and nobody knows which version of openai it runs with.',
    help: 'Run `npm install rethread` where the program runs. With openai 5 or later, calls with several ids need the new arguments: install openai here and run the command again.',
  });
}

/** The package that has the SDK as a dependency: the nearest one, or one around it in a workspace. */
function ownerOf(shop: Workshop, file: string): Package | undefined {
  const around = [...shop.packages.around(file)].filter(
    (owner) => owner.dir.startsWith(shop.root) || shop.root.startsWith(owner.dir),
  );
  const withSdk = around.find((owner) =>
    [owner.json.dependencies, owner.json.devDependencies, owner.json.peerDependencies].some(
      (section) => section?.['openai'] !== undefined,
    ),
  );
  return withSdk ?? around[0];
}

function denoMapAbove(file: string): string | undefined {
  for (let dir = path.posix.dirname(file); ; dir = path.posix.dirname(dir)) {
    for (const name of ['deno.json', 'deno.jsonc', 'import_map.json']) {
      const map = `${dir}/${name}`;
      if (existsSync(map) && /"openai"\s*:/.test(readFileSync(map, 'utf8'))) return map;
    }
    if (existsSync(`${dir}/.git`) || path.posix.dirname(dir) === dir) return undefined;
  }
}

/** A skeleton for each package whose code names assistants; rethread reads it from the directory the program runs in. */
function declareAssistants(shop: Workshop, result: PassesResult): void {
  const { plan, flow } = result.last;
  const { sites } = plan;
  if (sites.length === 0 && !result.done.some(({ rewrite }) => rewrite.kind === 'raw-http')) return;
  const sources = [...shop.texts.relevant]
    .sort()
    .map((file) => shop.sources.get(file))
    .filter((source) => source !== undefined);
  const dirOf = (source: Source): string => ownerOf(shop, source.path)?.dir ?? shop.root;
  const byDir = new Map<string, AssistantId[]>();
  for (const id of findAssistantIds(flow, sites, sources, shop.root, dirOf))
    byDir.set(id.dir, [...(byDir.get(id.dir) ?? []), id]);
  for (const [dir, own] of byDir) {
    const file = `${dir}/${ASSISTANTS_FILE}`;
    const existing = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
    let after: string | undefined;
    try {
      after = assistantsFile(own, existing, (each) => relativeTo(dir, each));
    } catch {
      shop.report.findings.push(
        aboutIds(shop, file, `${ASSISTANTS_FILE} is not JSON, so it was left as it is.`),
      );
      continue;
    }
    if (after === undefined) {
      const open = withoutModel(existing ?? '{}');
      if (open.length > 0)
        shop.report.findings.push(
          aboutIds(
            shop,
            file,
            `${open.join(', ')} in ${ASSISTANTS_FILE} has no model yet, so it does not exist.`,
          ),
        );
      continue;
    }
    addFile(shop, file, after, 'declared-assistants', `declares ${own.map(({ key }) => key).join(', ')}`);
    const open = own.filter(({ body }) => typeof body['model'] !== 'string').length;
    shop.report.findings.push(aboutIds(shop, file, gone(own.length, open)));
  }
}

/** What is known of assistants that the code names, when for `open` of them the code gives no model. */
function gone(named: number, open: number): string {
  const one = named === 1;
  const state =
    open === 0
      ? `${one ? 'it is' : 'all of them are'} configured as the code says`
      : `the code does not say which model ${one ? 'it has' : open === named ? 'they have' : `${open} of them have`}`;
  return `The code names ${one ? '1 assistant' : `${named} assistants`} by id, and what was behind the id${one ? '' : 's'} is gone: ${state}.`;
}

function aboutIds(shop: Workshop, file: string, message: string): Finding {
  return {
    file: relativeTo(shop.root, file),
    line: 1,
    column: 1,
    code: 'assistant-ids',
    severity: 'action',
    message,
    help: `Look through ${ASSISTANTS_FILE} and fill in what is null. rethread reads it from the directory that the program runs in.`,
  };
}

export function extraFindings(shop: Workshop, result: PassesResult): Finding[] {
  return [...mocked(shop, result), ...unread(shop), ...inComponents(shop)];
}

/** Tests that replace the SDK matter once something they load wraps a client. */
function mocked(shop: Workshop, result: PassesResult): Finding[] {
  if (!result.done.some(({ rewrite }) => rewrite.kind === 'wrap-client')) return [];
  return findMocks(shop.texts).map(({ file, offset, framework }) => ({
    file: relativeTo(shop.root, file),
    ...lineMap(shop.texts.get(file)?.text ?? '')(offset),
    code: 'mocked-sdk',
    severity: 'action',
    message: 'This test replaces `openai` by a mock, and `withAssistants` refuses what is no client.',
    help: mockAdvice(framework),
  }));
}

function unread(shop: Workshop): Finding[] {
  const findings: Finding[] = [];
  for (const [file, reason] of shop.texts.unreadable) {
    findings.push({
      file: relativeTo(shop.root, file),
      line: 1,
      column: 1,
      code: 'not-parsed',
      severity: 'action',
      message: `This file may call the Assistants API, but ${reason}, so it was not looked into.`,
      help: 'Look at it by hand.',
    });
  }
  for (const file of shop.texts.generated) {
    findings.push({
      file: relativeTo(shop.root, file),
      line: 1,
      column: 1,
      code: 'generated-file',
      severity: 'note',
      message: 'This file was made by a tool and was left as it is.',
      help: 'Build it again from the migrated sources.',
    });
  }
  return findings;
}

function inComponents(shop: Workshop): Finding[] {
  return shop.files.components.flatMap((file) => findInComponent(file, relativeTo(shop.root, file)));
}
