/**
 * Seeds by hand: lines are dragged by their handle or moved by their buttons, numbers follow; a number that is written
 * moves its line. Whatever is moved, the form says that it seeds by hand. Without this the numbers alone count.
 */

const form = document.querySelector("[data-seeding]");

function lines(list) {
  return Array.from(list.children);
}

function numbers(list) {
  lines(list).forEach((line, index) => {
    line.querySelector("input").value = String(index + 1);
  });
}

function byHand() {
  const manual = form.querySelector('input[name="seeding"][value="manual"]');
  manual.checked = true;
  showChosen();
}

/** What is asked of one way of seeding alone shows with that one. */
function showChosen() {
  const chosen = form.querySelector('input[name="seeding"]:checked');
  form.querySelectorAll("[data-for]").forEach((part) => part.classList.toggle("is-idle", !chosen || part.dataset.for !== chosen.value));
}

/** The line comes to this place by its neighbours going around it: one that is held must not leave the document. */
function place(list, line, index) {
  const wanted = Math.max(0, Math.min(index, list.children.length - 1));
  while (lines(list).indexOf(line) > wanted) {
    list.insertBefore(line.previousElementSibling, line.nextElementSibling);
  }
  while (lines(list).indexOf(line) < wanted) {
    list.insertBefore(line.nextElementSibling, line);
  }
  numbers(list);
  byHand();
}

function dragged(list, line, handle, start) {
  line.classList.add("is-dragged");
  handle.setPointerCapture(start.pointerId);
  const move = (event) => {
    const others = lines(list).filter((one) => one !== line);
    const index = others.filter((one) => {
      const box = one.getBoundingClientRect();
      return event.clientY > box.top + box.height / 2;
    }).length;
    place(list, line, index);
  };
  const end = () => {
    line.classList.remove("is-dragged");
    handle.removeEventListener("pointermove", move);
  };
  handle.addEventListener("pointermove", move);
  handle.addEventListener("pointerup", end, { once: true });
  handle.addEventListener("pointercancel", end, { once: true });
}

function makeMovable(list, line) {
  const handle = line.querySelector("[data-handle]");
  const moves = line.querySelector("[data-moves]");
  const number = line.querySelector("input");
  handle.hidden = false;
  moves.hidden = false;
  handle.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    dragged(list, line, handle, event);
  });
  moves.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move]");
    if (button) {
      place(list, line, lines(list).indexOf(line) + Number(button.dataset.move));
      button.focus();
      form.querySelector("[data-seeding-said]").textContent = `${line.querySelector("b").textContent}: ${number.value}`;
    }
  });
  number.addEventListener("change", () => {
    const wanted = Number(number.value);
    if (Number.isInteger(wanted) && wanted > 0) {
      place(list, line, wanted - 1);
    }
  });
}

if (form) {
  const list = form.querySelector("[data-seeds]");
  lines(list).forEach((line) => makeMovable(list, line));
  form.addEventListener("change", showChosen);
  showChosen();
}
