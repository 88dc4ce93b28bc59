/** Removes what tests leave on servers that outlive them. */
import { Redis } from 'ioredis';
import pg from 'pg';

/** Every key of a namespace, and of its locks. */
export async function dropKeys(url: string, namespace: string): Promise<void> {
  const client = new Redis(url);
  try {
    for await (const keys of client.scanStream({ match: `${namespace}[-:/]*`, count: 1000 })) {
      if (keys.length > 0) await client.unlink(...keys);
    }
  } finally {
    await client.quit();
  }
}

export async function dropTable(url: string, namespace: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(`DROP TABLE IF EXISTS ${namespace}`);
  } finally {
    await client.end();
  }
}
