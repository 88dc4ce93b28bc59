// Turns an answer into something to show (SDK 5): citations become footnotes with the file's name, links to files that
// code interpreter made become downloads, pictures are saved.
import fs from 'node:fs/promises';
import path from 'node:path';
import OpenAI from 'openai5';

export async function citedAnswer(assistantId: string, question: string, downloads: string) {
  const openai = new OpenAI();
  const run = await openai.beta.threads.createAndRunPoll({
    assistant_id: assistantId,
    thread: { messages: [{ role: 'user', content: question }] },
  });
  const messages = await openai.beta.threads.messages.list(run.thread_id, { run_id: run.id, order: 'asc' });

  const lines: string[] = [];
  const citations: string[] = [];
  for (const message of messages.data) {
    for (const part of message.content) {
      if (part.type === 'image_file') {
        const response = await openai.files.content(part.image_file.file_id);
        const target = path.join(downloads, `${part.image_file.file_id}.png`);
        await fs.writeFile(target, Buffer.from(await response.arrayBuffer()));
        lines.push('(picture)');
      }
      if (part.type !== 'text') continue;

      const { annotations } = part.text;
      let { value } = part.text;
      for (const [index, annotation] of annotations.entries()) {
        if (annotation.type === 'file_citation') {
          value = value.replace(annotation.text, `[${index}]`);
          const cited = await openai.files.retrieve(annotation.file_citation.file_id);
          citations.push(`[${index}] ${cited.filename}`);
        } else if (annotation.type === 'file_path') {
          const { filename } = await openai.files.retrieve(annotation.file_path.file_id);
          const name = path.basename(filename);
          const content = await openai.files.content(annotation.file_path.file_id);
          await fs.writeFile(path.join(downloads, name), Buffer.from(await content.arrayBuffer()));
          value = value.replace(annotation.text, `./${name}`);
        }
      }
      lines.push(value);
    }
  }

  const steps = await openai.beta.threads.runs.steps.list(run.id, { thread_id: run.thread_id, order: 'asc' });
  return { lines, citations, steps: steps.data.map((step) => step.type) };
}
