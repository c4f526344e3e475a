// Coming in: a session (the hub gives it for a one-time link or a password), then the site's names, then the stream.

import { rest, Refusal } from "../api/rest.ts";
import { Link } from "../api/socket.ts";
import { speakAs } from "../lib/language.ts";
import { retryDelay } from "./connection.ts";
import { store } from "./store.ts";

export const link = new Link(store);
link.onNewEpoch = () => void names();

/** Learn the site's names and open the stream; ask to sign in when that is what is missing. */
export async function open(): Promise<void> {
  try {
    await names();
    store.connect({ what: "opening", now: Date.now() });
    link.open();
  } catch (error) {
    if (error instanceof Refusal && (error.status === 401 || error.status === 403)) {
      store.connect({ what: "signed_out" });
      return;
    }
    store.connect({ what: "closed" });
    setTimeout(() => void open(), retryDelay(Math.random()));
  }
}

async function names(): Promise<void> {
  const [site, zones] = await Promise.all([rest.site(), rest.zones()]);
  store.site = site;
  store.zones = new Map(zones.items.map((zone) => [zone.zone, zone]));
  store.details = new Map();
  speakAs(site.language);
  store.changed();
}

export async function signIn(user: string, password: string): Promise<void> {
  await rest.login(user, password);
  await open();
}

export async function signOut(): Promise<void> {
  link.close();
  await rest.logout().catch(() => undefined);
  store.connect({ what: "signed_out" });
}

const asked = new Set<string>();

/** Learn a device's points, again when it has other ones; a failure is tried again by the next who asks. */
export async function describe(device: string): Promise<void> {
  const known = store.details.get(device);
  const points = store.device(device)?.points;
  if (asked.has(device) || (known && (points === undefined || known.length === points))) return;
  asked.add(device);
  try {
    store.describe(device, (await rest.points(device)).items);
  } finally {
    asked.delete(device);
  }
}
