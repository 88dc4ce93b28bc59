/**
 * Assistants code in languages that are not rewritten. A line-by-line look with comments blanked out: enough to say where
 * it is, and the change it needs is one setting anyway.
 */
import { readFileSync, statSync } from 'node:fs';
import type { ForeignAdvice, ForeignSite } from '../types.ts';

type Language = ForeignSite['language'];
type Vendor = ForeignSite['vendor'];

const BY_EXTENSION: Record<string, Language> = {
  py: 'Python',
  ipynb: 'Python',
  java: 'Java',
  kt: 'Kotlin',
  go: 'Go',
  cs: 'C#',
  php: 'PHP',
  rb: 'Ruby',
};

interface Rule {
  vendor: Vendor;
  /** The file must have this somewhere. */
  needs: RegExp;
  /** The line is a call. */
  call: RegExp;
}

const RAW: Rule[] = [
  { vendor: 'OpenAI', needs: /api\.openai\.com/, call: /api\.openai\.com\/v1\/(?:assistants|threads)\b/ },
  {
    vendor: 'DashScope',
    needs: /dashscope/,
    call: /dashscope[\w-]*\.aliyuncs\.com\/api\/v1\/(?:assistants|threads)\b/,
  },
];

const RULES: Record<Language, Rule[]> = {
  Python: [
    { vendor: 'OpenAI', needs: /\bopenai\b/, call: /\.beta\s*\.\s*(?:assistants|threads)\b/ },
    {
      vendor: 'DashScope',
      needs: /\bdashscope\b/,
      call: /\b(?:Assistants|Threads|Messages|Runs|Steps)\.(?:call|create|get|retrieve|update|delete|list|wait|cancel|submit_tool_outputs|create_thread_and_run)\b/,
    },
  ],
  Java: [
    {
      vendor: 'OpenAI',
      needs: /com\.openai\b|openai/i,
      call: /\.beta\(\)\s*\.\s*(?:assistants|threads)\(\)/,
    },
    {
      vendor: 'OpenAI',
      needs: /theokanning|OpenAiService/,
      call: /\.(?:createAssistant|createThread|createRun|retrieveRun|listMessages|submitToolOutputs)\(/,
    },
    {
      vendor: 'DashScope',
      needs: /com\.alibaba\.dashscope\.(?:assistants|threads)/,
      call: /\bnew\s+(?:Assistants|Threads|Messages|Runs)\(/,
    },
  ],
  Kotlin: [
    {
      vendor: 'OpenAI',
      needs: /openai/i,
      call: /\.beta\(\)\s*\.\s*(?:assistants|threads)\(\)|\.(?:createThread|createRun|createThreadRun|assistant)\(/,
    },
    {
      vendor: 'DashScope',
      needs: /com\.alibaba\.dashscope\.(?:assistants|threads)/,
      call: /(?<!import\s.*)\b(?:Assistants|Threads|Messages|Runs)\(/,
    },
  ],
  Go: [
    { vendor: 'OpenAI', needs: /openai/, call: /\.Beta\.(?:Assistants|Threads)\b/ },
    {
      vendor: 'OpenAI',
      needs: /go-openai/,
      call: /\.(?:CreateAssistant|RetrieveAssistant|CreateThread(?:AndRun)?|CreateRun|RetrieveRun|CreateMessage|ListMessage|SubmitToolOutputs)\(/,
    },
  ],
  'C#': [
    {
      vendor: 'OpenAI',
      needs: /OpenAI/,
      call: /\bnew\s+AssistantClient\(|\.GetAssistantClient\(|\bnew\s+AssistantsClient\(|\.Get(?:PersistentAgents|Agents)Client\(/,
    },
    { vendor: 'OpenAI', needs: /OpenAI/, call: /\.(?:AssistantsEndpoint|ThreadsEndpoint)\./ },
  ],
  PHP: [{ vendor: 'OpenAI', needs: /OpenAI/i, call: /(?:->|::)(?:assistants|threads)\(\)/ }],
  Ruby: [
    {
      vendor: 'OpenAI',
      needs: /openai/i,
      call: /\.(?:assistants|threads|runs)\.(?:create|retrieve|list|modify|cancel|submit_tool_outputs)\b|\.beta\.(?:assistants|threads)\b/,
    },
  ],
};

const LARGEST = 4 * 1024 * 1024;

/** Call sites of one file. `place` gives the path as it is to be shown. */
export function findForeign(file: string, shown: string): ForeignSite[] {
  const language = BY_EXTENSION[file.slice(file.lastIndexOf('.') + 1)];
  if (!language || statSync(file).size > LARGEST) return [];
  const text = readFileSync(file, 'utf8');
  const rules = [...RULES[language], ...RAW].filter((rule) => rule.needs.test(text));
  if (rules.length === 0) return [];
  const sites: ForeignSite[] = [];
  const original = text.split('\n');
  withoutComments(text, language)
    .split('\n')
    .forEach((line, index) => {
      const rule = rules.find((each) => each.call.test(line));
      if (!rule) return;
      const column = (rule.call.exec(line)?.index ?? 0) + 1;
      const code = (original[index] ?? '').trim().slice(0, 200);
      sites.push({ file: shown, line: index + 1, column, language, vendor: rule.vendor, code });
    });
  return sites;
}

/** Comments and Python's free-standing strings become spaces; every line and column stays where it is. */
function withoutComments(text: string, language: Language): string {
  const hash = language === 'Python' || language === 'Ruby' || language === 'PHP';
  const slashes = language !== 'Python' && language !== 'Ruby';
  const strings = language === 'Python' ? `"""[\\s\\S]*?"""|'''[\\s\\S]*?'''|` : '';
  const quoted = `"(?:\\\\.|[^"\\\\\\n])*"|'(?:\\\\.|[^'\\\\\\n])*'`;
  const comments = [
    ...(hash ? ['#[^\\n]*'] : []),
    ...(slashes ? ['\\/\\/[^\\n]*', '\\/\\*[\\s\\S]*?\\*\\/'] : []),
  ];
  const token = new RegExp(`${strings}${quoted}|${comments.join('|')}`, 'g');
  return text.replace(token, (found) => {
    const isString = /^["']/.test(found) && !/^(?:"""|''')/.test(found);
    return isString ? found : found.replace(/[^\n]/g, ' ');
  });
}

const SETTINGS: Partial<Record<Language, Partial<Record<Vendor, string>>>> = {
  Python: {
    OpenAI: 'OPENAI_BASE_URL=http://127.0.0.1:4010/v1, or OpenAI(base_url="http://127.0.0.1:4010/v1")',
    DashScope:
      'DASHSCOPE_HTTP_BASE_URL=http://127.0.0.1:4010/api/v1, or dashscope.base_http_api_url = "http://127.0.0.1:4010/api/v1"',
  },
  Java: {
    OpenAI:
      'OPENAI_BASE_URL=http://127.0.0.1:4010/v1, or OpenAIOkHttpClient.builder().baseUrl("http://127.0.0.1:4010/v1")',
    DashScope:
      'DASHSCOPE_HTTP_BASE_URL=http://127.0.0.1:4010/api/v1, or Constants.baseHttpApiUrl = "http://127.0.0.1:4010/api/v1"',
  },
  Kotlin: {
    OpenAI: 'the base URL of the client: http://127.0.0.1:4010/v1',
    DashScope: 'DASHSCOPE_HTTP_BASE_URL=http://127.0.0.1:4010/api/v1',
  },
  Go: {
    OpenAI:
      'OPENAI_BASE_URL=http://127.0.0.1:4010/v1, or option.WithBaseURL("http://127.0.0.1:4010/v1"); with go-openai: config.BaseURL',
  },
  'C#': { OpenAI: 'new OpenAIClientOptions { Endpoint = new Uri("http://127.0.0.1:4010/v1") }' },
  PHP: {
    OpenAI: "OpenAI::factory()->withBaseUri('http://127.0.0.1:4010/v1'), or OPENAI_BASE_URL with Laravel",
  },
  Ruby: {
    OpenAI:
      'OpenAI::Client.new(uri_base: "http://127.0.0.1:4010/v1"), or OPENAI_BASE_URL with the official gem',
  },
};

/** What to set for each language and vendor that was found. The gateway is `npx rethread serve`. */
export function foreignAdvice(sites: readonly ForeignSite[]): ForeignAdvice[] {
  const advice = new Map<string, ForeignAdvice>();
  for (const { language, vendor } of sites) {
    const set = SETTINGS[language]?.[vendor] ?? 'the base URL of its client to the gateway';
    advice.set(`${language} ${vendor}`, { language, vendor, set });
  }
  return [...advice.values()];
}
