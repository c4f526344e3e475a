// Where we are, in the address after `#`: a page and, behind it, the name of one thing.

export type Page = "alarms" | "devices" | "device" | "map" | "journal" | "holds" | "notifications" | "passages" | "load";
export interface Route { page: Page; id: string | null }

const PAGES: readonly string[] = ["alarms", "devices", "device", "map", "journal", "holds", "notifications", "passages", "load"];

export function route(hash: string = location.hash): Route {
  const [page = "", ...rest] = hash.replace(/^#\/?/, "").split("/");
  const id = rest.length ? decodeURIComponent(rest.join("/")) : null;
  return PAGES.includes(page) ? { page: page as Page, id } : { page: "alarms", id: null };
}

export function href(page: Page, id?: string | null): string {
  return id ? `#/${page}/${encodeURIComponent(id)}` : `#/${page}`;
}
