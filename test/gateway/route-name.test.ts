import { expect, test } from 'vitest';
import { routeName } from '../../src/gateway/route-name.ts';

test.each([
  ['/assistants', '/assistants'],
  ['/assistants/asst_1', '/assistants/:asst'],
  ['/threads/', '/threads'],
  ['/threads/thread_1', '/threads/:thread'],
  ['/threads/thread_1/', '/threads/:thread'],
  ['/threads/runs', '/threads/runs'],
  ['/threads/t/messages/m', '/threads/:thread/messages/:msg'],
  ['/threads/t/messages/m/files/f', '/threads/:thread/messages/:msg/files/:file'],
  ['/threads/t/runs/r/cancel', '/threads/:thread/runs/:run/cancel'],
  ['/threads/t/runs/r/submit_tool_outputs', '/threads/:thread/runs/:run/submit_tool_outputs'],
  ['/threads/t/runs/r/steps/s', '/threads/:thread/runs/:run/steps/:step'],
  ['/files/file-1/content', '/files/:file/content'],
])('%s is %s', (path, name) => {
  expect(routeName(path)).toBe(name);
});

test('what anybody makes up adds no names', () => {
  const words = ['threads', 'runs', 'a', 'a_b', 'thread_1-2', 'cancel', '', '%2e'];
  const names = new Set<string>();
  for (let n = 0; n < 20_000; n++) {
    const parts = Array.from(
      { length: n % 9 },
      (_, at) => `${words[(n >> at) % words.length]}${at === 1 ? n : ''}`,
    );
    names.add(routeName(`/threads/${parts.join('/')}`));
  }
  expect(names.size).toBeLessThan(60);
  expect([...names].join()).not.toMatch(/a_b|thread_1|\d/);
});
