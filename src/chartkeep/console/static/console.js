// Keys for lists, and printing. Everything works without it.
"use strict";

document.addEventListener("keydown", (event) => {
  const field = document.getElementById("typed");
  const typing = event.target.closest("input, textarea, select");
  if (event.key === "/" && field && !typing) {
    event.preventDefault();
    field.focus();
    field.select();
    return;
  }
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  if (typing && typing !== field) return;
  const links = [...document.querySelectorAll("[data-rows] a")];
  const next = links.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
  const chosen = next < 0 ? field : links[next];
  if (chosen) {
    event.preventDefault();
    chosen.focus();
  }
});

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
