/**
 * Instants in the reader's own zone.
 *
 * The server writes `<time datetime="…Z" data-shows="clock|moment|second|day">` in UTC, so that every reader gets the same bytes;
 * here the text, never the attribute, becomes local.
 */

// Figures are the same in every language here (docs/decisions/0014-languages.md); Bengali does not shorten months.
const LOCALES = { en: "en-GB", bn: "bn-u-nu-latn" };
const LANGUAGE = document.documentElement.lang;
const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const DAY = { day: "numeric", month: LANGUAGE === "en" ? "short" : "long" };

function formatter(options) {
  return new Intl.DateTimeFormat(LOCALES[LANGUAGE] || "en-GB", options);
}

const CLOCKS = { clock: formatter(CLOCK), moment: formatter(CLOCK), second: formatter({ ...CLOCK, second: "2-digit" }) };
const THIS_YEAR = formatter(DAY);
const OTHER_YEAR = formatter({ ...DAY, year: "numeric" });

/** The instant as the element shows it: a clock, a day, or both as the server writes them. */
function written(instant, shows) {
  const clock = shows === "day" ? "" : (CLOCKS[shows] || CLOCKS.moment).format(instant);
  if (shows === "clock") {
    return clock;
  }
  const day = (instant.getFullYear() === new Date().getFullYear() ? THIS_YEAR : OTHER_YEAR).format(instant);
  return clock ? `${day}, ${clock}` : day;
}

/** Rewrite the text of every `<time>` inside `root`; what cannot be read stays as the server wrote it. */
export function localizeTimes(root) {
  root.querySelectorAll("time[datetime]").forEach((element) => {
    const instant = new Date(element.getAttribute("datetime"));
    if (Number.isNaN(instant.getTime())) {
      return;
    }
    const text = written(instant, element.dataset.shows);
    if (element.textContent !== text) {
      element.textContent = text;
    }
  });
}

/** The hour, minute and second of `instant` for the connection light. */
export function clockWithSeconds(instant) {
  return CLOCKS.second.format(instant);
}

/** The reader's zone by name, or by its distance from UTC where the browser does not know the name. */
function zoneName() {
  const minutes = -new Date().getTimezoneOffset();
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60].map((part) => String(part).padStart(2, "0"));
  return Intl.DateTimeFormat().resolvedOptions().timeZone || `UTC${minutes < 0 ? "−" : "+"}${hours}:${rest}`;
}

function nameZone() {
  document.querySelectorAll("[data-zone]").forEach((element) => {
    element.textContent = zoneName();
  });
}

localizeTimes(document);
nameZone();
document.addEventListener("htmx:afterSwap", (event) => localizeTimes(event.detail.target || document));
