// Improves pages that work without it. Everything is bound by a data- attribute.
// No htmx: the one thing needed, replacing results while somebody types, is the function `refresh`
// below; it needs no eval and writes no inline styles, so that the policy stays strict.

const all = (query, from = document) => [...from.querySelectorAll(query)];
const typing = (target) => target.closest?.("input, textarea, select, [contenteditable]");

// "/" goes to the search field; Escape closes open menus, and a press elsewhere too.
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !typing(event.target)) {
    const field = document.querySelector("[data-search-focus]");
    if (field) { event.preventDefault(); field.focus(); field.select(); }
  }
  if (event.key === "Escape") {
    const open = all("details[data-popup][open]").pop();
    if (open) { const inside = open.contains(document.activeElement); open.open = false; if (inside) open.querySelector("summary").focus(); }
  }
});
document.addEventListener("click", (event) => {
  for (const open of all("details[data-popup][open]")) if (!open.contains(event.target)) open.open = false;
  const dismiss = event.target.closest("[data-dismiss]");
  if (dismiss) { dismiss.closest("[data-toast]")?.remove(); document.getElementById("main")?.focus({ preventScroll: true }); }
  const copy = event.target.closest("[data-copy]");
  if (copy) navigator.clipboard?.writeText(copy.dataset.copy).then(() => say(copy.dataset.copied || ""));
  if (event.target.closest("[data-print]")) window.print();
});

// One polite voice for counts and small news.
const voice = Object.assign(document.createElement("p"), { className: "vh" });
voice.setAttribute("aria-live", "polite");
document.body.append(voice);
function say(text) { voice.textContent = ""; setTimeout(() => { voice.textContent = text; }, 50); }

// Search as you type. <form data-typeahead="results facets"> names the elements that are replaced
// by those with the same id in the answer; [data-count] in the answer is read aloud.
let running = null, timer = 0, shown = location.search;
function address(form) {
  const url = new URL(form.action), values = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value !== "") values.append(name, value);
  url.search = values;
  return url;
}
async function refresh(form, remember) {
  running?.abort();
  const mine = running = new AbortController(), url = address(form);
  if (url.href === location.href) return;
  try {
    const answer = await fetch(url, { signal: mine.signal, headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine.signal.aborted) return;
    for (const id of form.dataset.typeahead.split(" ")) replace(document.getElementById(id), page.getElementById(id));
    history[remember ? "pushState" : "replaceState"](null, "", url);
    shown = location.search;
    document.title = page.title;
    ready();
    say(document.querySelector("[data-count]")?.textContent.trim() ?? "");
  } catch { /* offline, or a newer question: the page stays as it is */ }
}
function replace(old, fresh) {
  if (!old || !fresh) return;
  const here = old.contains(document.activeElement) ? document.activeElement : null;
  const opened = new Set(all("details[data-keep][open]", old).map((item) => item.dataset.keep));
  old.replaceChildren(...fresh.childNodes);
  for (const item of all("details[data-keep]", old)) if (opened.has(item.dataset.keep)) item.open = true;
  if (here) {
    const same = here.id ? (item) => item.id === here.id : (item) => item.name === here.name && item.value === here.value;
    all("input, select, button, summary, a", old).find((item) => item.tagName === here.tagName && same(item))?.focus({ preventScroll: true });
  }
}
document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (!form?.dataset.typeahead || !event.target.matches("input[type=search], input[type=text]")) return;
  clearTimeout(timer);
  timer = setTimeout(() => refresh(form, false), 250);
});
document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form?.hasAttribute("data-autosubmit") && !event.target.matches("input[type=search], input[type=text]")) {
    clearTimeout(timer);
    if (form.dataset.typeahead) refresh(form, true); else form.requestSubmit();
  }
  if (event.target.matches("[data-compare]")) choose(event.target);
});
document.addEventListener("submit", () => { clearTimeout(timer); running?.abort(); });
addEventListener("popstate", () => { if (location.search !== shown) location.reload(); });

// The partners chosen to compare last from page to page of this visit.
const chosen = () => { try { return JSON.parse(sessionStorage.compare || "[]"); } catch { return []; } };
function choose(box) {
  const most = Number(document.querySelector("[data-compare-bar]")?.dataset.most || 4);
  let slugs = chosen().filter((slug) => slug !== box.value);
  if (box.checked && slugs.length < most) slugs.push(box.value);
  else box.checked = false;
  sessionStorage.compare = JSON.stringify(slugs);
  compare();
}
function compare() {
  const bar = document.querySelector("[data-compare-bar]");
  if (!bar) return;
  const slugs = chosen(), boxes = all("[data-compare]"), words = bar.querySelector("[data-compare-words]");
  for (const box of boxes) box.checked = slugs.includes(box.value);
  for (const old of all("input[type=hidden][name=partner]", bar)) old.remove();
  for (const slug of slugs) if (!boxes.some((box) => box.value === slug)) {
    bar.append(Object.assign(document.createElement("input"), { type: "hidden", name: "partner", value: slug }));
  }
  bar.classList.toggle("has-some", slugs.length > 0);
  words.dataset.none ??= words.textContent;
  words.textContent = slugs.length ? words.dataset.compareWords.replace("{n}", slugs.length) : words.dataset.none;
}

// Long forms: what is typed is kept a second after typing stops, with the account of whoever is
// signed in, else in this browser. <form data-draft="name" data-draft-save="address to keep it">,
// before it a [data-draft-notice] that offers what was kept.
const stored = (name) => `draft:${name}`;
const wanted = (field) => field.name && !/^_|csrf/.test(field.name) && !["file", "password"].includes(field.type);
for (const form of all("form[data-draft]")) {
  const name = form.dataset.draft, notice = all("[data-draft-notice]").find((item) => item.dataset.draftNotice === name);
  let wait = 0;
  const keep = async () => {
    clearTimeout(wait); wait = 0;
    const values = new FormData();
    for (const [key, value] of new FormData(form)) if (key !== "_key" && typeof value === "string") values.append(key, value);
    values.append("_path", location.pathname + location.search);
    if (form.dataset.draftSave) {
      const answer = await fetch(form.dataset.draftSave, { method: "POST", body: values, keepalive: true, redirect: "error", headers: { Accept: "application/json" } }).catch(() => null);
      if (answer?.ok) { localStorage.removeItem(stored(name)); form.dataset.draftKept = "yes"; return; }
    }
    const fields = all("input, textarea, select", form).filter(wanted).filter((field) => field.checked || !["checkbox", "radio"].includes(field.type));
    try { localStorage[stored(name)] = JSON.stringify({ at: Date.now(), fields: fields.flatMap((field) => field.multiple ? [...field.selectedOptions].map((one) => [field.name, one.value]) : [[field.name, field.value]]) }); form.dataset.draftKept = "here"; } catch { /* no room: the page itself still has it */ }
  };
  form.addEventListener("input", () => { delete form.dataset.draftKept; clearTimeout(wait); wait = setTimeout(keep, 1000); });
  form.addEventListener("submit", () => { clearTimeout(wait); wait = 0; sessionStorage.sentDraft = name; });
  addEventListener("pagehide", () => { if (wait) keep(); });
  if (sessionStorage.sentDraft === name) delete sessionStorage.sentDraft; // refused: the text stands in the form
  else if (localStorage[stored(name)] && notice?.hidden && !/[?&]draft=/.test(location.search)) {
    const kept = JSON.parse(localStorage[stored(name)]);
    notice.querySelector("time").dateTime = new Date(kept.at).toISOString();
    notice.hidden = false;
    notice.querySelector("[data-draft-use]").addEventListener("click", () => {
      for (const field of all("input, textarea, select", form).filter(wanted)) {
        const values = kept.fields.filter(([key]) => key === field.name).map(([, value]) => value);
        if (["checkbox", "radio"].includes(field.type)) field.checked = values.includes(field.value);
        else if (field.multiple) for (const one of field.options) one.selected = values.includes(one.value);
        else if (values.length) field.value = values.shift();
      }
      notice.hidden = true;
      all("input:not([type=hidden]), textarea, select", form)[0]?.focus();
    });
    notice.querySelector("[data-draft-discard]").addEventListener("click", () => { localStorage.removeItem(stored(name)); notice.hidden = true; });
  }
}
if (sessionStorage.sentDraft && !document.querySelector("[data-error]")) {
  localStorage.removeItem(stored(sessionStorage.sentDraft));
  delete sessionStorage.sentDraft;
}
for (const time of all("time[data-time]")) if (time.dateTime) {
  const at = new Date(time.dateTime), is_today = at.toDateString() === new Date().toDateString();
  time.textContent = at.toLocaleString(document.documentElement.lang, is_today ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" });
}

// What only works with scripts is hidden until here; a summary of errors takes the focus.
function ready() {
  for (const item of all("[data-dismiss], [data-copy], [data-print], [data-script-only]")) item.hidden = false;
  for (const item of all("[data-script-off]")) item.hidden = true;
  compare();
}
ready();
document.querySelector("[data-focus]:not([autofocus])")?.focus();
