// A figure to be moved in: a Vega-Lite specification drawn where its still picture stood. Loaded only when asked for.
import {transforms} from "vega-dataflow";
import * as encode from "vega-encode";
import {expressionInterpreter} from "vega-interpreter";
import {compile} from "vega-lite";
import {parse} from "vega-parser";
import * as data from "vega-transforms";
import {extend} from "vega-util";
import {View} from "vega-view";
import * as marks from "vega-view-transforms";
import * as voronoi from "vega-voronoi";

extend(transforms, data, marks, encode, voronoi); // no maps, no trees, no regression: our figures are lines and bands

// Nothing is ever fetched: a figure carries its numbers.
const nowhere = {load: () => Promise.reject(new Error("a figure loads nothing")), sanitize: () => Promise.reject(new Error("a figure leads nowhere"))};

function told(holder) {
  const card = document.createElement("div");
  card.className = "tip";
  card.hidden = true;
  holder.append(card);
  return (_, event, item, value) => {
    card.hidden = value === null || value === undefined || value === "";
    if (card.hidden) return;
    card.replaceChildren(...Object.entries(value).map(([name, said]) => {
      const line = document.createElement("div");
      line.textContent = name === "name" ? said : `${name}: ${said}`;
      return line;
    }));
    const box = holder.getBoundingClientRect();
    const left = Math.min(event.clientX - box.left + 12, Math.max(0, box.width - card.offsetWidth));
    card.style.left = `${left}px`;
    card.style.top = `${event.clientY - box.top + 12}px`;
  };
}

// The policy of the pages runs no text as a program, so expressions are interpreted.
window.warrantorChart = async (holder, spec) => {
  const view = new View(parse(compile(spec).spec, null, {ast: true}), {expr: expressionInterpreter, loader: nowhere, renderer: "svg"});
  view.tooltip(told(holder)).hover().initialize(holder.querySelector("[data-plot]"));
  await view.runAsync();
  return view;
};
