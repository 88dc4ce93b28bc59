/** The store and the tenant that a command works on, from its flags, the environment and rethread.config. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Command, Option } from 'commander';
import type { Domain } from '../assistants/domain.ts';
import { optionsFromFiles } from '../config-file.ts';
import { LOCAL, openTenantDirectory, type TenantDirectory } from '../gateway/tenants.ts';
import { mergeOptions, optionsFromEnvironment, parseOptions } from '../options.ts';
import { parseFileAddress } from '../store/file-address.ts';
import { openStore } from '../store/open.ts';
import type { Store } from '../store/store.ts';
import { Exit, type Io } from './io.ts';

export interface DataFlags {
  store?: string;
  tenant?: string;
}

export interface Data {
  store: Store;
  directory: TenantDirectory;
  /** What a tenant of this name sees; `create` makes it known where it has never come in. @throws Exit 2 */
  domainOf(tenant: string | undefined, create?: boolean): Promise<Domain>;
  /** What every tenant has. */
  all(): Promise<Domain[]>;
}

export const storeOption = () =>
  new Option(
    '--store <url>',
    'file:<directory>, sqlite://, redis:// or postgres:// (default: file:.rethread)',
  ).env('RETHREAD_STORE');

export const withDataOptions = (command: Command): Command =>
  command
    .addOption(storeOption())
    .option(
      '--tenant <name>',
      'whose data: a tenant of the gateway, or local, that of withAssistants (default: local)',
    );

/** What a user calls `acme` is `tenant:acme` in the store. */
export const tenantName = (given: string) =>
  given === LOCAL || given.includes(':') ? given : `tenant:${given}`;

/** @param mustExist refuses a directory that is not there, rather than make one @throws Exit, OptionsError, StoreError */
export async function withData<T>(
  { store: url }: DataFlags,
  io: Io,
  mustExist: boolean,
  work: (data: Data) => Promise<T>,
): Promise<T> {
  const options = mergeOptions(
    await optionsFromFiles(io.cwd),
    optionsFromEnvironment(process.env),
    url === undefined ? {} : parseOptions({ store: url }, '--store'),
  );
  const target = options.store ?? 'file:.rethread';
  if (mustExist) checkThere(target, io.cwd);
  const store = await openStore(target, {
    ...(options.queue && { locks: options.queue }),
    ...(options.namespace && { namespace: options.namespace }),
  });
  try {
    return await work(dataOf(store));
  } finally {
    await store.close();
  }
}

function dataOf(store: Store): Data {
  const directory = openTenantDirectory(store);
  const domainOver = (name: string): Domain => ({
    tenant: name,
    store: store.scoped(name),
    now: Date.now,
    runExpiry: 600,
    declared: {},
  });
  return {
    store,
    directory,
    async domainOf(given = LOCAL, create = false) {
      const name = tenantName(given);
      const known = await directory.list();
      const record = known.find((one) => one.name === name);
      if (record) return domainOver(record.data ?? name);
      if (name === LOCAL) return domainOver(LOCAL);
      if (create) return domainOver(await directory.dataOf(name, ''));
      const others = known.map((one) => one.name).join(', ');
      throw new Exit(2, `--tenant: there is no '${name}' in this store${others && `; there are ${others}`}`);
    },
    async all() {
      return (await directory.data()).map(domainOver);
    },
  };
}

function checkThere(target: unknown, cwd: string): void {
  if (typeof target !== 'string' || !target.startsWith('file:')) return;
  const { directory } = parseFileAddress(target);
  if (existsSync(path.resolve(cwd, directory, 'data.mdb'))) return;
  throw new Exit(
    2,
    `--store: there is no store in ${path.resolve(cwd, directory)}; say where it is, e.g. --store file:.rethread`,
  );
}
