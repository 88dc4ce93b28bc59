/** The upstream of the benchmarks: the simulator in a process of its own. The number of deltas stands in the model's instructions. */
import { createSimulator, say, slow, turn } from '../../src/simulator/index.ts';

const simulator = createSimulator({
  defaultScript: ({ body }) => {
    const { deltas = 1, pauseMs = 0, delayMs = 0 } = JSON.parse(body.instructions ?? '{}');
    const text = Array.from({ length: deltas }, (_, at) => `word${at} `).join('');
    const timing = slow({
      ...(delayMs > 0 && { beforeFirst: delayMs }),
      ...(pauseMs > 0 && { betweenDeltas: pauseMs }),
    });
    return delayMs + pauseMs > 0 ? turn(timing, say(text, { deltas })) : turn(say(text, { deltas }));
  },
});
setInterval(() => simulator.reset(), 100).unref();
const { url } = await simulator.listen();
process.send?.(url);

// Not left behind when the benchmark is broken off.
process.on('disconnect', () => process.exit());
