/** What the code with which the server closed a socket means for coming back (docs/live.md has the whole table). */

const ORIGIN_REFUSED = 4001;
const TOKEN_EXPIRED = 4002;
const NOT_ALLOWED = 4003;
const POLICY = 4008;
const RESTARTING = 1012;

const SOON_MS = 300;
const SPREAD_MS = 2700;

/**
 * How to come back: `stop` is never, `again` after the usual delay, anything else after so many milliseconds.
 *
 * `retryAfter` is what the server asked for before it closed, 0 for nothing; `hasRenewed` says that the one return as who
 * one is now, which an expired token allows, has been tried.
 */
export function wayBack(code, { retryAfter = 0, hasRenewed = false } = {}) {
  if (code === ORIGIN_REFUSED || code === NOT_ALLOWED || (code === TOKEN_EXPIRED && hasRenewed)) {
    return "stop";
  }
  if (code === POLICY && retryAfter) {
    // As many as were sent away together come back apart.
    return retryAfter * (1 + Math.random() / 2);
  }
  if (code === RESTARTING) {
    return SOON_MS + Math.random() * SPREAD_MS;
  }
  return code === TOKEN_EXPIRED ? SOON_MS : "again";
}

export function isExpiry(code) {
  return code === TOKEN_EXPIRED;
}
