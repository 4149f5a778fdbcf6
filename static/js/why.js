/**
 * "Why?" opens the explanation under its row instead of leading to its page.
 *
 * What is open belongs to the reader: it is put into every new board before the shown one is compared with it, so that it
 * keeps its place under its row wherever the row goes, keeps its focus, and is asked for anew when the board has changed.
 */

import { localizeTimes } from "./times.js";
import { words } from "./words.js";

const COLUMNS = 8;
const AGAIN_AFTER_MS = 900;
const AGAIN_AT_MOST = 8;
const tries = new Map();

function linkOf(root, hostId) {
  return root.querySelector(`[data-why="${hostId}"]`);
}

function holderOf(root, hostId) {
  return root.querySelector(`[data-why-of="${hostId}"]`);
}

function openIds(root) {
  return Array.from(root.querySelectorAll("[data-why-of]")).map((holder) => holder.dataset.whyOf);
}

function sayState(root, isOpen) {
  root.querySelectorAll("[data-why]").forEach((link) => link.setAttribute("aria-expanded", String(isOpen(link.dataset.why))));
}

function newHolder(hostId) {
  const row = document.createElement("tr");
  row.id = `${hostId}-why`;
  row.className = "why-row";
  row.dataset.whyOf = hostId;
  row.setAttribute("role", "row");
  const cell = document.createElement("td");
  cell.id = `${hostId}-why-cell`;
  cell.colSpan = COLUMNS;
  cell.setAttribute("role", "cell");
  // Of its own: the board's polls must neither drop its requests nor be dropped by them.
  cell.setAttribute("hx-sync", "this:replace");
  const note = document.createElement("p");
  note.className = "why-row__note";
  note.textContent = words("why_asking");
  cell.append(note);
  row.append(cell);
  return row;
}

/** Fetch the explanation into its place, past what the browser holds; in the place of an older one what differs. */
function fill(link) {
  const cell = holderOf(document, link.dataset.why).firstElementChild;
  const shown = cell.querySelector(".why");
  const target = shown || cell;
  const headers = { "Cache-Control": "max-age=0" };
  const asked = window.htmx.ajax("GET", link.href, { source: target, target, swap: shown ? "keyed" : "innerHTML", headers });
  // What goes wrong is told by events (below), and a request that a newer one replaced is nothing wrong.
  asked.catch(() => undefined);
}

/** Some cache on the way may give the explanation of the board before: then ask again in a moment. */
function checkVersion(holder) {
  const hostId = holder.dataset.whyOf;
  const shown = holder.querySelector(".why");
  const isOlder = shown && Number(shown.dataset.version) < Number(holder.closest(".board").dataset.version);
  const tried = tries.get(hostId) || 0;
  tries.set(hostId, isOlder ? tried + 1 : 0);
  if (isOlder && tried < AGAIN_AT_MOST) {
    window.setTimeout(() => {
      if (holder.isConnected) {
        fill(linkOf(document, hostId));
      }
    }, AGAIN_AFTER_MS);
  }
}

/** Where it does not arrive at all, the reader gets the way to its page. */
function failed(event) {
  const cell = event.detail.target;
  if (cell instanceof Element && cell.matches("[data-why-of] > td") && !cell.querySelector(".why")) {
    const page = linkOf(document, cell.parentElement.dataset.whyOf).cloneNode();
    ["id", "class", "data-why", "aria-expanded"].forEach((name) => page.removeAttribute(name));
    page.textContent = words("why_page");
    cell.firstElementChild.replaceChildren(`${words("why_failed")} `, page);
  }
}

function toggle(link) {
  const holder = holderOf(document, link.dataset.why);
  if (holder) {
    holder.remove();
  } else {
    link.closest("tr").after(newHolder(link.dataset.why));
    fill(link);
  }
  link.setAttribute("aria-expanded", String(!holder));
}

document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("[data-why]") : null;
  const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  if (link && isPlain && window.htmx) {
    event.preventDefault();
    toggle(link);
  }
});

document.addEventListener("keydown", (event) => {
  const inside = event.target instanceof Element ? event.target.closest("[data-why-of]") : null;
  if (event.key === "Escape" && inside) {
    const link = linkOf(document, inside.dataset.whyOf);
    toggle(link);
    link.focus();
  }
});

document.addEventListener("keyed:prepare", (event) => {
  const { wanted } = event.detail;
  const open = openIds(event.target);
  sayState(wanted, (hostId) => open.includes(hostId));
  open.forEach((hostId) => {
    const host = wanted.querySelector(`#${hostId}`);
    if (host) {
      host.after(holderOf(wanted, hostId) || holderOf(event.target, hostId).cloneNode(true));
    }
  });
});

document.addEventListener("htmx:afterSwap", (event) => {
  const { target } = event.detail;
  const holder = target instanceof Element ? target.closest("[data-why-of]") : null;
  if (holder) {
    localizeTimes(holder);
    checkVersion(holder);
  } else if (target instanceof Element && target.classList.contains("board")) {
    openIds(target).forEach((hostId) => fill(linkOf(target, hostId)));
  }
});

["htmx:sendError", "htmx:responseError", "htmx:timeout"].forEach((name) => document.addEventListener(name, failed));
sayState(document, () => false);
