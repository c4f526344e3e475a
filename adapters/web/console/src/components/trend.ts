// A point's history and its live tail: a held line, a band of extremes, holes where no value can be trusted.

import { html } from "lit";
import uPlot from "uplot";
import type { BucketRow, PointDetail } from "../api/protocol.ts";
import { rest } from "../api/rest.ts";
import { language, say } from "../lib/language.ts";
import { type Series, type Slice, series } from "../lib/series.ts";
import { dateTime, timeOfDay } from "../lib/time.ts";
import { numberText } from "../lib/values.ts";
import { store } from "../state/store.ts";
import { View } from "./view.ts";

const SLICES = 500;
/** How often the history is asked for again, milliseconds; in between the live tail carries the line on. */
const REFRESH_MS = 120_000;

class Trend extends View {
  static override properties = { point: { attribute: false }, span: { attribute: false }, height: { attribute: false } };
  declare point: PointDetail;
  declare span: number;
  declare height: number;

  #chart: uPlot | null = null;
  #history: readonly BucketRow[] = [];
  #state: "loading" | "ready" | "failed" = "loading";
  #shown = "";
  #askedAt = 0;
  #clock: ReturnType<typeof setInterval> | undefined;
  #watcher: ResizeObserver | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#clock = setInterval(() => this.#tick(), 1000);
    this.#watcher = new ResizeObserver(() => this.#resize());
    this.#watcher.observe(this);
    addEventListener("citywatch-theme", this.#rebuild);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#clock);
    this.#watcher?.disconnect();
    removeEventListener("citywatch-theme", this.#rebuild);
    this.#destroy();
  }

  protected override render(): unknown {
    return html`<div class="chart"></div><p class="dim chart-note" role="status">${this.#note()}</p>`;
  }

  protected override updated(): void {
    const wanted = `${this.point.point} ${this.span} ${this.height} ${language()}`;
    if (wanted === this.#shown) return;
    this.#shown = wanted;
    this.#destroy();
    this.#history = [];
    this.#state = "loading";
    void this.#load();
  }

  #note(): string {
    if (this.#state === "failed") return say("unavailable");
    if (this.#state === "loading") return say("loading");
    const drawn = this.#series();
    if (drawn.times.length === 0) return say("no_history");
    return drawn.last.includes(null) ? say("bad_gap") : "";
  }

  async #load(): Promise<void> {
    const wanted = this.#shown;
    this.#askedAt = Date.now();
    try {
      const to = store.now();
      const answer = await rest.history(this.point.point, to - this.span, to, SLICES);
      if (wanted !== this.#shown) return;
      this.#history = answer.items;
      this.#state = "ready";
    } catch {
      if (wanted !== this.#shown) return;
      // What was drawn before stays; without any history the live tail alone is drawn, and the note says so.
      this.#state = this.#history.length ? "ready" : "failed";
    }
    this.requestUpdate();
    this.#draw();
  }

  #series(): Series {
    const from = store.now() - this.span;
    const tail: readonly Slice[] = store.points.tails.get(this.point.point) ?? [];
    return series([...this.#history, ...tail].filter((slice) => Date.parse(String(slice.at)) >= from), this.#end());
  }

  /** While the picture is lost the line must not run on. */
  #end(): number {
    return store.connection.phase === "lost" ? (store.connection.dataAt ?? 0) : store.now();
  }

  #tick(): void {
    if (Date.now() - this.#askedAt > REFRESH_MS && store.connection.phase === "live") void this.#load();
    this.#draw();
  }

  #draw(): void {
    const home = this.querySelector<HTMLElement>(".chart");
    if (!home || home.clientWidth === 0) return;
    const drawn = this.#series();
    const data: uPlot.AlignedData = [drawn.times, drawn.high, drawn.low, drawn.last];
    this.#chart ??= new uPlot(this.#options(home.clientWidth), data, home);
    this.#chart.setData(data, false);
    const now = store.now() / 1000;
    this.#chart.batch(() => {
      this.#chart?.setScale("x", { min: now - this.span / 1000, max: now });
    });
  }

  #resize(): void {
    const width = this.querySelector<HTMLElement>(".chart")?.clientWidth ?? 0;
    if (width > 0 && this.#chart) this.#chart.setSize({ width, height: this.height });
    else this.#draw();
  }

  readonly #rebuild = (): void => {
    this.#destroy();
    this.#draw();
  };

  #destroy(): void {
    this.#chart?.destroy();
    this.#chart = null;
  }

  #options(width: number): uPlot.Options {
    const style = getComputedStyle(this);
    const ink = (name: string): string => style.getPropertyValue(name).trim();
    const bool = this.point.type === "bool";
    const font = `12px ${style.fontFamily}`;
    const grid = { stroke: ink("--line"), width: 1 };
    const axis = { stroke: ink("--dim"), font, grid, ticks: { show: false } };
    const stepped = uPlot.paths.stepped?.({ align: 1 });
    const line = { stroke: ink("--trend"), width: 1.5, points: { show: false }, spanGaps: false, ...(stepped ? { paths: stepped } : {}) };
    const edge = { ...line, stroke: "transparent", width: 0 };
    return {
      width, height: this.height, legend: { show: false }, cursor: { y: false, drag: { x: false, y: false } },
      padding: [8, 8, 0, 0],
      scales: { x: { time: true }, y: { range: (_u, min, max) => (bool ? [-0.15, 1.15] : limits(min, max)) } },
      axes: [
        { ...axis, size: 28, values: (_u, splits, _axis, _space, step) => splits.map((at) => tick(at * 1000, step)) },
        {
          ...axis, size: 56, ...(bool ? { splits: [0, 1] } : {}),
          values: (_u, splits) => splits.map((v) => (bool ? say(v === 1 ? "yes" : "no") : numberText(v))),
        },
      ],
      series: [{}, edge, edge, line],
      bands: [{ series: [1, 2], fill: ink("--trend-band") }],
    };
  }
}

function tick(at: number, step: number): string {
  if (step >= 86_400) return dateTime(at, store.timezone).slice(0, 5);
  const time = timeOfDay(at, store.timezone);
  return step >= 60 ? time.slice(0, 5) : time;
}

function limits(min: number | null, max: number | null): [number, number] {
  if (min === null || max === null || !Number.isFinite(min) || !Number.isFinite(max)) return [0, 1];
  const room = (max - min || Math.abs(max) * 0.1 || 1) * 0.12;
  return [min - room, max + room];
}

customElements.define("cw-trend", Trend);
