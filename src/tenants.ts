/**
 * The tenants that this process is at work for. Those that rest are let go of, since a gateway may see very many.
 *
 * A tenant's name is its owner's, followed by a slash and more where one owner keeps several sets of data apart.
 */
import type { Domain } from './assistants/domain.ts';
import type { Clockwork } from './runs/scope.ts';

export interface Tenant {
  domain: Domain;
  clockwork: Clockwork;
}

export interface Tenants {
  of(name: string): Promise<Tenant>;
  /** Those that are open now. */
  all(): Tenant[];
  /** Runs in progress of all tenants that have the same owner. */
  heldBy(owner: string): number;
}

export const ownerOf = (tenant: string) => tenant.split('/', 1)[0] as string;

/** @param most how many tenants stay open that have nothing going on */
export function createTenants(open: (name: string) => Promise<Tenant>, most = 1000): Tenants {
  /** The one that was asked for longest ago comes first. */
  const asked = new Map<string, Promise<Tenant>>();
  const opened = new Map<string, Tenant>();

  async function start(name: string): Promise<Tenant> {
    const tenant = await open(name);
    opened.set(name, tenant);
    return tenant;
  }

  function letGo(): void {
    for (const name of asked.keys()) {
      if (asked.size <= most) return;
      const tenant = opened.get(name);
      if (!tenant || isBusy(tenant)) continue;
      asked.delete(name);
      opened.delete(name);
    }
  }

  return {
    of(name) {
      const known = asked.get(name);
      const tenant = known ?? start(name);
      asked.delete(name);
      asked.set(name, tenant);
      if (known) return known;
      // What could not be opened is tried again by the next request.
      tenant.catch(() => {
        if (asked.get(name) === tenant) asked.delete(name);
      });
      letGo();
      return tenant;
    },
    all: () => [...opened.values()],
    heldBy: (owner) =>
      [...opened].reduce(
        (sum, [name, { clockwork }]) => (ownerOf(name) === owner ? sum + clockwork.held.size : sum),
        0,
      ),
  };
}

const isBusy = ({ clockwork: { live, held, turnstiles } }: Tenant) =>
  live.size + held.size + turnstiles.size > 0;
