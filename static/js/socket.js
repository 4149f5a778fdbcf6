/**
 * The page's socket: connects, comes back after every loss (1 s to 30 s later, never giving up), says where it left off,
 * and gives out the messages of its room in order, each once.
 */

import { Sequence } from "./sequence.js";

const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 30000;
const GAP_PATIENCE_MS = 3000;
const SILENCE_MS = 60000;
const OWN_NUMBERLESS = new Set(["hello", "reset", "ping", "error"]);

export class LiveSocket {
  /** `listener` has `connected(isUp)`, `message(message)` and `behind(number)`: fetch what is shown, up to that number. */
  constructor(path, seen, listener) {
    this.address = `${window.location.protocol === "https:" ? "wss" : "ws"}://${window.location.host}${path}`;
    this.listener = listener;
    this.sequence = new Sequence(seen, path.startsWith("/ws/match/"));
    this.delay = FIRST_DELAY_MS;
    this.socket = null;
    this.retry = null;
    this.gap = null;
    this.silence = null;
    window.addEventListener("online", () => this.open());
    window.addEventListener("pageshow", () => this.open());
    window.addEventListener("pagehide", () => this.socket && this.socket.close());
  }

  open() {
    if (this.socket) {
      return;
    }
    window.clearTimeout(this.retry);
    const socket = new WebSocket(this.address);
    this.socket = socket;
    socket.addEventListener("open", () => this.subscribe());
    socket.addEventListener("message", (event) => this.hear(JSON.parse(event.data)));
    socket.addEventListener("close", () => this.lose(socket));
  }

  lose(socket) {
    if (this.socket !== socket) {
      return;
    }
    this.socket = null;
    window.clearTimeout(this.silence);
    window.clearTimeout(this.gap);
    this.gap = null;
    this.listener.connected(false);
    // Half of it by chance, so that thousands who lost the same server do not all come back at once.
    const wait = this.delay * (0.5 + Math.random() / 2);
    this.delay = Math.min(this.delay * 2, LONGEST_DELAY_MS);
    this.retry = window.setTimeout(() => this.open(), wait);
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
    this.listenOn();
    if (OWN_NUMBERLESS.has(message.type)) {
      this[message.type](message);
      return;
    }
    this.sequence.take(message).forEach((next) => this.listener.message(next));
    this.mindTheGap();
  }

  /** A connection that says nothing, not even a ping, is dead, whatever the system thinks of it. */
  listenOn() {
    window.clearTimeout(this.silence);
    const socket = this.socket;
    this.silence = window.setTimeout(() => {
      socket.close();
      this.lose(socket);
    }, SILENCE_MS);
  }

  hello(message) {
    this.delay = FIRST_DELAY_MS;
    if (this.sequence.seen === null) {
      this.sequence.startAt(message.seq);
      this.listener.behind(message.seq);
    }
    this.listener.connected(true);
  }

  reset(message) {
    this.sequence.startAt(message.seq);
    this.listener.behind(message.seq);
  }

  ping(message) {
    this.say({ type: "pong" });
    if (!this.sequence.isOfMatch && message.seq > this.sequence.seen) {
      this.subscribe();
    }
  }

  error(message) {
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
          this.listener.behind(number);
        }
      }, GAP_PATIENCE_MS);
    }
  }
}
