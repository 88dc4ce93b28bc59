/** Several processes under load, in peace. */
import { type Figures, type Load, load } from './load.ts';
import { Service } from './programs.ts';
import { ground, type Kind } from './services.ts';

export async function contend(kind: Kind, asked: Load, processes = 4): Promise<Figures> {
  const place = await ground(kind);
  const services = await Promise.all(
    Array.from({ length: processes }, () => Service.start(place, () => ({ diesAt: 0 }))),
  );
  try {
    return await load(services, asked);
  } finally {
    await Promise.all(services.map((service) => service.stop()));
    await place.clear();
  }
}
