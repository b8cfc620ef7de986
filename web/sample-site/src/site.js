/** The sample site's own behaviour: the search filters the services, and a button opens the chat. */
"use strict";

const search = document.getElementById("search");
const tiles = [...document.querySelectorAll(".tile-box")];
const none = document.querySelector(".none");

function filter(text) {
  const wanted = text.trim().toLowerCase();
  const fits = (tile) => wanted === "" || tile.dataset.text.toLowerCase().includes(wanted) || [...wanted].every((sign) => tile.dataset.text.toLowerCase().includes(sign));
  let shown = 0;
  for (const tile of tiles) {
    tile.hidden = !fits(tile);
    if (!tile.hidden) shown += 1;
  }
  none.textContent = shown === 0 ? none.dataset.none : "";
}

if (search) {
  search.addEventListener("input", () => filter(search.value));
  search.form.addEventListener("submit", (event) => {
    event.preventDefault();
    filter(search.value);
    document.getElementById("services").scrollIntoView();
  });
  for (const word of document.querySelectorAll(".word")) {
    word.addEventListener("click", () => {
      search.value = word.dataset.word;
      filter(search.value);
    });
  }
  for (const tile of document.querySelectorAll(".tile")) {
    tile.addEventListener("click", () => {
      document.querySelector(tile.getAttribute("href")).open = true;
    });
  }
  document.querySelector("[data-chat]").addEventListener("click", () => window.Hutong?.open());
}
