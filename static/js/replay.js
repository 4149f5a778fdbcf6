/**
 * Plays a board over its versions. The page works without it: a form and two links show any version.
 *
 * The list of the form says where the slider stops. A frame never changes, so each is fetched once and some ahead; the
 * address always names the version that is shown.
 */

import { move } from "./movement.js";
import { reconcile } from "./reconcile.js";
import { localizeTimes } from "./times.js";

const FRAME_MS = 1600;
const AHEAD = 3;
const KEPT = 60;
const SAID_AFTER_MS = 600;

const controls = document.querySelector("[data-replay]");

class Replay {
  constructor(root) {
    this.root = root;
    this.words = root.dataset;
    this.list = root.querySelector("select[name=at]");
    this.slider = root.querySelector("[data-slider]");
    this.button = root.querySelector("[data-play]");
    this.speed = root.querySelector("[data-speed]");
    this.where = root.querySelector("[data-where]");
    this.said = root.querySelector("[data-said]");
    this.steps = { previous: root.querySelector("[data-step=previous]"), next: root.querySelector("[data-step=next]") };
    this.frames = new Map();
    this.wanted = this.list.selectedIndex;
    this.isPlaying = false;
    this.timer = null;
    this.sayTimer = null;
  }

  get last() {
    return this.list.options.length - 1;
  }

  begin() {
    this.nameTimes();
    this.root.classList.add("is-played");
    this.root.querySelectorAll("[data-scripted]").forEach((element) => {
      element.hidden = false;
    });
    this.slider.value = String(this.wanted);
    this.slider.addEventListener("input", () => this.goBy(Number(this.slider.value)));
    this.button.addEventListener("click", () => this.toggle());
    this.steps.previous.addEventListener("click", (event) => this.step(event, -1));
    this.steps.next.addEventListener("click", (event) => this.step(event, 1));
    document.addEventListener("keydown", (event) => this.key(event));
    document.addEventListener("visibilitychange", () => document.hidden && this.pause());
    this.label();
    this.fetchAhead();
  }

  /** The list has its times in UTC; the reader's own zone is what the rest of the page shows. */
  nameTimes() {
    Array.from(this.list.options).forEach((option) => {
      const [name] = option.textContent.split(" · ");
      const time = document.createElement("time");
      time.setAttribute("datetime", option.dataset.at);
      const holder = document.createElement("span");
      holder.append(time);
      localizeTimes(holder);
      option.dataset.name = name.trim();
      option.dataset.when = time.textContent;
    });
  }

  label() {
    const option = this.list.options[this.wanted];
    const name = document.createElement("span");
    name.textContent = option.dataset.name;
    const when = document.createElement("span");
    when.className = "muted";
    when.textContent = option.dataset.when;
    this.where.replaceChildren(name, when);
    this.slider.value = String(this.wanted);
    this.slider.setAttribute("aria-valuetext", `${option.dataset.name}, ${option.dataset.when}`);
    this.list.selectedIndex = this.wanted;
    [["previous", this.wanted - 1], ["next", this.wanted + 1]].forEach(([step, index]) => {
      const link = this.steps[step];
      const target = this.list.options[index];
      if (target) {
        link.setAttribute("href", this.address(target.value));
        link.removeAttribute("aria-disabled");
        link.removeAttribute("role");
      } else {
        link.removeAttribute("href");
        link.setAttribute("aria-disabled", "true");
        link.setAttribute("role", "link");
      }
    });
  }

  address(version) {
    const url = new URL(window.location.href);
    url.searchParams.set("at", version);
    url.searchParams.delete("page");
    return url.pathname + url.search;
  }

  frame(index) {
    if (!this.frames.has(index)) {
      const url = new URL(this.words.frameUrl, window.location.href);
      url.searchParams.set("at", this.list.options[index].value);
      // The address changes with a new release, so that nobody sees what an old one made.
      url.searchParams.set("by", this.words.build);
      const asked = fetch(url, { headers: { "HX-Request": "true" }, credentials: "omit" }).then((answer) => {
        if (!answer.ok) {
          throw new Error(String(answer.status));
        }
        return answer.text();
      });
      asked.catch(() => this.frames.delete(index));
      this.frames.set(index, asked);
      if (this.frames.size > KEPT) {
        this.frames.delete(this.frames.keys().next().value);
      }
    }
    return this.frames.get(index);
  }

  fetchAhead() {
    const many = Math.min(this.last, this.wanted + AHEAD);
    for (let index = this.wanted + 1; index <= many; index += 1) {
      this.frame(index).catch(() => {});
    }
  }

  /** What the reader does by hand ends the playing. */
  goBy(index) {
    this.pause();
    this.go(index);
  }

  go(index) {
    const wanted = Math.max(0, Math.min(this.last, index));
    if (wanted === this.wanted) {
      return Promise.resolve(true);
    }
    this.wanted = wanted;
    this.label();
    return this.frame(wanted)
      .then((text) => {
        // Whoever drags the slider is shown where it stands now, not everything on the way.
        if (this.wanted === wanted) {
          this.show(text);
        }
        return true;
      })
      .catch(() => {
        if (this.wanted === wanted) {
          this.pause();
          this.say(this.words.wordFailed);
        }
        return false;
      });
  }

  show(text) {
    const shown = document.querySelector(".replay__frame");
    const wanted = new DOMParser().parseFromString(text, "text/html").querySelector(".replay__frame");
    localizeTimes(wanted);
    move(shown, () => reconcile(shown, document.importNode(wanted, true)));
    window.history.replaceState(null, "", this.address(this.list.options[this.wanted].value));
    this.fetchAhead();
    if (!this.isPlaying) {
      this.sayLater();
    }
  }

  sayLater() {
    window.clearTimeout(this.sayTimer);
    this.sayTimer = window.setTimeout(() => {
      const first = document.querySelector(".replay__frame [data-rank]");
      const leader = first ? `: ${first.dataset.rank}. ${first.dataset.name}` : "";
      this.say(`${this.list.options[this.wanted].dataset.name}${leader}`);
    }, SAID_AFTER_MS);
  }

  say(text) {
    this.said.textContent = text;
  }

  toggle() {
    if (this.isPlaying) {
      this.pause();
    } else {
      this.play();
    }
  }

  async play() {
    this.isPlaying = true;
    this.button.textContent = this.words.wordPause;
    // From the end it begins again.
    if (this.wanted === this.last && !(await this.go(0))) {
      return;
    }
    this.next();
  }

  next() {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(async () => {
      const isThere = await this.go(this.wanted + 1);
      if (!this.isPlaying) {
        return;
      }
      if (isThere && this.wanted < this.last) {
        this.next();
      } else {
        this.pause();
        this.sayLater();
      }
    }, FRAME_MS / Number(this.speed.value));
  }

  pause() {
    if (this.isPlaying) {
      this.isPlaying = false;
      window.clearTimeout(this.timer);
      this.button.textContent = this.words.wordPlay;
    }
  }

  step(event, by) {
    if (!event.metaKey && !event.ctrlKey && !event.shiftKey) {
      event.preventDefault();
      this.goBy(this.wanted + by);
    }
  }

  /** Arrows and space work wherever they mean nothing else; the slider has arrows of its own. */
  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) {
      return;
    }
    const isSlider = event.target === this.slider;
    if (!isSlider && event.target.closest("a, button, input, select, textarea, summary, [contenteditable], [tabindex='0']")) {
      return;
    }
    if (event.key === " ") {
      event.preventDefault();
      this.toggle();
    } else if (!isSlider && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
      event.preventDefault();
      this.goBy(this.wanted + (event.key === "ArrowLeft" ? -1 : 1));
    }
  }
}

if (controls) {
  new Replay(controls).begin();
}
