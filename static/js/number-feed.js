/**
 * What a room tells, over plain HTTP, for networks that kill sockets: asks by the last number heard, and the server
 * answers as soon as there is more, or after `wait` seconds. Rests while nobody looks.
 */

const WAIT_S = 20;
const PATIENCE_MS = 30000;
const FIRST_DELAY_MS = 2000;
const LONGEST_DELAY_MS = 60000;
const AT_LEAST_MS = 1000;

/** One message, whether its fields stand in it or, as the log keeps them, in its `data`. */
function asMessage(entry) {
  const { data, ...about } = entry;
  return data && typeof data === "object" ? { ...data, ...about } : entry;
}

export class NumberFeed {
  /**
   * `listener` has `since()`, `took(messages, number)` and `following(isUp)`: whether answers come, which `isAnswered`
   * says as well.
   */
  constructor(address, listener) {
    this.address = address;
    this.listener = listener;
    this.delay = FIRST_DELAY_MS;
    this.isOn = false;
    this.isAnswered = false;
    this.asking = null;
    this.timer = null;
    document.addEventListener("visibilitychange", () => this.isOn && this.wake());
  }

  start() {
    if (!this.isOn) {
      this.isOn = true;
      this.wake();
    }
  }

  stop() {
    this.isOn = false;
    this.isAnswered = false;
    this.rest();
  }

  rest() {
    window.clearTimeout(this.timer);
    if (this.asking) {
      this.asking.abort();
      this.asking = null;
    }
  }

  wake() {
    this.rest();
    if (!document.hidden) {
      this.ask();
    }
  }

  async ask() {
    const asking = new AbortController();
    this.asking = asking;
    const patience = window.setTimeout(() => asking.abort(), PATIENCE_MS);
    const askedAt = Date.now();
    let next;
    try {
      const since = this.listener.since();
      const address = `${this.address}${this.address.includes("?") ? "&" : "?"}since=${since}&wait=${WAIT_S}`;
      const answer = await window.fetch(address, { signal: asking.signal, headers: { Accept: "application/json" }, cache: "no-store" });
      next = answer.ok ? this.take(await answer.json(), since, askedAt) : this.failed(answer);
    } catch (error) {
      next = this.failed();
    }
    window.clearTimeout(patience);
    // Somebody else asks by now, or nobody is to.
    if (this.isOn && this.asking === asking) {
      this.timer = window.setTimeout(() => this.ask(), next);
    }
  }

  take(answer, since, askedAt) {
    if (!this.isOn) {
      return 0;
    }
    const entries = answer.messages || answer.events || [];
    const number = Math.max(Number(answer.next_since || 0), since);
    this.delay = FIRST_DELAY_MS;
    this.isAnswered = true;
    this.listener.following(true);
    this.listener.took(entries.map(asMessage), number);
    // A server that does not wait is not asked without a pause.
    const isEmpty = !entries.length;
    return isEmpty && Date.now() - askedAt < (WAIT_S * 1000) / 2 ? FIRST_DELAY_MS * (1 + Math.random()) : AT_LEAST_MS * Math.random();
  }

  failed(answer = null) {
    this.isAnswered = false;
    if (this.isOn) {
      this.listener.following(false);
    }
    // Who is refused is so in a second as well.
    this.delay = answer && answer.status < 500 && answer.status !== 429 ? LONGEST_DELAY_MS : this.delay;
    const retryAfter = Number((answer && answer.headers.get("Retry-After")) || 0);
    const wait = Math.max(this.delay * (0.5 + Math.random() / 2), retryAfter * 1000);
    this.delay = Math.min(this.delay * 2, LONGEST_DELAY_MS);
    return wait;
  }
}
