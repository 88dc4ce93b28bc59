/** The profiles by name, and which of them a provider's address or an option means. */
import { z } from 'zod';
import { dashscope } from './dashscope.ts';
import { azure, generic, openai, type Profile } from './profile.ts';

export const profiles = { openai, azure, dashscope, generic } as const;

export type ProfileName = keyof typeof profiles;

export const PROFILE_NAMES = Object.keys(profiles) as [ProfileName, ...ProfileName[]];

/** A profile of one's own: what it leaves out is that of the profile it extends. */
export type CustomProfile = Partial<Omit<Profile, 'tools'>> & {
  /** @default 'generic' */
  extends?: ProfileName;
  tools?: Partial<Profile['tools']>;
};

/** DashScope's public endpoints, and those of workspaces (docs/contracts/dashscope.md §C.1). */
const DASHSCOPE_HOST = /^(dashscope(-intl|-us)?\.aliyuncs\.com|[^.]+\.[^.]+\.maas\.aliyuncs\.com)$/;
const AZURE_HOST = /(^|\.)(azure\.com|azure-api\.net)$/;

/** The profile that an address tells of; proxies and gateways of unknown name are taken to lead to OpenAI. */
export function profileFor(baseURL: string): Profile {
  const host = hostOf(baseURL);
  if (AZURE_HOST.test(host)) return azure;
  return DASHSCOPE_HOST.test(host) ? dashscope : openai;
}

function hostOf(url: string): string {
  try {
    return new URL(url).hostname.toLowerCase();
  } catch {
    return '';
  }
}

/** The profile that an option means; without one that of the address. */
export function resolveProfile(option: ProfileName | CustomProfile | undefined, baseURL: string): Profile {
  if (option === undefined) return profileFor(baseURL);
  if (typeof option === 'string') return profiles[option];
  const { extends: base = 'generic', tools, ...own } = option;
  const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
  return { ...profiles[base], ...given, tools: { ...profiles[base].tools, ...tools } };
}

const func = z.custom<(...args: never[]) => unknown>(
  (value) => typeof value === 'function',
  'expected a function',
);
const yesOrNo = z.boolean({ error: 'expected true or false' });

/** The option `profile`: a name, or an object as {@link CustomProfile}. */
export const profileOption = z.union(
  [
    z.enum(PROFILE_NAMES),
    z.strictObject({
      extends: z.enum(PROFILE_NAMES).optional(),
      name: z.string().min(1).optional(),
      baseURL: z.url().optional(),
      keyHeader: z.enum(['authorization', 'api-key']).optional(),
      headers: z.record(z.string(), z.string()).optional(),
      tools: z
        .strictObject({
          file_search: yesOrNo.optional(),
          code_interpreter: yesOrNo.optional(),
          web_search: yesOrNo.optional(),
          image_generation: yesOrNo.optional(),
        })
        .optional(),
      vectorStores: yesOrNo.optional(),
      vectorStoreIdPrefix: z.string().optional(),
      maxVectorStores: z.number().min(1).optional(),
      containers: yesOrNo.optional(),
      encryptedReasoning: yesOrNo.optional(),
      replaysReasoning: z.enum(['content', 'summary', 'encrypted only']).optional(),
      model: func.optional(),
      reasons: func.optional(),
      samples: func.optional(),
      promptCacheKey: yesOrNo.optional(),
      imageFileIds: yesOrNo.optional(),
      plainAssistantText: yesOrNo.optional(),
      failsInside: yesOrNo.optional(),
      background: yesOrNo.optional(),
      adapt: func.optional(),
      restore: func.optional(),
    }),
  ],
  { error: profileProblem },
);

function profileProblem(issue: {
  input?: unknown;
  errors?: { path: PropertyKey[]; message: string }[][];
}): string {
  const names = `expected ${PROFILE_NAMES.join(', ')}, or an object`;
  const [wrong] = typeof issue.input === 'object' && issue.input !== null ? (issue.errors?.[1] ?? []) : [];
  return wrong ? `${[...wrong.path.map(String), wrong.message].join(': ')}` : names;
}
