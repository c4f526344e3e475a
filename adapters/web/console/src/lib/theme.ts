// Light or dark, remembered; the machine's own preference until somebody chooses.

export type Theme = "light" | "dark";
const KEY = "citywatch.theme";

export function theme(): Theme {
  return document.documentElement.dataset["theme"] === "dark" ? "dark" : "light";
}

export function applyTheme(): void {
  const kept = localStorage.getItem(KEY);
  const dark = kept ? kept === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset["theme"] = dark ? "dark" : "light";
}

export function chooseTheme(wanted: Theme): void {
  localStorage.setItem(KEY, wanted);
  applyTheme();
  // Charts paint their own colours and must hear of it.
  dispatchEvent(new Event("citywatch-theme"));
}
