/** What one request works in. Most go no further than the store: what others need is made when it is asked for. */
import type { Domain } from './assistants/domain.ts';
import type { Images, ImageType } from './files/images.ts';
import type { Identity } from './http/service.ts';
import type { Retrieve } from './runs/retrieve.ts';
import type { Clockwork, Scope } from './runs/scope.ts';
import type { Registry } from './tools/registry.ts';
import type { Caller, Upstream } from './upstream/client.ts';
import type { Profile } from './upstream/profile.ts';

/** What the requests of a process have in common. */
export interface Common {
  tools: Registry;
  retrieve: Retrieve | undefined;
  images: Images;
  /** Names of models at the upstream, by the names that callers use. */
  models: Readonly<Record<string, string>>;
  profileFor(identity: Identity): Profile;
  upstreamFor(identity: Identity): Upstream;
}

export class RequestScope implements Scope {
  readonly domain: Domain;
  readonly clockwork: Clockwork;
  readonly #identity: Identity;
  readonly #common: Common;
  #upstream: Upstream | undefined;

  constructor(domain: Domain, clockwork: Clockwork, identity: Identity, common: Common) {
    this.domain = domain;
    this.clockwork = clockwork;
    this.#identity = identity;
    this.#common = common;
  }

  get upstream(): Upstream {
    this.#upstream ??= this.#common.upstreamFor(this.#identity);
    return this.#upstream;
  }

  get lane(): string {
    return laneOf(this.#identity.caller);
  }

  get tools(): Registry {
    return this.#common.tools;
  }

  get retrieve(): Retrieve | undefined {
    return this.#common.retrieve;
  }

  saveImage(id: string, image: Uint8Array, type: ImageType) {
    return this.#common.images.save(this.domain, this.#identity.tenant, id, image, type);
  }

  modelFor(model: string): string {
    const { models, profileFor } = this.#common;
    return models[model] ?? profileFor(this.#identity).model(model);
  }
}

const laneOf = ({ baseURL, headers }: Caller) =>
  [baseURL, headers['authorization'], headers['api-key']].join(' ');
