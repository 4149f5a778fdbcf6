/**
 * What was chosen or typed before the page's scripts were there, or put back by the browser after a reload, counts as
 * typed: previews and filters hear of it once. It stands before the scripts that fill fields themselves.
 */

function isTouched(control) {
  if (control instanceof HTMLSelectElement) {
    const options = Array.from(control.options);
    const chosen = options.filter((option) => option.defaultSelected);
    const first = control.multiple ? [] : options.filter((option) => !option.disabled).slice(0, 1);
    const byDefault = chosen.length ? chosen : first;
    return options.some((option) => option.selected !== byDefault.includes(option));
  }
  if (control.type === "checkbox" || control.type === "radio") {
    return control.checked !== control.defaultChecked;
  }
  return control.type !== "hidden" && control.value !== control.defaultValue;
}

const controls = Array.from(document.querySelectorAll("main :is(input, select, textarea)"));
const touched = new Set(controls.filter(isTouched));

function note(event) {
  touched.add(event.target);
}

document.addEventListener("input", note);
document.addEventListener("change", note);
// htmx listens from this event on, and was here first.
document.addEventListener("DOMContentLoaded", () => {
  document.removeEventListener("input", note);
  document.removeEventListener("change", note);
  touched.forEach((control) => {
    ["input", "change"].forEach((name) => control.dispatchEvent(new Event(name, { bubbles: true })));
  });
});
