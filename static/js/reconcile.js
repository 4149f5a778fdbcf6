/** Turns one tree of elements into another in place, so that what stays keeps its identity, focus and selection. */

export function sameKind(current, wanted) {
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

/** The index of the node that must not leave the document: it has the focus, or what the reader has selected; else -1. */
function indexToKeep(parent, nodes) {
  const selection = window.getSelection();
  const selected = selection && !selection.isCollapsed ? selection.anchorNode : null;
  const holding = (what) => nodes.findIndex((node) => node.parentNode === parent && node.contains(what));
  const focused = holding(document.activeElement);
  return focused < 0 && selected ? holding(selected) : focused;
}

/**
 * Bring `nodes` into this order as the first children of `parent`. What has the focus, or else what is selected, stays in
 * the document meanwhile: the others are moved around it.
 */
export function arrange(parent, nodes) {
  const kept = indexToKeep(parent, nodes);
  const pin = Math.max(kept, 0);
  if (kept < 0 && nodes.length && parent.firstChild !== nodes[0]) {
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
