/** §1.7: annotations in what the model says. */
import { type Check, group } from '../check.ts';
import type { Context } from '../context.ts';
import type { Received } from '../received.ts';
import { op } from './operations.ts';
import { codeRun, searchStream } from './world.ts';

const cited = async (t: Context) => {
  const { threadId } = await searchStream(t);
  return (await t.get(`/threads/${threadId}/messages`, { limit: 1 })).ok().at('data[0].content[0].text');
};

/** §1.7: the marker stands in the text, at [start_index, end_index). */
function markerInText(text: Received): void {
  const at = 'annotations[0]';
  const [start, end] = [text.number(`${at}.start_index`), text.number(`${at}.end_index`)];
  text.field(`${at}.text`, text.text('value').slice(start, end));
}

export const annotations: Check[] = group(
  {
    dialect: 'openai',
    area: 'annotations',
    section: '§1.7',
    evidence: ['REC-net', 'SPEC'],
    operation: op.listMessages,
  },
  [
    ...(
      [
        [
          'form',
          'A citation is {type: "file_citation", text, start_index, end_index, file_citation: {file_id}}.',
        ],
        ['marker', 'The text of a citation stands in value, from start_index up to end_index.'],
        ['marker-form', 'The text of a citation is a marker with the name of the file: 【4:0†compat.txt】.'],
        ['no-quote', 'A citation in a finished message has no quote: that is in streamed deltas only.'],
      ] as const
    ).map(([id, title]) => ({
      id: `annotations.citation.${id}`,
      title,
      needs: ['model', 'scripted', 'files', 'vector_stores', 'file_search', 'streaming'] as const,
      async run(t: Context) {
        const text = await cited(t);
        const { fileId } = await searchStream(t);
        if (id === 'form')
          text.fields({
            'annotations[0].type': 'file_citation',
            'annotations[0].file_citation.file_id': fileId,
          });
        if (id === 'marker') markerInText(text);
        if (id === 'marker-form') text.matches('annotations[0].text', /^【\d+:\d+†compat\.txt】$/);
        if (id === 'no-quote')
          text.field('annotations[0].file_citation.quote', undefined).has('annotations[0].file_citation');
        text.matches('annotations[0].type', /^file_citation$/);
      },
    })),
    ...(
      [
        [
          'form',
          'A file that code wrote is an annotation {type: "file_path", text, start_index, end_index, file_path: {file_id}}.',
        ],
        [
          'marker',
          'The text of a file path, sandbox:/mnt/data/…, stands in value, from start_index up to end_index.',
        ],
        ['download', 'The file of a file path can be downloaded.'],
      ] as const
    ).map(([id, title]) => ({
      id: `annotations.file-path.${id}`,
      title,
      needs: ['model', 'scripted', 'files', 'code_interpreter'] as const,
      async run(t: Context) {
        const { messages } = await codeRun(
          t,
          { code: 'write()', file: { path: '/mnt/data/table.csv', content: 'a,b\n1,2\n' } },
          [{ say: 'Here: [table](sandbox:/mnt/data/table.csv).' }],
        );
        const text = messages.at('data[0].content[0].text');
        text.fields({
          'annotations[0].type': 'file_path',
          'annotations[0].text': 'sandbox:/mnt/data/table.csv',
        });
        const fileId = text.text('annotations[0].file_path.file_id');
        if (id === 'form') text.matches('annotations[0].file_path.file_id', /^file-/);
        if (id === 'marker') markerInText(text);
        if (id === 'download') (await t.get(`/files/${fileId}/content`)).ok().equals('a,b\n1,2\n');
      },
    })),
  ],
);
