/**
 * What was typed, kept in this browser: a draft for each match and revision until it is saved, and submissions that wait
 * for the connection. Only ids and numbers are kept.
 */

const DRAFT = "deltacrown.grid.draft.";
const OUTBOX = "deltacrown.grid.outbox.";

function read(key) {
  try {
    return JSON.parse(window.localStorage.getItem(key));
  } catch (error) {
    return null;
  }
}

function write(key, value) {
  try {
    window.localStorage.setItem(key, JSON.stringify(value));
    return true;
  } catch (error) {
    return false;
  }
}

function keysWith(prefix) {
  try {
    return Object.keys(window.localStorage).filter((key) => key.startsWith(prefix));
  } catch (error) {
    return [];
  }
}

function remove(key) {
  try {
    window.localStorage.removeItem(key);
  } catch (error) {
    // A browser that lets nothing be kept has nothing to remove.
  }
}

/** Keep the cells (`{ id: [placement, kills, time] }`) typed over a revision; false where the browser keeps nothing. */
export function keepDraft(matchId, revision, cells) {
  return write(`${DRAFT}${matchId}.${revision}`, { revision, at: Date.now(), cells });
}

export function dropDraft(matchId, revision) {
  remove(`${DRAFT}${matchId}.${revision}`);
}

export function dropDrafts(matchId) {
  keysWith(`${DRAFT}${matchId}.`).forEach(remove);
}

/** The newest draft of a match, typed over whatever revision. */
export function newestDraft(matchId) {
  const drafts = keysWith(`${DRAFT}${matchId}.`).map(read).filter(Boolean);
  return drafts.sort((one, other) => other.at - one.at)[0] || null;
}

/** Keep a submission (`{ matchId, number, revision, url, body }`) until it was answered; one a match. */
export function keepSubmission(submission) {
  return write(`${OUTBOX}${submission.matchId}`, submission);
}

export function dropSubmission(matchId) {
  remove(`${OUTBOX}${matchId}`);
}

export function submissions() {
  return keysWith(OUTBOX).map(read).filter(Boolean);
}
