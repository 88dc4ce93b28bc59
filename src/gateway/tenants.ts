/**
 * Which data a tenant sees. Usually its own; but those of another name once they have been moved, e.g. from a key
 * that was rotated.
 *
 * At the root of the store, beside the tenants' scopes:
 *
 *     tenants/<name>   { name, since, data? }    one for each tenant that has ever come in
 *
 * and a log of their names.
 */
import { LRUCache } from 'lru-cache';
import { openLog } from '../store/log.ts';
import type { Store } from '../store/store.ts';
import { ownerOf } from '../tenants.ts';

export interface TenantRecord {
  name: string;
  /** Unix milliseconds. */
  since: number;
  /** The name whose data it sees; absent when these are its own. */
  data?: string;
}

export interface TenantDirectory {
  /**
   * The name under which a tenant's data are kept.
   * @param predecessors owners whose data a new tenant takes over: the first that has any
   */
  dataOf(owner: string, scope: string, predecessors?: readonly string[]): Promise<string>;
  list(): Promise<TenantRecord[]>;
  /** The names under which data are kept, each once. */
  data(): Promise<string[]>;
  /**
   * From now on `to` sees the data of `from`. What `to` has stored itself is out of sight until it is moved to itself.
   */
  move(from: string, to: string): Promise<TenantRecord>;
}

/** How long another process may go by what a tenant was before it was moved. */
const REMEMBERED_MS = 15_000;

const LOG = 'tenants';

/** Everybody, in process and with `auth: none`. */
export const LOCAL = 'local';
const key = (name: string) => `tenants/${name}`;

export function openTenantDirectory(
  store: Store,
  tell: (level: 'info' | 'warn', message: string, details: Record<string, unknown>) => void = () => {},
): TenantDirectory {
  const remembered = new LRUCache<string, string>({ max: 10_000, ttl: REMEMBERED_MS });
  const load = (name: string) => store.get<TenantRecord>(key(name));

  /** Inside the list's critical section. */
  async function add(record: TenantRecord): Promise<TenantRecord> {
    const plan = await openLog(store, LOG).append([record.name]);
    await store.setMany([[key(record.name), record], ...plan.writes]);
    return record;
  }

  /** A tenant's record; made when it comes in for the first time. */
  async function meet(name: string, predecessors: readonly string[]): Promise<TenantRecord> {
    return (
      (await load(name)) ??
      store.lock(LOG, async () => {
        const there = await load(name);
        if (there) return there;
        const from = await inherited(name, predecessors);
        return add({ name, since: Date.now(), ...(from && { data: from }) });
      })
    );
  }

  async function inherited(name: string, predecessors: readonly string[]): Promise<string | undefined> {
    const found = (await store.getMany<TenantRecord>(predecessors.map(key))).filter(
      (one) => one !== undefined,
    );
    const [first, ...others] = [...new Set(found.map(({ name: other, data = other }) => data))];
    if (first) tell('info', 'A tenant takes over the data of its key.', { tenant: name, from: first });
    for (const other of others) {
      tell('warn', 'A key of this tenant has data that the tenant does not see.', {
        tenant: name,
        data: other,
      });
    }
    return first;
  }

  /** Under which name the data are kept that a tenant sees. */
  async function keptAs(name: string): Promise<string> {
    const owner = ownerOf(name);
    const [own, ofOwner] = await Promise.all([load(name), load(owner)]);
    return own?.data ?? (ofOwner?.data ?? owner) + name.slice(owner.length);
  }

  async function list(): Promise<TenantRecord[]> {
    const names = await openLog(store, LOG).all();
    const records = await store.getMany<TenantRecord>(names.map(key));
    return records.filter((record) => record !== undefined);
  }

  return {
    async dataOf(owner, scope, predecessors = []) {
      const name = owner + scope;
      const before = remembered.get(name);
      if (before !== undefined) return before;
      const ofOwner = await meet(owner, predecessors);
      const own = scope === '' ? ofOwner : await meet(name, []);
      const data = own.data ?? (ofOwner.data ?? owner) + scope;
      remembered.set(name, data);
      return data;
    },
    list,
    async data() {
      const known = await list();
      // Also what nobody sees at present, of a tenant that was given another's data: it may be moved back.
      return [...new Set([LOCAL, ...known.flatMap(({ name, data = name }) => [name, data])])];
    },
    move: (from, to) =>
      store.lock(LOG, async () => {
        const source = from === to ? to : await keptAs(from);
        const target = await load(to);
        const { data: _, ...rest } = target ?? { name: to, since: Date.now() };
        const record: TenantRecord = { ...rest, ...(source !== to && { data: source }) };
        if (target) await store.set(key(to), record);
        else await add(record);
        remembered.clear();
        return record;
      }),
  };
}
