"use strict";
const box = document.getElementById("search");
const said = document.getElementById("said");
const entries = [...document.getElementById("found").children].map((item) => [item, item.textContent.toLowerCase()]);
const most = 50;
function search() {
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const [item, text] of entries) {
    const fits = words.length > 0 && words.every((word) => text.includes(word));
    found += fits;
    item.hidden = !fits || found > most;
  }
  said.textContent = words.length === 0 ? "" : found > most ? `${found} found, the first ${most} shown` : `${found} found`;
}
box.addEventListener("input", search);
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== box) {
    event.preventDefault();
    box.focus();
  }
});
document.getElementById("finder").hidden = false;
search();
