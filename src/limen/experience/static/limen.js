// Comfort only: every page does its work with script switched off. No words live here; they come as data attributes.

// A journey's first page comes where it began; "back" and "reload" are to find the journey, not to begin another.
const here = document.body.dataset.here;
if (here && here !== location.pathname) history.replaceState(null, "", here);

const all = (selector) => document.querySelectorAll(selector);

function wakeToggle(button) {
  const input = document.getElementById(button.getAttribute("aria-controls"));
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    input.focus();
  });
  // Never leave a password readable in what is sent, stored by the browser, or shown after "back".
  input.form.addEventListener("submit", () => {
    input.type = "password";
    button.setAttribute("aria-pressed", "false");
  });
}

// A rough guess while typing, 1 to 4, in the spirit of zxcvbn; the server decides.
function guessStrength(password, minimum, avoid) {
  const text = avoid.reduce((rest, word) => rest.replaceAll(word, ""), password.toLowerCase());
  let surprises = 0;
  for (let i = 0; i < text.length; i += 1) {
    const step = text.charCodeAt(i) - text.charCodeAt(i - 1);
    const repeats = i > 0 && text.slice(0, i).includes(text.slice(i - 1, i + 1));
    surprises += i > 0 && (Math.abs(step) <= 1 || repeats) ? 0.25 : 1;
  }
  const kinds = [/\p{Ll}/u, /\p{Lu}/u, /\d/, /[^\p{L}\d]/u].filter((kind) => kind.test(password)).length;
  const bits = surprises * (2.6 + kinds * 0.6);
  if ([...password].length < minimum || bits < 28) return 1;
  if (bits < 42) return 2;
  return bits < 58 ? 3 : 4;
}

function wakeMeter(meter) {
  const input = document.getElementById(meter.dataset.meter);
  const word = meter.querySelector(".meter__word");
  const words = meter.dataset.words.split("|");
  meter.hidden = false;
  input.addEventListener("input", () => {
    const names = [...input.form.elements].filter((field) => field.name === "email" || field.name === "name");
    const avoid = names.flatMap((field) => field.value.toLowerCase().split(/[^\p{L}\d]+/u)).filter((part) => part.length > 2);
    const score = input.value ? guessStrength(input.value, Number(meter.dataset.minimum), avoid) : 0;
    meter.dataset.score = score;
    word.textContent = score ? words[score - 1] : "";
  });
}

function tidyCode(input) {
  input.addEventListener("input", () => {
    const digits = input.value.normalize("NFKC").replace(/[\u0660-\u0669]/g, (digit) => digit.charCodeAt(0) - 0x660);
    input.value = digits.replace(/\D/g, "").slice(0, 6);
  });
}

function sendOnce(form) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    event.submitter?.setAttribute("aria-disabled", "true");
  });
}

function wakeCopy(button) {
  const source = document.getElementById(button.dataset.copy);
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(source.textContent.trim());
    button.textContent = button.dataset.done;
  });
}

function wakePrint(button) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

// A page that comes back from the history may be sent again.
window.addEventListener("pageshow", () => {
  for (const form of all("form[data-sent]")) {
    delete form.dataset.sent;
    form.querySelectorAll("[aria-disabled]").forEach((button) => button.removeAttribute("aria-disabled"));
  }
});

function tellHere(time) {
  const form = { dateStyle: "medium", timeStyle: "short", numberingSystem: "latn" };
  time.textContent = new Intl.DateTimeFormat(document.documentElement.lang, form).format(new Date(time.dateTime));
}

all("time[data-here]").forEach(tellHere);
all(".password__toggle").forEach(wakeToggle);
all("[data-meter]").forEach(wakeMeter);
all("[data-code]").forEach(tidyCode);
all("form").forEach(sendOnce);
all("[data-copy]").forEach(wakeCopy);
all("[data-print]").forEach(wakePrint);
document.querySelector("form[data-autosubmit]")?.submit();

// Fetched where it is asked for alone.
for (const place of all("[data-proof-script]")) import(place.dataset.proofScript);
