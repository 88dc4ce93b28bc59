/** §A.2: files that are uploaded, bound to an assistant, and sent with a message. */
import { type Check, group } from '../check.ts';
import type { Context } from '../context.ts';
import { preparing } from '../failure.ts';
import { newAssistant, newMessage, newThread } from '../openai/world.ts';
import type { Answer } from '../received.ts';
import { flat, milliseconds } from './objects.ts';
import { op } from './operations.ts';

const NONE = 'file-00000000-0000-4000-8000-000000000000';

function upload(t: Context, name = 'compat.txt'): Promise<Answer> {
  const body = new FormData();
  body.append('files', new File(['Gazpacho is served cold.'], name, { type: 'text/plain' }));
  body.append('descriptions', 'a file');
  return t.post('/files', body);
}

const newFile = (t: Context, name?: string) =>
  preparing(async () => (await upload(t, name)).ok().text('data.uploaded_files[0].file_id'));

/** An assistant with a file that was bound to it. */
async function bound(t: Context) {
  const [assistantId, fileId] = [await newAssistant(t), await newFile(t)];
  const where = `/assistants/${assistantId}/files`;
  const answer = await t.post(where, { file_id: fileId });
  return { assistantId, fileId, where, one: `${where}/${fileId}`, answer };
}

/** The same; that it cannot be bound is another check's. */
const withFile = (t: Context) =>
  preparing(async () => {
    const made = await bound(t);
    made.answer.ok();
    return made;
  });

/** A message that was sent with files. */
async function messageWith(t: Context, file_ids: string[]) {
  const threadId = await newThread(t, {});
  const messageId = await newMessage(t, threadId, 'hi', { file_ids });
  const message = `/threads/${threadId}/messages/${messageId}`;
  return { messageId, message, where: `${message}/files` };
}

const idsOf = (list: Answer) =>
  list
    .items()
    .map((item) => item.text('id'))
    .sort()
    .join();

const uploads = group(
  {
    dialect: 'dashscope',
    area: 'files',
    section: '§A.2',
    evidence: ['S'],
    operation: op.upload,
    needs: ['files'],
  },
  [
    {
      id: 'ds.files.upload',
      title: 'POST /files takes a part `files` and answers data.uploaded_files with file_id and name.',
      async run(t) {
        const answer = (await upload(t)).ok().field('data.uploaded_files[0].name', 'compat.txt');
        answer
          .matches('data.uploaded_files[0].file_id', /\S/)
          .field('data.failed_uploads', [])
          .matches('request_id', /\S/);
      },
    },
  ],
);

const ofAssistants = group(
  {
    dialect: 'dashscope',
    area: 'files',
    section: '§A.2',
    evidence: ['?'],
    operation: op.bindFile,
    needs: ['files'],
  },
  [
    {
      id: 'ds.files.bind',
      title: 'POST on files of an assistant binds a file, as version 1 of the Assistants API did.',
      async run(t) {
        const { answer, fileId, assistantId } = await bound(t);
        answer
          .ok()
          .fields({ id: fileId, object: 'assistant.file', assistant_id: assistantId })
          .matches('request_id', /\S/);
      },
    },
    {
      id: 'ds.files.bind.created-at',
      section: '§A.3',
      evidence: ['S'],
      title: 'created_at of a bound file is in milliseconds.',
      run: async (t) => {
        (await withFile(t)).answer.is(milliseconds, 'created_at');
      },
    },
    {
      id: 'ds.files.bind.file-ids',
      operation: op.getAssistant,
      title: 'A bound file is among file_ids of its assistant.',
      async run(t) {
        const { assistantId, fileId } = await withFile(t);
        (await t.get(`/assistants/${assistantId}`)).ok().field('file_ids', [fileId]);
      },
    },
    {
      id: 'ds.files.bind.no-assistant',
      section: '§A.11',
      evidence: ['I'],
      title: 'A file cannot be bound to an assistant that is not there.',
      async run(t) {
        const path = '/assistants/asst_00000000-0000-4000-8000-000000000000/files';
        flat(await t.post(path, { file_id: await newFile(t) }), 404, 'NotFound');
      },
    },
    {
      id: 'ds.files.bind.missing',
      section: '§A.11',
      evidence: ['I'],
      title: 'POST on files of an assistant without file_id is refused.',
      async run(t) {
        flat(await t.post(`/assistants/${await newAssistant(t)}/files`, {}), 400, 'InvalidParameter');
      },
    },
    {
      id: 'ds.files.of-assistant',
      operation: op.listAssistantFiles,
      title: 'The files of an assistant are those it was created with and those bound since.',
      async run(t) {
        const [first, second] = [await newFile(t, 'one.txt'), await newFile(t, 'two.txt')];
        const where = `/assistants/${await newAssistant(t, { file_ids: [first] })}/files`;
        await preparing(async () => (await t.post(where, { file_id: second })).ok());
        const list = (await t.get(where)).ok().field('object', 'list');
        const received = idsOf(list);
        const expected = [first, second].sort().join();
        list.holds(received === expected, expected, received);
      },
    },
    {
      id: 'ds.files.of-assistant.none',
      operation: op.listAssistantFiles,
      title: 'An assistant without files has an empty list of them.',
      run: async (t) => {
        (await t.get(`/assistants/${await newAssistant(t)}/files`))
          .ok()
          .fields({ data: [], has_more: false });
      },
    },
    {
      id: 'ds.files.of-assistant.get',
      operation: op.getAssistantFile,
      title: 'A bound file can be retrieved.',
      async run(t) {
        const { one, fileId, assistantId } = await withFile(t);
        (await t.get(one))
          .ok()
          .fields({ id: fileId, object: 'assistant.file', assistant_id: assistantId })
          .is(milliseconds, 'created_at');
      },
    },
    {
      id: 'ds.files.of-assistant.not-there',
      section: '§A.11',
      evidence: ['I'],
      operation: op.getAssistantFile,
      title: 'GET of a file that the assistant does not have is a flat 404 of code NotFound.',
      run: async (t) => {
        flat(await t.get(`/assistants/${await newAssistant(t)}/files/${NONE}`), 404, 'NotFound');
      },
    },
    {
      id: 'ds.files.unbind',
      operation: op.unbindFile,
      title: 'DELETE of a bound file says its id and deleted: true.',
      async run(t) {
        const { one, fileId } = await withFile(t);
        (await t.delete(one)).ok().fields({ id: fileId, deleted: true }).matches('request_id', /\S/);
      },
    },
    {
      id: 'ds.files.unbind.gone',
      operation: op.unbindFile,
      title: "A file that was taken away is no longer the assistant's; the assistant stays.",
      async run(t) {
        const { one, assistantId } = await withFile(t);
        await preparing(async () => (await t.delete(one)).ok());
        flat(await t.get(one), 404, 'NotFound');
        (await t.get(`/assistants/${assistantId}`)).ok().fields({ id: assistantId, file_ids: [] });
      },
    },
    {
      id: 'ds.files.unbind.not-there',
      section: '§A.11',
      evidence: ['I'],
      operation: op.unbindFile,
      title: 'DELETE of a file that the assistant does not have is a flat 404 of code NotFound.',
      run: async (t) => {
        flat(await t.delete(`/assistants/${await newAssistant(t)}/files/${NONE}`), 404, 'NotFound');
      },
    },
  ],
);

const ofMessages = group(
  {
    dialect: 'dashscope',
    area: 'files',
    section: '§A.2',
    evidence: ['?'],
    operation: op.listMessageFiles,
    needs: ['files'],
  },
  [
    {
      id: 'ds.files.of-message',
      title: 'The files of a message are those it was sent with.',
      async run(t) {
        const sent = [await newFile(t, 'one.txt'), await newFile(t, 'two.txt')].sort();
        const list = (await t.get((await messageWith(t, sent)).where)).ok().field('object', 'list');
        const received = idsOf(list);
        list.holds(received === sent.join(), sent.join(), received);
      },
    },
    {
      id: 'ds.files.of-message.none',
      title: 'A message without files has an empty list of them.',
      run: async (t) => {
        (await t.get((await messageWith(t, [])).where)).ok().fields({ data: [], has_more: false });
      },
    },
    {
      id: 'ds.files.of-message.file-ids',
      section: '§A.6',
      evidence: ['S'],
      operation: op.getMessage,
      title: 'file_ids of a message are those it was sent with.',
      async run(t) {
        const fileId = await newFile(t);
        (await t.get((await messageWith(t, [fileId])).message)).ok().field('file_ids', [fileId]);
      },
    },
    {
      id: 'ds.files.of-message.get',
      operation: op.getMessageFile,
      title: 'A file of a message can be retrieved; it names the message.',
      async run(t) {
        const fileId = await newFile(t);
        const { where, messageId } = await messageWith(t, [fileId]);
        (await t.get(`${where}/${fileId}`))
          .ok()
          .fields({ id: fileId, object: 'thread.message.file', message_id: messageId })
          .is(milliseconds, 'created_at');
      },
    },
    {
      id: 'ds.files.of-message.not-there',
      section: '§A.11',
      evidence: ['I'],
      operation: op.getMessageFile,
      title: 'GET of a file that the message does not have is a flat 404 of code NotFound.',
      run: async (t) => {
        flat(await t.get(`${(await messageWith(t, [])).where}/${NONE}`), 404, 'NotFound');
      },
    },
  ],
);

export const fileChecks: Check[] = [...uploads, ...ofAssistants, ...ofMessages];
