/**
 * The words that scripts say to a reader, in the language of the page: the server writes them into a JSON block
 * (`#live-words`, macros/live_words.html), so that they are translated where all others are.
 */

function read() {
  const block = document.getElementById("live-words");
  try {
    return block ? JSON.parse(block.textContent) : {};
  } catch (error) {
    return {};
  }
}

const WORDS = read();
const PLURALS = new Intl.PluralRules(document.documentElement.lang || "en");

/** The words of this name, with what stands in braces filled in from `values`; empty where the page has none. */
export function words(name, values = {}) {
  return (WORDS[name] || "").replace(/\{(\w+)\}/g, (whole, key) => (key in values ? String(values[key]) : whole));
}

/** Like `words`, in the form that goes with so many: `name` for one, `name_many` for others. */
export function countedWords(name, count) {
  return words(PLURALS.select(count) === "one" ? name : `${name}_many`, { count });
}
