import { html, LitElement } from "lit";

class Console extends LitElement {
  protected override createRenderRoot(): HTMLElement {
    return this;
  }
  protected override render(): unknown {
    return html`<h1>Citywatch</h1>`;
  }
}

customElements.define("cw-console", Console);
