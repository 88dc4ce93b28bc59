/** Adds rethread to a package.json (or to a Deno import map), where its author would have put it. */
import { ts } from 'ts-morph';
import { DEPENDENCY_SECTIONS, type Package } from '../project/packages.ts';
import { applyEdits, type Edit } from '../source/edits.ts';

/** The new text of the package.json, or `undefined` if it has the dependency already. */
export function addDependency(owner: Package, name: string, range: string): string | undefined {
  for (const section of DEPENDENCY_SECTIONS) if (owner.json[section]?.[name] !== undefined) return undefined;
  if (owner.json.name === name) return undefined;
  const section = DEPENDENCY_SECTIONS.find(
    (each) => each !== 'peerDependencies' && owner.json[each]?.['openai'] !== undefined,
  );
  const edit = insertEntry(owner.file, owner.text, section ?? 'dependencies', name, range);
  return edit && applyEdits(owner.text, [edit]);
}

/** The new text of a deno.json whose `imports` have the SDK, or `undefined` if there is nothing to add. */
export function addToImportMap(file: string, text: string, range: string): string | undefined {
  const edit = insertEntry(file, text, 'imports', 'rethread', `npm:rethread@${range}`);
  return edit && applyEdits(text, [edit]);
}

function insertEntry(
  file: string,
  text: string,
  section: string,
  name: string,
  value: string,
): Edit | undefined {
  const bom = text.startsWith('\uFEFF') ? 1 : 0;
  const json = ts.parseJsonText(file, text.slice(bom));
  const root = json.statements[0]?.expression;
  if (!root || !ts.isObjectLiteralExpression(root)) return undefined;
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const unit = /\n([ \t]+)"/.exec(text)?.[1] ?? '  ';
  const entry = `${JSON.stringify(name)}: ${JSON.stringify(value)}`;
  const keyOf = (property: ts.ObjectLiteralElementLike): string =>
    property.name && ts.isStringLiteral(property.name) ? property.name.text : '';

  const existing = root.properties.find((property) => keyOf(property) === section);
  if (existing && ts.isPropertyAssignment(existing) && ts.isObjectLiteralExpression(existing.initializer)) {
    const { properties } = existing.initializer;
    const keys = properties.map(keyOf);
    if (keys.includes(name)) return undefined;
    const last = properties.at(-1);
    if (!last) {
      const at = existing.initializer.getStart(json) + bom;
      return {
        start: at,
        end: existing.initializer.end + bom,
        text: `{${eol}${unit}${unit}${entry}${eol}${unit}}`,
      };
    }
    const isSorted = keys.every((key, index) => index === 0 || (keys[index - 1] ?? '') <= key);
    const after = isSorted ? properties[keys.filter((key) => key < name).length - 1] : last;
    if (after)
      return { start: after.end + bom, end: after.end + bom, text: `,${separator(json, after)}${entry}` };
    const [first] = properties;
    const at = (first?.getStart(json) ?? 0) + bom;
    return { start: at, end: at, text: `${entry},${separator(json, first)}` };
  }
  const last = root.properties.at(-1);
  const block = `"${section}": {${eol}${unit}${unit}${entry}${eol}${unit}}`;
  if (last) return { start: last.end + bom, end: last.end + bom, text: `,${eol}${unit}${block}` };
  return { start: root.getStart(json) + bom, end: root.end + bom, text: `{${eol}${unit}${block}${eol}}` };
}

/** What stands between an entry and the one before it: a line break with indentation, or a space. */
function separator(json: ts.JsonSourceFile, entry: ts.Node | undefined): string {
  if (!entry) return ' ';
  const space = json.text.slice(entry.pos, entry.getStart(json));
  return space === '' ? ' ' : space;
}
