/** What an operator sees: Prometheus metrics, and OpenTelemetry spans where an SDK is registered (GenAI conventions). */
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Run } from '../assistants/types.ts';
import type { ObserveRun } from '../runs/scope.ts';

export interface Observer {
  observeRun: ObserveRun;
  /** @param route e.g. `/threads/:thread_id`; never an id */
  request(method: string, route: string, status: number, seconds: number): void;
  metrics(): Promise<{ contentType: string; body: string }>;
}

const SECONDS = [0.005, 0.02, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600];

/** @param live runs in progress, asked for when metrics are read */
export function createObserver(live: () => number): Observer {
  const registers = [new Registry()];
  const [registry] = registers as [Registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'rethread_http_request_duration_seconds',
    help: 'Time until the head of an answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS,
    registers,
  });
  /** By method, route and status: to look one up by its labels costs more than to note a time. */
  const observed = new Map<string, { observe(seconds: number): void }>();
  const runs = new Histogram({
    name: 'rethread_run_phase_duration_seconds',
    help: 'Time from queued to the end of a run or to requires_action.',
    labelNames: ['status'],
    buckets: SECONDS,
    registers,
  });
  const tokens = new Counter({
    name: 'rethread_tokens_total',
    help: 'Tokens used by runs that have ended.',
    labelNames: ['kind'],
    registers,
  });
  new Gauge({
    name: 'rethread_runs_live',
    help: 'Runs in progress in this process.',
    registers,
    collect() {
      this.set(live());
    },
  });

  return {
    request(method, route, status, seconds) {
      const key = `${method} ${route} ${status}`;
      const series = observed.get(key) ?? requests.labels({ method, route, status: String(status) });
      observed.set(key, series);
      series.observe(seconds);
    },
    metrics: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
    observeRun: async (run, work) => {
      const stop = runs.startTimer();
      const ended = await traced(run, work);
      stop({ status: ended.status });
      tokens.inc({ kind: 'prompt' }, ended.usage?.prompt_tokens ?? 0);
      tokens.inc({ kind: 'completion' }, ended.usage?.completion_tokens ?? 0);
      return ended;
    },
  };
}

/** One span for each phase of a run. Without a registered SDK the calls do nothing. */
function traced(run: Run, work: () => Promise<Run>): Promise<Run> {
  const attributes = {
    'gen_ai.operation.name': 'invoke_agent',
    'gen_ai.provider.name': 'openai',
    'gen_ai.agent.id': run.assistant_id,
    'gen_ai.conversation.id': run.thread_id,
    'gen_ai.request.model': run.model,
    'rethread.run.id': run.id,
  };
  const options = { kind: SpanKind.INTERNAL, attributes };
  return trace.getTracer('rethread').startActiveSpan('invoke_agent', options, async (span) => {
    const ended = await work();
    span.setAttributes({
      'rethread.run.status': ended.status,
      ...(ended.usage && {
        'gen_ai.usage.input_tokens': ended.usage.prompt_tokens,
        'gen_ai.usage.output_tokens': ended.usage.completion_tokens,
      }),
    });
    if (ended.last_error) {
      span.setAttribute('error.type', ended.last_error.code);
      span.setStatus({ code: SpanStatusCode.ERROR, message: ended.last_error.message });
    }
    span.end();
    return ended;
  });
}
