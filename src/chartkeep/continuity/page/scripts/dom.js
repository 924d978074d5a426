// Elements. What a chart says is only ever set as text: nothing in it becomes markup.
"use strict";

/** Make an element: "div.card" with attributes or listeners, and what is inside it. */
function el(tag, facts = {}, ...inside) {
  return furnish(document.createElement(tag.split(".")[0]), tag, facts, inside);
}

/** Make an element of a drawing. */
function svg(tag, facts = {}, ...inside) {
  const space = "http://www.w3.org/2000/svg";
  return furnish(document.createElementNS(space, tag.split(".")[0]), tag, facts, inside);
}

function furnish(node, tag, facts, inside) {
  const classes = tag.split(".").slice(1);
  if (classes.length) node.classList.add(...classes);
  for (const [name, value] of Object.entries(facts)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...inside.flat(4).filter((each) => each !== "" && each != null && each !== false));
  return node;
}

const byId = (id) => document.getElementById(id);

/** Put pieces of text side by side, with a sign between those that say something. */
function joined(pieces, sign = " · ") {
  return pieces.filter(Boolean).join(sign);
}
