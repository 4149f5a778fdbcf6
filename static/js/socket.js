/**
 * The page's socket: connects, comes back after every loss (1 s to 30 s later, never giving up unless it is told to), says
 * where it left off, and gives out the messages of its room in order, each once.
 */

import { isExpiry, wayBack } from "./close-codes.js";
import { Sequence } from "./sequence.js";

const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 30000;
const GREETING_PATIENCE_MS = 10000;
const GAP_PATIENCE_MS = 3000;
const SILENCE_MS = 60000;
const OWN_NUMBERLESS = new Set(["hello", "reset", "ping", "error", "notification_count"]);

let isUsed = false;

/** Whether this page has a socket by now: one is enough to hear what is one's own as well. */
export function hasSocket() {
  return isUsed;
}

export class LiveSocket {
  /**
   * `listener` has `connected(isUp, failures)`, where `failures` counts attempts in a row that came to nothing (Infinity:
   * there will be no more); `message(message)`; and `behind(number, isOlder)`: fetch what is shown, up to that number,
   * which may be older than what was heard. `protocols` is for who brings a token: `["bearer", TOKEN]`.
   */
  constructor(path, seen, listener, protocols = []) {
    this.address = `${window.location.protocol === "https:" ? "wss" : "ws"}://${window.location.host}${path}`;
    this.protocols = protocols;
    this.listener = listener;
    this.sequence = new Sequence(seen, path.startsWith("/ws/match/"));
    this.delay = FIRST_DELAY_MS;
    this.failures = 0;
    this.retryAfter = 0;
    this.hasRenewed = false;
    this.isStopped = false;
    this.socket = null;
    this.retry = null;
    this.gap = null;
    this.silence = null;
    isUsed = true;
    window.addEventListener("online", () => this.open());
    window.addEventListener("pageshow", () => this.open());
    window.addEventListener("pagehide", () => this.socket && this.socket.close());
  }

  open() {
    if (this.socket || this.isStopped) {
      return;
    }
    window.clearTimeout(this.retry);
    const socket = new WebSocket(this.address, this.protocols);
    this.socket = socket;
    this.expectWithin(GREETING_PATIENCE_MS);
    socket.addEventListener("open", () => this.subscribe());
    socket.addEventListener("message", (event) => this.hear(JSON.parse(event.data)));
    socket.addEventListener("close", (event) => this.lose(socket, event.code));
  }

  lose(socket, code) {
    if (this.socket !== socket) {
      return;
    }
    this.socket = null;
    window.clearTimeout(this.silence);
    window.clearTimeout(this.gap);
    this.gap = null;
    const way = wayBack(code, this);
    this.hasRenewed = this.hasRenewed || isExpiry(code);
    this.isStopped = way === "stop";
    this.failures = this.isStopped ? Infinity : this.failures + 1;
    this.retryAfter = 0;
    this.listener.connected(false, this.failures);
    if (!this.isStopped) {
      this.retry = window.setTimeout(() => this.open(), way === "again" ? this.nextDelay() : way);
    }
  }

  nextDelay() {
    // Half of it by chance, so that thousands who lost the same server do not all come back at once.
    const wait = this.delay * (0.5 + Math.random() / 2);
    this.delay = Math.min(this.delay * 2, LONGEST_DELAY_MS);
    return wait;
  }

  say(message) {
    if (this.socket && this.socket.readyState === WebSocket.OPEN) {
      this.socket.send(JSON.stringify(message));
    }
  }

  subscribe() {
    if (this.sequence.seen !== null) {
      this.say({ type: "subscribe", since: this.sequence.seen });
    }
  }

  hear(message) {
    this.expectWithin(SILENCE_MS);
    if (OWN_NUMBERLESS.has(message.type)) {
      this[message.type](message);
      return;
    }
    this.sequence.take(message).forEach((next) => this.listener.message(next));
    this.mindTheGap();
  }

  /** What came by other means than the socket, in order: all there is up to `number`. */
  hearElsewhere(messages, number) {
    messages.forEach((message) => {
      if (this.sequence.seen === null || message.seq > this.sequence.seen) {
        this.sequence.startAt(message.seq);
        this.listener.message(message);
      }
    });
    this.sequence.startAt(Math.max(number, this.sequence.seen || 0));
  }

  /** A connection that says nothing, not even a ping, is dead, whatever the system thinks of it. */
  expectWithin(patience) {
    window.clearTimeout(this.silence);
    const socket = this.socket;
    this.silence = window.setTimeout(() => {
      socket.close();
      this.lose(socket, 0);
    }, patience);
  }

  hello(message) {
    this.delay = FIRST_DELAY_MS;
    this.failures = 0;
    this.hasRenewed = false;
    if (this.sequence.seen === null) {
      this.sequence.startAt(message.seq);
      this.listener.behind(message.seq, false);
    }
    this.listener.connected(true, 0);
  }

  reset(message) {
    const isOlder = this.sequence.seen !== null && message.seq < this.sequence.seen;
    this.sequence.startAt(message.seq);
    this.listener.behind(message.seq, isOlder);
  }

  ping(message) {
    this.say({ type: "pong" });
    if (!this.sequence.isOfMatch && message.seq > this.sequence.seen) {
      this.subscribe();
    }
  }

  /** How much the reader has not read, for the bell (`bell.js`). */
  notification_count(message) {
    document.dispatchEvent(new CustomEvent("live:unread", { detail: message.unread }));
  }

  error(message) {
    this.retryAfter = message.retry_after_ms || 0;
    window.console.warn(`live socket: ${message.code}: ${message.message}`);
  }

  mindTheGap() {
    if (this.sequence.hasGap && this.gap === null) {
      this.subscribe();
      this.gap = window.setTimeout(() => {
        this.gap = null;
        if (this.sequence.hasGap) {
          const number = Math.max(...this.sequence.held.keys());
          this.sequence.startAt(number);
          this.listener.behind(number, false);
        }
      }, GAP_PATIENCE_MS);
    }
  }
}
