// Names of occupations are offered while somebody types. <datalist id="..." data-suggest="address to
// ask" data-for="id of the field">: without scripts, or without an answer, the field is a plain one.
for (const list of document.querySelectorAll("datalist[data-suggest]")) {
  const field = document.getElementById(list.dataset.for);
  if (!field) continue;
  field.setAttribute("list", list.id);
  field.autocomplete = "off";
  let wait = 0, running = null;
  const ask = async () => {
    running?.abort();
    running = new AbortController();
    const url = new URL(list.dataset.suggest, location.href);
    url.searchParams.set("q", field.value);
    try {
      const answer = await fetch(url, { signal: running.signal, headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      const { labels } = await answer.json();
      list.replaceChildren(...labels.map((label) => Object.assign(document.createElement("option"), { value: label })));
    } catch { /* offline, or more was typed: the field stays as it is */ }
  };
  field.addEventListener("input", () => {
    clearTimeout(wait);
    if ([...list.options].some((option) => option.value === field.value)) return; // one was chosen
    wait = setTimeout(ask, 150);
  });
}
