/** Packages that only some stores need. */
import { StoreError, wrap } from '../errors.ts';

/**
 * Loads a package that the user may not have installed.
 * @param scheme of the store that needs it, like `redis://`
 * @param packages all that this store needs, for the install command
 * @throws StoreError `missing_package` with the command to run
 */
export async function loadOptional<T>(
  scheme: string,
  packages: readonly string[],
  name: string,
  load: () => Promise<T>,
): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (!isMissing(error, name)) throw wrap('unreachable', scheme, `cannot load ${name}`, error);
    throw new StoreError(
      'missing_package',
      scheme,
      `The ${scheme} store needs ${packages.join(' and ')}: npm install ${packages.join(' ')}`,
    );
  }
}

/** The package itself is missing, not something that it needs. */
function isMissing(error: unknown, name: string): boolean {
  if (!(error instanceof Error)) return false;
  const code = (error as { code?: unknown }).code;
  const notFound = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
  return notFound && error.message.includes(name);
}
