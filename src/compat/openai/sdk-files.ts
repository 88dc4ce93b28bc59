/** §5.5: the helpers of every major of the openai package that upload files and wait until they can be searched. */
import { type Check, group } from '../check.ts';
import type { Context } from '../context.ts';
import { preparing } from '../failure.ts';
import { perMajor, pollsOf, type Row, seen } from './sdk-polling.ts';
import { newFile } from './world.ts';

/** What the helpers call; none is an operation of §1.1, and an endpoint may be without them. */
const op = {
  upload: 'POST /files',
  getFile: 'GET /files/{file_id}',
  addFile: 'POST /vector_stores/{vector_store_id}/files',
  addBatch: 'POST /vector_stores/{vector_store_id}/file_batches',
} as const;

const textFile = (name: string, text = 'Gazpacho is served cold.') =>
  new File([text], name, { type: 'text/plain' });

const newStore = (t: Context) =>
  preparing(async () => (await t.post('/vector_stores', {})).ok().matches('id', /^vs_/).text('id'));

const rows: Row[] = [
  {
    id: 'files.batch',
    operation: op.addBatch,
    title: 'fileBatches.uploadAndPoll gives a batch of what it uploaded and of the ids it was given.',
    async run(t, { vectorStores }) {
      const [store, known] = [await newStore(t), await newFile(t)];
      const files = [textFile('one.txt'), textFile('two.txt', 'Borscht is served hot.')];
      const batch = await vectorStores.fileBatches.uploadAndPoll(
        store,
        { files, fileIds: [known] },
        pollsOf(t),
      );
      seen(t, batch, 'what uploadAndPoll gives').fields({
        vector_store_id: store,
        status: 'completed',
        'file_counts.completed': 3,
        'file_counts.total': 3,
      });
    },
  },
  {
    id: 'files.batch-in-store',
    operation: op.addBatch,
    title: 'What fileBatches.uploadAndPoll was given is in the store, completed.',
    async run(t, { vectorStores }) {
      const store = await newStore(t);
      const files = [textFile('one.txt'), textFile('two.txt', 'Borscht is served hot.')];
      await vectorStores.fileBatches.uploadAndPoll(store, { files }, pollsOf(t));
      const { data } = await vectorStores.files.list(store);
      const statuses = data.map(({ status }) => status);
      seen(t, statuses, 'the statuses of the files').equals(['completed', 'completed']);
    },
  },
  {
    id: 'files.upload',
    operation: op.addFile,
    title: 'vectorStores.files.uploadAndPoll gives the file of the store, completed.',
    async run(t, { vectorStores }) {
      const store = await newStore(t);
      const file = await vectorStores.files.uploadAndPoll(store, textFile('one.txt'), pollsOf(t));
      seen(t, file, 'what uploadAndPoll gives').fields({
        object: 'vector_store.file',
        vector_store_id: store,
        status: 'completed',
      });
    },
  },
  {
    id: 'files.purpose',
    operation: op.upload,
    title: 'What uploadAndPoll uploads has the purpose assistants.',
    async run(t, { client, vectorStores }) {
      const file = textFile('one.txt');
      const { id } = await vectorStores.files.uploadAndPoll(await newStore(t), file, pollsOf(t));
      seen(t, await client.files.retrieve(id), 'the file').fields({
        id,
        purpose: 'assistants',
      });
    },
  },
  {
    id: 'files.wait',
    operation: op.getFile,
    needs: ['files'],
    title: 'files.waitForProcessing gives the file, processed.',
    async run(t, { client }) {
      const id = await newFile(t);
      const polls = pollsOf(t);
      const options = { maxWait: t.timeout, ...(polls && { pollInterval: polls.pollIntervalMs }) };
      const file = await client.files.waitForProcessing(id, options);
      seen(t, file, 'what waitForProcessing gives').fields({ object: 'file', id, status: 'processed' });
    },
  },
];

export const sdkFiles: Check[] = group(
  { dialect: 'openai', area: 'sdk', section: '§5.5', evidence: ['SDK'] },
  perMajor(rows.map((row) => ({ needs: ['files', 'vector_stores'], ...row }))),
);
