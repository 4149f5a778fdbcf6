/** Whom the reader follows, kept in this browser alone: ids of participants, by tournament. */

import { keep, kept } from "./kept.js";

const KEY = "deltacrown.following";
export const FOLLOWED_AT_MOST = 20;

/** The ids that are followed in a tournament, rising. */
export function followedIn(tournamentId) {
  const ids = (kept(KEY, null) || {})[tournamentId];
  return Array.isArray(ids) ? ids.filter(Number.isInteger) : [];
}

/** Follow, or follow no more; false where no more fit. */
export function toggleFollowed(tournamentId, id) {
  const ids = followedIn(tournamentId);
  const isFollowed = ids.includes(id);
  if (!isFollowed && ids.length >= FOLLOWED_AT_MOST) {
    return false;
  }
  const others = ids.filter((each) => each !== id);
  const { [tournamentId]: _, ...rest } = kept(KEY, null) || {};
  const next = isFollowed ? others : [...others, id].sort((one, other) => one - other);
  keep(KEY, next.length ? { ...rest, [tournamentId]: next } : rest);
  return true;
}

/** Hear of what another tab of this browser has changed. */
export function onFollowedElsewhere(listener) {
  window.addEventListener("storage", (event) => {
    if (event.key === KEY) {
      listener();
    }
  });
}
