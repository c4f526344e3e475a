// The sounder: one tone a priority, the most urgent wins, repeated until silenced. Silencing acknowledges nothing.

import type { PriorityWord } from "../api/protocol.ts";

export type Tone = PriorityWord | "lost";
interface Pattern { every: number; beeps: readonly (readonly [hz: number, at: number, length: number])[]; volume: number }

const PATTERNS: Record<Tone, Pattern> = {
  critical: { every: 1, volume: 0.5, beeps: [[960, 0, 0.14], [770, 0.18, 0.14], [960, 0.36, 0.14], [770, 0.54, 0.14]] },
  high: { every: 2, volume: 0.4, beeps: [[800, 0, 0.16], [800, 0.26, 0.16]] },
  medium: { every: 5, volume: 0.3, beeps: [[620, 0, 0.2]] },
  low: { every: 10, volume: 0.2, beeps: [[480, 0, 0.2]] },
  lost: { every: 4, volume: 0.4, beeps: [[420, 0, 0.3], [300, 0.34, 0.4]] },
};
const LOUDER: readonly Tone[] = ["critical", "lost", "high", "medium", "low"];
const SHIFT = "citywatch.shift";
export const SILENCE_MS = 60_000;

export class Sounder {
  #context: AudioContext | null = null;
  #wanted: Tone | null = null;
  #silencedFor: Tone | null = null;
  #silencedUntil = 0;
  #second = 0;
  onChange: () => void = () => undefined;

  constructor() {
    setInterval(() => this.#tick(), 1000);
    // A shift that was started in this tab goes on after a reload, if the browser lets it.
    if (sessionStorage.getItem(SHIFT)) void this.start();
  }

  /** Whether a tone would really be heard. */
  get audible(): boolean {
    return this.#context?.state === "running";
  }

  /** Seconds of silence left; 0 when tones play. */
  silenced(now: number): number {
    return Math.max(0, Math.ceil((this.#silencedUntil - now) / 1000));
  }

  /** Unlock sound; browsers allow it only from a person's press. */
  async start(): Promise<void> {
    sessionStorage.setItem(SHIFT, "started");
    this.#context ??= new AudioContext();
    this.#context.onstatechange = () => this.onChange();
    // A browser that blocks sound leaves this promise open for ever; the state tells, not the promise.
    void this.#context.resume().catch(() => undefined);
    this.#play("low", 0.15);
    this.onChange();
  }

  silence(now: number): void {
    this.#silencedUntil = now + SILENCE_MS;
    this.#silencedFor = this.#wanted;
    this.onChange();
  }

  /** Say what should sound now. Something more urgent than what was silenced is heard again. */
  want(tone: Tone | null): void {
    const rank = (of: Tone | null): number => (of === null ? LOUDER.length : LOUDER.indexOf(of));
    if (rank(tone) < rank(this.#silencedFor)) this.#silencedUntil = 0;
    if (tone !== this.#wanted) this.#second = 0;
    this.#wanted = tone;
  }

  #tick(): void {
    const silenced = this.silenced(Date.now());
    if (this.#wanted && this.audible && silenced === 0) {
      const pattern = PATTERNS[this.#wanted];
      if (this.#second % pattern.every === 0) this.#play(this.#wanted, pattern.volume);
    }
    this.#second += 1;
    if (silenced > 0) this.onChange();
  }

  #play(tone: Tone, volume: number): void {
    const context = this.#context;
    if (!context) return;
    for (const [hz, at, length] of PATTERNS[tone].beeps) {
      const start = context.currentTime + at;
      const oscillator = new OscillatorNode(context, { frequency: hz, type: "triangle" });
      const gain = new GainNode(context, { gain: 0 });
      gain.gain.setTargetAtTime(volume, start, 0.01);
      gain.gain.setTargetAtTime(0, start + length, 0.02);
      oscillator.connect(gain).connect(context.destination);
      oscillator.start(start);
      oscillator.stop(start + length + 0.2);
    }
  }
}

export const sounder = new Sounder();

/** What should sound: a lost picture unless something critical is known, else the loudest unacknowledged priority. */
export function tone(loudest: PriorityWord | null, lost: boolean): Tone | null {
  if (lost && loudest !== "critical") return "lost";
  return loudest;
}
