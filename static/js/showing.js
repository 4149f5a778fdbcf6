/**
 * Keeps one part of a page as the server has it, wherever that page stands: in a stream or inside somebody else's page.
 *
 * A socket says that something is new, and the part is fetched again; without a socket it is asked for every few seconds.
 * Whatever is away meanwhile, the last good picture stays, and what comes back is put in place of it without a reload.
 * Only a new release of the site, which may bring other scripts and styles, makes the page load itself anew.
 */

import { LiveSocket } from "./socket.js";

const ALONE_MS = 5000;
const BESIDE_SOCKET_MS = 60000;
const PATIENCE_MS = 8000;
const AGAIN_MS = 700;
const AGAIN_AT_MOST = 8;
const SPREAD_MS = 250;
const LEAST_BETWEEN_RELOADS_MS = 60000;

function spread(milliseconds) {
  return milliseconds * (0.9 + Math.random() / 5);
}

export class Showing {
  /**
   * `part` is the element that is kept current: its id stays, and it says of which log number (`data-seq`) and of which
   * release (`data-build`) it is. `show(part, wanted)` makes it what was fetched. `token` opens what not everybody may see. Without
   * a `socket` the part is asked for every few seconds all the time.
   */
  constructor(part, { source, socket, show, token = null, restsWhileHidden = false }) {
    this.part = part;
    this.source = source;
    this.show = show;
    this.token = token;
    this.restsWhileHidden = restsWhileHidden;
    this.wanted = 0;
    this.tries = 0;
    this.isUp = false;
    this.isAsking = false;
    this.isGone = false;
    this.timer = null;
    this.socket = socket ? new LiveSocket(socket, this.number, this.listener(), token ? ["bearer", token] : []) : null;
  }

  get number() {
    return Number(this.part.dataset.seq || 0);
  }

  start() {
    if (this.socket) {
      this.socket.open();
    }
    this.askWithin(spread(ALONE_MS));
    window.addEventListener("online", () => this.ask());
    document.addEventListener("visibilitychange", () => this.ask());
  }

  listener() {
    return {
      connected: (isUp) => {
        const isNews = isUp !== this.isUp;
        this.isUp = isUp;
        if (isNews) {
          // Back again: what was missed shows at once. Lost: what the socket does not tell any more is asked for.
          this.askWithin(Math.random() * SPREAD_MS);
        }
      },
      message: (message) => message.type !== "number" && this.reach(message.seq),
      behind: (number) => this.reach(number),
    };
  }

  /** Fetch the part until it shows the log up to `number`. */
  reach(number) {
    this.wanted = Math.max(this.wanted, number);
    this.tries = 0;
    this.askWithin(Math.random() * SPREAD_MS);
  }

  askWithin(delay) {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.ask(), delay);
  }

  async ask() {
    if (this.isAsking) {
      this.askWithin(AGAIN_MS);
      return;
    }
    if (!(this.restsWhileHidden && document.hidden)) {
      this.isAsking = true;
      try {
        await this.fetch();
      } catch {
        // The server is away: the picture stays, and the next attempt comes by itself.
      } finally {
        this.isAsking = false;
      }
    }
    this.askWithin(this.nextDelay());
  }

  nextDelay() {
    if (this.isGone) {
      return spread(BESIDE_SOCKET_MS);
    }
    if (this.wanted > this.number && this.tries < AGAIN_AT_MOST) {
      this.tries += 1;
      return AGAIN_MS;
    }
    return spread(this.isUp ? BESIDE_SOCKET_MS : ALONE_MS);
  }

  async fetch() {
    const answer = await window.fetch(this.source, {
      headers: this.token ? { Authorization: `Bearer ${this.token}` } : { "HX-Request": "true" },
      // What may be seen before it is public is seen by the cookie of the person who looks at a preview.
      credentials: this.source.includes("preview=1") ? "same-origin" : "omit",
      cache: "no-cache",
      signal: AbortSignal.timeout ? AbortSignal.timeout(PATIENCE_MS) : undefined,
    });
    const found = new DOMParser().parseFromString(await answer.text(), "text/html");
    const wanted = found.getElementById(this.part.id);
    if (wanted && wanted.hasAttribute("data-gone")) {
      this.leave(wanted);
    } else if (answer.ok && wanted) {
      this.take(wanted);
    }
  }

  take(wanted) {
    const isOther = this.isGone || wanted.dataset.build !== this.part.dataset.build;
    // Not twice in a row: while servers of two releases answer in turn, either is good enough.
    if (isOther && (this.isGone || performance.now() > LEAST_BETWEEN_RELOADS_MS)) {
      window.location.reload();
    } else if (Number(wanted.dataset.seq) >= this.number) {
      // Some cache on the way may give what was right before.
      this.show(this.part, wanted);
    }
  }

  /** The server says that there is nothing to see here any more. It may change its mind. */
  leave(wanted) {
    if (!this.isGone) {
      this.isGone = true;
      this.part.replaceWith(wanted);
      this.part = wanted;
    }
  }
}
