// What an application does when it starts: finds its assistant by name or makes it, uploads the documents of a folder
// into a vector store, and brings prompt and tools up to date.
import fs from 'node:fs';
import path from 'node:path';
import OpenAI from 'openai4';

let cached: OpenAI | undefined;
const getOpenAI = () => {
  cached ??= new OpenAI({ apiKey: process.env.OPENAI_API_KEY });
  return cached;
};

const NAME = 'Handbook assistant';

export async function setup(folder: string, instructions: string) {
  const openai = getOpenAI();

  const assistants = await openai.beta.assistants.list({ limit: 100 });
  let assistant = assistants.data.find((one) => one.name === NAME);
  if (assistant) {
    console.log('assistant found');
  } else {
    assistant = await openai.beta.assistants.create({
      name: NAME,
      model: 'gpt-4o',
      tools: [{ type: 'file_search' }],
    });
    console.log('assistant created');
  }

  let [vectorStoreId] = assistant.tool_resources?.file_search?.vector_store_ids ?? [];
  if (!vectorStoreId) {
    vectorStoreId = (await openai.vectorStores.create({ name: `${NAME} documents` })).id;
  }

  const known = await openai.files.list({ purpose: 'assistants' });
  for (const name of fs.readdirSync(folder).sort()) {
    if (known.data.some((file) => file.filename === name)) continue;
    const file = await openai.files.create({
      file: fs.createReadStream(path.join(folder, name)),
      purpose: 'assistants',
    });
    const indexed = await openai.vectorStores.files.createAndPoll(vectorStoreId, { file_id: file.id });
    console.log(`${name}: ${indexed.status}`);
  }

  return openai.beta.assistants.update(assistant.id, {
    instructions,
    tool_resources: { file_search: { vector_store_ids: [vectorStoreId] } },
  });
}
