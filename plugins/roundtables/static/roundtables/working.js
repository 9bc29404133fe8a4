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
