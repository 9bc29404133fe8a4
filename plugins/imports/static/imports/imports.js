// Work in progress is looked at again every two seconds: <div id="..." data-poll> is replaced by the
// one of the same page; when it is gone, the whole page is loaded once more.
const watched = document.querySelector("[data-poll]");
if (watched) {
  const look = async () => {
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (!answer.ok) { setTimeout(look, 4000); return; }
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById(watched.id);
      if (!fresh?.hasAttribute("data-poll")) { location.reload(); return; }
      watched.replaceChildren(...fresh.childNodes);
    } catch { /* the portal may be starting anew: look again later */ }
    setTimeout(look, 2000);
  };
  setTimeout(look, 2000);
}

// A file that is too large is refused before it travels.
const limit = document.querySelector("[data-most-bytes]");
limit?.querySelector("input[type=file]")?.addEventListener("change", (event) => {
  limit.querySelector(".field-error")?.remove();
  const file = event.target.files[0];
  const large = file && file.size > Number(limit.dataset.mostBytes);
  event.target.setAttribute("aria-invalid", String(Boolean(large)));
  if (large) {
    const told = document.createElement("p");
    told.className = "field-error";
    told.setAttribute("role", "alert");
    told.textContent = limit.dataset.tooLarge;
    event.target.before(told);
    event.target.value = "";
  }
});
