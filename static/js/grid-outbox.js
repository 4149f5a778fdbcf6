/**
 * Sends results, and keeps sending while the connection is away. A submission is known to the server by its match, the
 * revision that it was typed over and its content: one that arrives twice is saved once.
 */

import { dropDrafts, dropSubmission, keepSubmission, submissions } from "./grid-store.js";

const TIMEOUT_MS = 15000;
const AGAIN_MS = 5000;

/** The answer of the server as `{ kind: "taken" | "refused" | "login" | "away", url?, html? }`. */
async function post(submission, token) {
  const patience = new AbortController();
  const timer = window.setTimeout(() => patience.abort(), TIMEOUT_MS);
  try {
    const answer = await window.fetch(submission.url, {
      method: "POST",
      headers: { "HX-Request": "true", "X-CSRFToken": token, "Content-Type": "application/x-www-form-urlencoded" },
      body: submission.body,
      credentials: "same-origin",
      signal: patience.signal,
    });
    if (answer.status === 204) {
      return { kind: "taken", url: answer.headers.get("HX-Redirect") };
    }
    if (answer.status === 401 || answer.status === 400) {
      return { kind: "login" };
    }
    if (answer.status >= 500 || answer.status === 429) {
      return { kind: "away" };
    }
    return { kind: "refused", status: answer.status, html: await answer.text() };
  } catch (error) {
    return { kind: "away" };
  } finally {
    window.clearTimeout(timer);
  }
}

export class Outbox {
  /** `page` gives `token()`, and hears `changed(submission, state)` with `sending`, `waiting`, `login`, or an answer. */
  constructor(page) {
    this.page = page;
    this.isBusy = false;
    this.timer = null;
    window.addEventListener("online", () => this.flush());
  }

  /** Keep a submission and send it. */
  send(submission) {
    keepSubmission(submission);
    this.flush();
  }

  /** Whether something of this match waits to be sent. */
  holds(matchId) {
    return submissions().some((submission) => submission.matchId === matchId);
  }

  /** Send all that waits, one after the other; what cannot be sent now is tried again. */
  async flush() {
    if (this.isBusy) {
      return;
    }
    this.isBusy = true;
    window.clearTimeout(this.timer);
    let isWaiting = false;
    for (const submission of submissions()) {
      this.page.changed(submission, { kind: "sending" });
      // One after the other: results follow each other as they were typed.
      const answer = await post(submission, this.page.token()); // eslint-disable-line no-await-in-loop
      if (answer.kind === "taken") {
        dropSubmission(submission.matchId);
        dropDrafts(submission.matchId);
      } else if (answer.kind === "refused") {
        dropSubmission(submission.matchId);
      } else {
        isWaiting = true;
      }
      this.page.changed(submission, answer);
    }
    this.isBusy = false;
    if (isWaiting) {
      this.timer = window.setTimeout(() => this.flush(), AGAIN_MS);
    }
  }
}
