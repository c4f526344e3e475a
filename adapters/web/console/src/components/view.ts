// What every part of the console is: an element in the page's own tree that is redrawn when the store changes.

import { LitElement } from "lit";
import { store } from "../state/store.ts";

export class View extends LitElement {
  #stop: (() => void) | undefined;

  // Not a shadow tree: one stylesheet for all, and everything reachable for assistive technology and tests.
  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#stop = store.subscribe(() => this.requestUpdate());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop?.();
  }
}
