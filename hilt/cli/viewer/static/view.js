// Renews the table as the log grows, without moving what is read. The pages work without it.
"use strict";
const main = document.querySelector("main[data-live]");
let state = null;

async function renew() {
  if (document.hidden) return;
  const headers = state ? { "if-none-match": state } : {};
  let answer;
  try {
    answer = await fetch(location.href, { headers, cache: "no-store" });
  } catch {
    document.body.classList.add("gone");
    return;
  }
  document.body.classList.remove("gone");
  if (answer.status !== 200) return;
  const before = state;
  state = answer.headers.get("etag");
  if (before === null) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const rows = page.getElementById("rows");
  const shown = document.getElementById("rows");
  if (!rows || !shown) return;
  const focused = document.activeElement && document.activeElement.getAttribute("href");
  shown.replaceWith(rows);
  if (focused) {
    const again = [...rows.querySelectorAll("a")].find((each) => each.getAttribute("href") === focused);
    if (again) again.focus({ preventScroll: true });
  }
}

if (main) {
  renew();
  setInterval(renew, 2000);
}
