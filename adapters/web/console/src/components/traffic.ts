// What became of the requests to a device, or what it said by itself: the hub's own counters, looked at again and again.

import { html, nothing, type TemplateResult } from "lit";
import type { DeviceAnswer, DeviceHeard, DeviceStatistics } from "../api/protocol.ts";
import { rest } from "../api/rest.ts";
import { say } from "../lib/language.ts";
import { View } from "./view.ts";

const LOOK_MS = 10_000;

class Traffic extends View {
  static override properties = { device: { attribute: false } };
  declare device: string;

  #answer: DeviceAnswer | null = null;
  #clock: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#clock = setInterval(() => void this.#look(), LOOK_MS);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#clock);
  }

  protected override updated(changed: Map<string, unknown>): void {
    if (changed.has("device")) void this.#look();
  }

  async #look(): Promise<void> {
    const device = this.device;
    try {
      const answer = await rest.device(device);
      if (device === this.device) this.#answer = answer;
    } catch {
      // Counters that cannot be had are not shown; the lost bar tells of a hub that is away.
      this.#answer = null;
    }
    this.requestUpdate();
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.#answer?.device !== this.device) return nothing;
    const { statistics, heard } = this.#answer;
    const facts = statistics ? asked(statistics) : heard ? told(heard) : [];
    if (facts.length === 0) return nothing;
    return html`<dl class="facts inline traffic" aria-label=${say("exchange")}>${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
  }
}

type Fact = readonly [string, string];

function asked(s: DeviceStatistics): readonly Fact[] {
  const answer = s.rtt_p50_ms === null ? "–" : `${s.rtt_p50_ms} / ${s.rtt_p95_ms ?? "–"} ms`;
  return [
    [say("asked"), `${s.tries} · ${say("answered")} ${s.good}`], [say("timeouts"), String(s.timeouts)],
    [say("exceptions"), String(s.exceptions)], [say("answer_time"), answer], [say("reconnects"), String(s.reconnects)],
    [say("bytes"), bytes(s.bytes_sent, s.bytes_received)],
  ];
}

function told(h: DeviceHeard): readonly Fact[] {
  return [
    [say("messages"), String(h.messages)], [say("undecodable"), String(h.undecodable)],
    [say("reconnects"), String(h.reconnects)], [say("bytes"), bytes(h.bytes_sent, h.bytes_received)],
  ];
}

function bytes(sent: number | null, received: number | null): string {
  return `↑ ${size(sent)} ↓ ${size(received)}`;
}

function size(count: number | null): string {
  if (count === null) return "–";
  return count < 10_000 ? `${count} B` : count < 10_000_000 ? `${Math.round(count / 1000)} kB` : `${Math.round(count / 1_000_000)} MB`;
}

customElements.define("cw-traffic", Traffic);
