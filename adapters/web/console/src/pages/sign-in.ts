// Shown to whoever is not signed in: how to come in, and the form for those with an account.

import { html, nothing } from "lit";
import { Refusal } from "../api/rest.ts";
import { View } from "../components/view.ts";
import { choose, language, say, word } from "../lib/language.ts";
import { signIn } from "../state/session.ts";

class SignIn extends View {
  #busy = false;
  #error = "";

  protected override render(): unknown {
    return html`<main class="sign-in">
      <form @submit=${this.#submit}>
        <h1>Citywatch</h1>
        <h2>${say("signed_out")}</h2>
        <p>${say("sign_in_how")}</p>
        <label>${say("user")}<input name="user" autocomplete="username" required /></label>
        <label>${say("password")}<input name="password" type="password" autocomplete="current-password" required /></label>
        ${this.#error ? html`<p class="problem" role="alert">${this.#error}</p>` : nothing}
        <button class="main" ?disabled=${this.#busy}>${this.#busy ? say("signing_in") : say("sign_in")}</button>
        <button type="button" class="quiet" @click=${this.#turn}>${say("language")}</button>
      </form>
    </main>`;
  }

  readonly #turn = (): void => {
    choose(language() === "vi" ? "en" : "vi");
    this.requestUpdate();
  };

  readonly #submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const given = new FormData(event.target as HTMLFormElement);
    this.#busy = true;
    this.#error = "";
    this.requestUpdate();
    try {
      await signIn(String(given.get("user")), String(given.get("password")));
    } catch (error) {
      this.#error = error instanceof Refusal ? word(error.problem?.code ?? error.message, "p_") : say("why_no_answer");
    }
    this.#busy = false;
    this.requestUpdate();
  };
}

customElements.define("cw-sign-in", SignIn);
