/**
 * A bracket under the reader's hands: rounds close and open (on a phone those that are not played now are closed at
 * first), arrow keys go from match to match, and whoever is pointed at has their way through the bracket marked.
 */

const PHONE = window.matchMedia("(max-width: 47.99em)");
const bracket = document.querySelector("[data-bracket]");
const chosen = new Map();
let traced = null;

function rounds(root) {
  return Array.from(root.querySelectorAll("[data-round]"));
}

function show(round, isOpen) {
  const toggle = round.querySelector(".round__toggle");
  toggle.disabled = false;
  toggle.setAttribute("aria-expanded", String(isOpen));
  round.classList.toggle("round--collapsed", !isOpen);
}

/** On a phone the rounds that are played now are open; where none of the stage is, the last one of each section. */
function isOpenAtFirst(round) {
  if (!PHONE.matches || round.dataset.round === "current") {
    return true;
  }
  const isPlayed = round.closest("[data-stage]").querySelector('[data-round="current"]') !== null;
  return !isPlayed && rounds(round.parentElement).at(-1) === round;
}

function showAll(root) {
  rounds(root).forEach((round) => show(round, chosen.has(round.id) ? chosen.get(round.id) : isOpenAtFirst(round)));
}

function trace(participant, root = bracket) {
  traced = participant;
  root.classList.toggle("is-tracing", participant !== null);
  root.querySelectorAll(".is-traced").forEach((mark) => mark.classList.remove("is-traced"));
  if (participant !== null) {
    root.querySelectorAll(`[data-participant="${participant}"]`).forEach((mark) => {
      mark.classList.add("is-traced");
      mark.closest(".tie")?.classList.add("is-traced");
    });
  }
}

function participantAt(target) {
  const found = target instanceof Element ? target.closest("[data-participant]") : null;
  return found ? found.dataset.participant : null;
}

/** The match that is nearest to the middle of this one among those of the round beside it. */
function across(tie, step) {
  const round = tie.closest("[data-round]");
  const ofSheet = rounds(bracket).filter((one) => !one.classList.contains("round--collapsed"));
  const beside = ofSheet[ofSheet.indexOf(round) + step];
  const { top, height } = tie.getBoundingClientRect();
  const distance = (one) => {
    const box = one.getBoundingClientRect();
    return Math.abs(box.top + box.height / 2 - top - height / 2);
  };
  const ties = beside ? Array.from(beside.querySelectorAll(".tie")) : [];
  return ties.sort((one, other) => distance(one) - distance(other))[0];
}

function along(tie, step) {
  const ties = Array.from(tie.closest("[data-round]").querySelectorAll(".tie"));
  return ties[ties.indexOf(tie) + step];
}

const KEYS = {
  ArrowLeft: (tie) => across(tie, -1),
  ArrowRight: (tie) => across(tie, 1),
  ArrowUp: (tie) => along(tie, -1),
  ArrowDown: (tie) => along(tie, 1),
};

function goByKey(event) {
  const tie = event.target.closest(".tie");
  const isPlain = !event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey;
  const next = tie && isPlain && KEYS[event.key] ? KEYS[event.key](tie) : null;
  if (next) {
    event.preventDefault();
    next.focus();
    next.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}

/** The rounds that are played now come into sight, with the one before them. */
function showCurrent(sheet) {
  const current = rounds(sheet).filter((round) => round.dataset.round === "current");
  const starts = current.map((round) => round.getBoundingClientRect());
  if (starts.length) {
    sheet.scrollLeft += Math.min(...starts.map(({ left, width }) => left - width)) - sheet.getBoundingClientRect().left;
  }
}

if (bracket) {
  showAll(bracket);
  bracket.querySelectorAll(".draw").forEach(showCurrent);
  PHONE.addEventListener("change", () => showAll(bracket));
  bracket.addEventListener("click", (event) => {
    const toggle = event.target.closest(".round__toggle");
    if (toggle) {
      const round = toggle.closest("[data-round]");
      const isOpen = round.classList.contains("round--collapsed");
      chosen.set(round.id, isOpen);
      show(round, isOpen);
    }
  });
  bracket.addEventListener("keydown", goByKey);
  bracket.addEventListener("pointerover", (event) => event.pointerType === "mouse" && trace(participantAt(event.target)));
  bracket.addEventListener("pointerleave", () => trace(null));
  bracket.addEventListener("keyed:prepare", (event) => {
    showAll(event.detail.wanted);
    if (traced !== null) {
      trace(traced, event.detail.wanted);
    }
  });
}
