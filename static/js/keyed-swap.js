/**
 * An htmx swap style, `hx-swap="keyed"`: turns the shown fragment into the new one in place.
 *
 * Elements are matched by id, so a row keeps its identity, its focus and the reader's selection while its numbers change
 * and its place moves. What has the focus is never taken out of the document: the others are moved around it. Rows
 * (`data-rank`) glide to their places unless the reader asked for less motion, and are marked for ten seconds.
 */

import { localizeTimes } from "./times.js";

const MARKED_FOR_MS = 10000;
const GLIDE = { duration: 420, easing: "cubic-bezier(0.2, 0.7, 0.2, 1)" };
const stillMoved = new Map();

function sameKind(current, wanted) {
  return current.nodeType === wanted.nodeType && current.nodeName === wanted.nodeName && (current.id || "") === (wanted.id || "");
}

function syncAttributes(current, wanted) {
  Array.from(current.attributes).forEach(({ name }) => {
    if (!wanted.hasAttribute(name)) {
      current.removeAttribute(name);
    }
  });
  Array.from(wanted.attributes).forEach(({ name, value }) => {
    if (current.getAttribute(name) !== value) {
      current.setAttribute(name, value);
    }
  });
}

/** For each wanted child the current one that becomes it, or the wanted node itself where there is none. */
function pairChildren(current, wanted) {
  const keyed = new Map();
  const loose = [];
  Array.from(current.childNodes).forEach((child) => {
    if (child.id) {
      keyed.set(child.id, child);
    } else {
      loose.push(child);
    }
  });
  return Array.from(wanted.childNodes).map((child) => {
    if (child.id) {
      const kept = keyed.get(child.id);
      return { child, kept: kept && sameKind(kept, child) ? kept : null };
    }
    const found = loose.findIndex((candidate) => sameKind(candidate, child));
    return { child, kept: found < 0 ? null : loose.splice(found, 1)[0] };
  });
}

function arrange(parent, nodes) {
  const focused = nodes.findIndex((node) => node.parentNode === parent && node.contains(document.activeElement));
  const pin = Math.max(focused, 0);
  if (focused < 0 && nodes.length && parent.firstChild !== nodes[0]) {
    parent.insertBefore(nodes[0], parent.firstChild);
  }
  for (let index = pin - 1; index >= 0; index -= 1) {
    if (nodes[index].nextSibling !== nodes[index + 1]) {
      parent.insertBefore(nodes[index], nodes[index + 1]);
    }
  }
  for (let index = pin + 1; index < nodes.length; index += 1) {
    if (nodes[index].previousSibling !== nodes[index - 1]) {
      parent.insertBefore(nodes[index], nodes[index - 1].nextSibling);
    }
  }
}

/** Make `current` equal to `wanted`, touching only what differs. */
export function reconcile(current, wanted) {
  if (current.isEqualNode(wanted)) {
    return;
  }
  if (current.nodeType !== Node.ELEMENT_NODE) {
    current.nodeValue = wanted.nodeValue;
    return;
  }
  syncAttributes(current, wanted);
  const pairs = pairChildren(current, wanted);
  const nodes = pairs.map(({ child, kept }) => kept || child);
  const staying = new Set(nodes);
  Array.from(current.childNodes).forEach((child) => {
    if (!staying.has(child)) {
      child.remove();
    }
  });
  arrange(current, nodes);
  pairs.forEach(({ child, kept }) => {
    if (kept) {
      reconcile(kept, child);
    }
  });
}

function rowsOf(root) {
  return Array.from(root.querySelectorAll("[data-rank]"));
}

function photograph(root) {
  return new Map(rowsOf(root).map((row) => [row.id, { rank: Number(row.dataset.rank), top: row.getBoundingClientRect().top }]));
}

/** What must stay where the reader sees it: the row with the focus, else the rows themselves once the reader is among them. */
function anchorOf(root) {
  const focused = document.activeElement && root.contains(document.activeElement) ? document.activeElement.closest("[data-rank]") : null;
  if (focused) {
    return focused;
  }
  const body = root.querySelector("tbody");
  return body && body.getBoundingClientRect().top < 0 ? body : null;
}

function mark(row) {
  row.classList.add("is-moved");
  stillMoved.set(row.id, Date.now() + MARKED_FOR_MS);
  window.setTimeout(() => {
    if ((stillMoved.get(row.id) || 0) <= Date.now()) {
      stillMoved.delete(row.id);
      row.classList.remove("is-moved");
    }
  }, MARKED_FOR_MS + 50);
}

function glide(row, distance) {
  const isCalm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (!isCalm && row.animate && Math.abs(distance) > 1) {
    row.animate([{ transform: `translateY(${distance}px)` }, { transform: "none" }], GLIDE);
  }
}

/** Mark and move the rows that differ from `before`; returns who moved, best rank first. */
function showMovement(root, before) {
  const changes = [];
  rowsOf(root).forEach((row) => {
    const was = before.get(row.id);
    const rank = Number(row.dataset.rank);
    if (stillMoved.has(row.id)) {
      row.classList.add("is-moved");
    }
    if (was) {
      glide(row, was.top - row.getBoundingClientRect().top);
    }
    if (before.size && (!was || was.rank !== rank)) {
      mark(row);
      changes.push({ name: row.dataset.name, from: was ? was.rank : null, to: rank });
    }
  });
  return changes.sort((one, other) => one.to - other.to);
}

/** Turn `target` into `wanted`; tells the page who moved by a `board:moved` event. */
export function keyedSwap(target, wanted) {
  localizeTimes(wanted);
  const before = photograph(target);
  const anchor = anchorOf(target);
  const anchorTop = anchor ? anchor.getBoundingClientRect().top : 0;
  reconcile(target, wanted);
  if (anchor && anchor.isConnected) {
    window.scrollBy(0, anchor.getBoundingClientRect().top - anchorTop);
  }
  const changes = showMovement(target, before);
  if (changes.length) {
    target.dispatchEvent(new CustomEvent("board:moved", { bubbles: true, detail: { changes } }));
  }
}

window.htmx.defineExtension("keyed", {
  isInlineSwap: (style) => style === "keyed",
  handleSwap: (style, target, fragment) => {
    const wanted = fragment.firstElementChild;
    if (style !== "keyed" || !wanted || !sameKind(target, wanted)) {
      return false;
    }
    keyedSwap(target, wanted);
    return [target];
  },
});
