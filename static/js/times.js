/**
 * Instants in the reader's own zone.
 *
 * The server writes `<time datetime="…Z" data-shows="clock|moment|second|day">` in UTC, so that every reader gets the same bytes;
 * here the text, never the attribute, becomes local.
 */

const LANGUAGE = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const DAY = { day: "numeric", month: "short" };

function formatter(options) {
  return new Intl.DateTimeFormat(LANGUAGE, options);
}

const FORMATS = {
  clock: formatter(CLOCK),
  moment: formatter({ ...DAY, ...CLOCK }),
  second: formatter({ ...DAY, ...CLOCK, second: "2-digit" }),
  day: formatter(DAY),
  moment_of_year: formatter({ ...DAY, year: "numeric", ...CLOCK }),
  second_of_year: formatter({ ...DAY, year: "numeric", ...CLOCK, second: "2-digit" }),
  day_of_year: formatter({ ...DAY, year: "numeric" }),
};

function formatFor(element, instant) {
  const shows = element.dataset.shows || "moment";
  const isOtherYear = instant.getFullYear() !== new Date().getFullYear();
  return FORMATS[isOtherYear && shows !== "clock" ? `${shows}_of_year` : shows] || FORMATS.moment;
}

/** Rewrite the text of every `<time>` inside `root`; what cannot be read stays as the server wrote it. */
export function localizeTimes(root) {
  root.querySelectorAll("time[datetime]").forEach((element) => {
    const instant = new Date(element.getAttribute("datetime"));
    if (Number.isNaN(instant.getTime())) {
      return;
    }
    const text = formatFor(element, instant).format(instant);
    if (element.textContent !== text) {
      element.textContent = text;
    }
  });
}

/** The hour, minute and second of `instant` for the connection light. */
export function clockWithSeconds(instant) {
  return formatter({ ...CLOCK, second: "2-digit" }).format(instant);
}

function nameZone() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  document.querySelectorAll("[data-zone]").forEach((element) => {
    element.textContent = zone || "your own zone";
  });
}

localizeTimes(document);
nameZone();
document.addEventListener("htmx:afterSwap", (event) => localizeTimes(event.detail.target || document));
