// The waterfall of a trace. Columns of numbers stay columns; only the rows that are in sight are elements, and those are
// used again for others. Folding and filtering change which positions are shown, and nothing else.

import { button, h, icon, iconPath, s, splitter } from "./dom.js";
import { clean, compact, count, duration, plural, ticks } from "./format.js";
import { family, typeLabel } from "./span-types.js";
import { buildTree, filterTree, foldAll, reveal, rowOf, visibleRows } from "./tree-rows.js";

const ROW = 28;
const INDENT = 14;
const SPARE = 5;
const MAP = 48;
// Browsers end elements at some ten million pixels; 100,000 rows are below that.

function put(element, key, value) {
  if (element[`_${key}`] === value) return;
  element[`_${key}`] = value;
  if (key === "text") element.textContent = value;
  else if (key === "class") element.className = value;
  else if (key === "hidden") element.hidden = value;
  else if (value === null) element.removeAttribute(key);
  else element.setAttribute(key, value);
}

function style(element, key, value) {
  if (element[`_s${key}`] === value) return;
  element[`_s${key}`] = value;
  element.style[key] = value;
}

class TraceWaterfall extends HTMLElement {
  #data = null;
  #tree = null;
  #rows = new Int32Array(0);
  #selected = -1;
  #pool = [];
  #frame = 0;
  #families = [];
  #start = 0;
  #end = 1;
  #from = 0;
  #to = 1;
  #unfiltered = null;
  #observer = null;
  #redraw = () => this.#drawMap();

  connectedCallback() {
    if (!this.body) this.#build();
    this.#observer = new ResizeObserver(() => {
      this.#measure();
      this.#drawRuler();
      this.#drawMap();
      this.#schedule();
    });
    this.#observer.observe(this.body);
    addEventListener("themechange", this.#redraw);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", this.#redraw);
  }

  disconnectedCallback() {
    this.#observer?.disconnect();
    removeEventListener("themechange", this.#redraw);
    matchMedia("(prefers-color-scheme: dark)").removeEventListener("change", this.#redraw);
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  #build() {
    this.space = h("div.wf-space", { role: "presentation" });
    this.body = h("div.wf-body", {
      role: "treegrid", tabindex: 0, "aria-label": "Spans", "aria-colcount": 2,
      onscroll: () => this.#schedule(), onkeydown: (event) => this.#key(event), onclick: (event) => this.#click(event),
      ondblclick: (event) => this.#toggle(this.#rowAt(event)),
    }, this.space);
    this.head = h("div.wf-title", "Span");
    this.ruler = h("div.wf-ruler", { "aria-hidden": "true" });
    this.splitter = splitter("Width of the names", "names", 42, this);
    this.canvas = h("canvas", { "aria-hidden": "true" });
    this.sight = h("div.mm-sight");
    this.left = h("div.mm-shade");
    this.right = h("div.mm-shade");
    this.map = h("div.mm", { title: "Drag to zoom into a time, click to go there", onpointerdown: (event) => this.#dragMap(event) }, this.canvas, this.left, this.right, this.sight);
    this.reset = button("Whole trace", () => this.zoom(null), { class: "button small mm-reset", hidden: true });
    this.lines = h("div.wf-lines", { "aria-hidden": "true" });
    this.none = h("p.wf-none", { hidden: true }, "No span matches");
    this.append(h("div.mm-row", this.map, this.reset),
      h("div.wf-head", this.head, this.splitter, this.ruler),
      h("div.wf-frame", this.lines, this.body, this.none));
    this.addEventListener("split", () => {
      this.#measure();
      this.#drawRuler();
      this.#schedule();
    });
  }

  #measure() {
    this.height = this.body.clientHeight;
    this.width = this.body.clientWidth || 1;
    this.names = this.head.offsetWidth;
    this.timeWidth = this.width - this.names;
    // Room is kept for the name, however deep it is.
    this.levels = Math.max(2, Math.floor((this.names - 190) / INDENT));
  }

  /** The answer of the server for a trace; what was folded and selected stays so. */
  set data(answer) {
    const before = this.#data;
    const folded = new Set();
    const selected = this.selectedId;
    if (before) {
      this.#lift();
      for (let row = 0; row < this.#tree.length; row += 1) {
        if (this.#tree.folded[row]) folded.add(before.spans.id[this.#tree.index[row]]);
      }
    }
    this.#data = answer;
    const { spans } = answer;
    this.#tree = buildTree(spans.parent, spans.error);
    let start = 0;
    let end = 0;
    for (let at = 0; at < spans.start.length; at += 1) {
      if (spans.start[at] < start) start = spans.start[at];
      const last = spans.start[at] + (spans.duration[at] ?? 0);
      if (last > end) end = last;
    }
    const isWhole = !before || (this.#from === this.#start && this.#to === this.#end);
    this.#start = start;
    this.#end = end > start ? end : start + 1;
    if (isWhole) [this.#from, this.#to] = [this.#start, this.#end];
    this.#families = answer.types.map(family);
    if (folded.size) {
      for (let row = 0; row < this.#tree.length; row += 1) {
        if (folded.has(spans.id[this.#tree.index[row]]) && this.#tree.size[row] > 1) this.#tree.folded[row] = 1;
      }
    }
    this.#selected = selected ? spans.id.indexOf(selected) : -1;
    if (this.lastFilter) this.filter(this.lastFilter);
    this.#changed();
    this.#drawRuler();
    // The rows first, the map when there is time.
    requestAnimationFrame(() => setTimeout(() => this.#drawMap()));
  }

  get selectedId() {
    return this.#selected < 0 ? null : this.#data.spans.id[this.#selected];
  }

  /** Tree of the trace: see tree-rows. */
  get tree() {
    return this.#tree;
  }

  /** Selects a span by its id and brings it into sight. Answers whether it is there. */
  select(id, isQuiet) {
    const index = this.#data.spans.id.indexOf(id);
    if (index < 0) return false;
    reveal(this.#tree, this.#tree.position[index]);
    this.#changed();
    this.#choose(index, isQuiet);
    return true;
  }

  #choose(index, isQuiet) {
    this.#selected = index;
    const row = rowOf(this.#rows, this.#tree.position[index]);
    const top = row * ROW;
    if (!this.height) this.#measure();
    if (top < this.body.scrollTop + ROW) this.body.scrollTop = top - ROW * 2;
    else if (top + ROW * 2 > this.body.scrollTop + this.height) this.body.scrollTop = top - this.height + ROW * 3;
    this.#schedule();
    if (!isQuiet) this.dispatchEvent(new CustomEvent("choose", { detail: this.#data.spans.id[index] }));
  }

  /** Selects the next span that failed, from the selected one on. */
  nextError() {
    const { error } = this.#data.spans;
    const at = this.#selected < 0 ? -1 : this.#tree.position[this.#selected];
    for (let step = 1; step <= this.#tree.length; step += 1) {
      const index = this.#tree.index[(at + step + this.#tree.length) % this.#tree.length];
      if (error[index]) return this.select(this.#data.spans.id[index]);
    }
    return false;
  }

  foldAll(isFolded) {
    foldAll(this.#tree, isFolded);
    this.#changed();
    if (this.#selected >= 0) this.#choose(this.#tree.index[this.#rows[Math.max(0, rowOf(this.#rows, this.#tree.position[this.#selected]))]], true);
  }

  #lift() {
    if (!this.#unfiltered) return;
    this.#tree.folded = this.#unfiltered;
    this.#unfiltered = null;
  }

  /** Shows spans that match, and what is above them. Answers how many match. */
  filter({ text = "", failed = false, type = "" }) {
    const isOn = Boolean(text || failed || type);
    this.lastFilter = isOn ? { text, failed, type } : null;
    if (!isOn) {
      this.#lift();
      filterTree(this.#tree, null);
      this.#changed();
      return this.#tree.length;
    }
    // What is folded must not hide a match; it is folded again afterwards.
    if (!this.#unfiltered) {
      this.#unfiltered = this.#tree.folded;
      this.#tree.folded = new Uint8Array(this.#tree.length);
    }
    const { spans, names, models, types } = this.#data;
    const words = text.toLowerCase();
    const name = names.map((one) => one.toLowerCase().includes(words));
    const model = models.map((one) => one.toLowerCase().includes(words));
    const kind = types.indexOf(type);
    const found = filterTree(this.#tree, (index) =>
      (!failed || spans.error[index] === 1) && (!type || spans.type[index] === kind) &&
      (!words || name[spans.name[index]] || (spans.model[index] >= 0 && model[spans.model[index]]) || spans.id[index].startsWith(words)));
    this.#changed();
    return found;
  }

  /** Shows the time of one span alone, or with null that of the whole trace. */
  zoom(range) {
    if (range) {
      const least = (this.#end - this.#start) / 1e6;
      const [from, to] = range;
      this.#from = Math.max(this.#start, from);
      this.#to = Math.min(this.#end, Math.max(to, this.#from + least));
    } else {
      this.#from = this.#start;
      this.#to = this.#end;
    }
    this.#drawRuler();
    this.#schedule();
  }

  get isZoomed() {
    return this.#from > this.#start || this.#to < this.#end;
  }

  zoomToSelected() {
    if (this.isZoomed || this.#selected < 0) return this.zoom(null);
    const start = this.#data.spans.start[this.#selected];
    const length = this.#data.spans.duration[this.#selected] ?? 0;
    const air = Math.max(length * 0.1, (this.#end - this.#start) / 1000);
    return this.zoom([start - air, start + length + air]);
  }

  #changed() {
    this.#rows = visibleRows(this.#tree);
    this.space.style.height = `${this.#rows.length * ROW}px`;
    this.body.setAttribute("aria-rowcount", String(this.#rows.length));
    this.none.hidden = this.#rows.length > 0;
    this.#schedule();
  }

  #toggle(position) {
    if (position < 0 || this.#tree.size[position] < 2) return;
    this.#tree.folded[position] ^= 1;
    this.#changed();
  }

  #rowAt(event) {
    const row = event.target.closest(".wf-row");
    return row ? row.position : -1;
  }

  #click(event) {
    const position = this.#rowAt(event);
    if (position < 0) return;
    if (event.target.closest(".caret")) this.#toggle(position);
    else this.#choose(this.#tree.index[position]);
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.#rows.length) return;
    const tree = this.#tree;
    const at = this.#selected < 0 ? -1 : rowOf(this.#rows, tree.position[this.#selected]);
    const position = at < 0 ? -1 : this.#rows[at];
    const page = Math.max(1, Math.floor(this.height / ROW) - 1);
    const last = this.#rows.length - 1;
    let to = null;
    if (event.key === "ArrowDown" || event.key === "j") to = at + 1;
    else if (event.key === "ArrowUp" || event.key === "k") to = at < 0 ? 0 : at - 1;
    else if (event.key === "PageDown") to = at + page;
    else if (event.key === "PageUp") to = at - page;
    else if (event.key === "Home") to = 0;
    else if (event.key === "End") to = last;
    else if (event.key === "ArrowRight" && position >= 0) {
      if (tree.folded[position]) this.#toggle(position);
      else if (this.#rows[at + 1] !== undefined && tree.parent[this.#rows[at + 1]] === position) to = at + 1;
    } else if (event.key === "ArrowLeft" && position >= 0) {
      if (tree.size[position] > 1 && !tree.folded[position]) this.#toggle(position);
      else if (tree.parent[position] >= 0) to = rowOf(this.#rows, tree.parent[position]);
    } else if (event.key === " " && position >= 0) this.#toggle(position);
    else if (event.key === "Enter" && position >= 0) this.dispatchEvent(new CustomEvent("open", { detail: this.selectedId }));
    else return;
    event.preventDefault();
    event.stopPropagation();
    if (to !== null) this.#choose(tree.index[this.#rows[Math.min(last, Math.max(0, to))]]);
  }

  #schedule() {
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  #makeRow(number) {
    const path = s("path");
    const parts = {
      guides: h("span.guides"),
      caret: h("span.caret", { "aria-hidden": "true" }, icon("right")),
      path,
      kind: h("span.type-icon", s("svg", { class: "icon", viewBox: "0 0 16 16", "aria-hidden": "true" }, path)),
      deep: h("span.tag.deep"),
      name: h("bdi.wf-text"),
      model: h("bdi.wf-model"),
      tag: h("span.tag"),
      bad: h("span.wf-bad", icon("error")),
      below: h("span.wf-below"),
      way: h("span.wf-way"),
      tokens: h("span.wf-tokens"),
      bar: h("div.wf-bar"),
      label: h("span.wf-label"),
    };
    const element = h("div.wf-row", { role: "row", id: `wf-${number}` },
      h("div.wf-name", { role: "gridcell" }, parts.guides, parts.caret, parts.kind, parts.deep, parts.name, parts.model, parts.tag, h("span.gap"), parts.below, parts.bad, parts.way, parts.tokens),
      h("div.wf-time", { role: "gridcell" }, parts.bar, parts.label));
    return Object.assign(element, { parts });
  }

  #draw() {
    if (!this.#tree || !this.body || this.height === undefined) return;
    // Read before anything is written: asking later would have the page laid out twice.
    const { scrollTop } = this.body;
    const first = Math.max(0, Math.floor(scrollTop / ROW) - SPARE);
    const last = Math.min(this.#rows.length, Math.ceil((scrollTop + this.height) / ROW) + SPARE);
    const needed = last - first;
    while (this.#pool.length < needed) {
      const row = this.#makeRow(this.#pool.length);
      this.#pool.push(row);
      this.space.append(row);
    }
    let active = null;
    const size = this.#pool.length;
    for (let at = first; at < last; at += 1) {
      // The same row keeps the same element while it is scrolled.
      const element = this.#pool[at % size];
      this.#drawRow(element, at);
      if (this.#tree.index[this.#rows[at]] === this.#selected) active = element.id;
    }
    for (let spare = needed; spare < size; spare += 1) put(this.#pool[(first + spare) % size], "hidden", true);
    put(this.body, "aria-activedescendant", active);
    const tall = Math.max(1, this.#rows.length * ROW);
    this.sight.style.top = `${(scrollTop / tall) * MAP}px`;
    this.sight.style.height = `${Math.min(1, this.height / tall) * MAP}px`;
    this.sight.hidden = tall <= this.height;
  }

  #drawRow(element, at) {
    const tree = this.#tree;
    const { spans, names, types, models } = this.#data;
    const position = this.#rows[at];
    const index = tree.index[position];
    const { parts } = element;
    element.position = position;
    const kind = this.#families[spans.type[index]] ?? "other";
    const depth = tree.depth[position];
    const isBad = spans.error[index] === 1;
    const isFolded = tree.folded[position] === 1;
    const hasMore = tree.size[position] > 1;
    const missing = this.#data.spans.missing?.[index];
    const isDim = tree.matched && !tree.matched[position];
    put(element, "hidden", false);
    style(element, "transform", `translateY(${at * ROW}px)`);
    put(element, "class", `wf-row f-${kind}${index === this.#selected ? " selected" : ""}${isBad ? " failed" : ""}${isDim ? " dimmed" : ""}`);
    put(element, "aria-rowindex", String(at + 1));
    put(element, "aria-level", String(depth + 1));
    put(element, "aria-selected", String(index === this.#selected));
    put(element, "aria-expanded", hasMore ? String(!isFolded) : null);
    const name = clean(names[spans.name[index]] || "unnamed");
    const long = duration(spans.duration[index]);
    put(element, "aria-label", `${name}, ${typeLabel(types[spans.type[index]])}, ${long}${isBad ? ", failed" : ""}${missing ? ", orphan" : ""}`);
    const levels = Math.min(depth, this.levels);
    style(parts.guides, "width", `${levels * INDENT}px`);
    put(parts.caret, "class", hasMore ? `caret${isFolded ? "" : " open"}` : "caret leaf");
    put(parts.path, "d", iconPath(kind));
    put(parts.kind, "title", clean(typeLabel(types[spans.type[index]])));
    put(parts.deep, "hidden", depth <= levels);
    if (depth > levels) {
      put(parts.deep, "text", `+${count(depth - levels)}`);
      put(parts.deep, "title", `Level ${count(depth + 1)}`);
    }
    put(parts.name, "text", name.length > 300 ? name.slice(0, 300) : name);
    put(parts.name, "title", name.slice(0, 1000));
    put(parts.model, "text", spans.model[index] >= 0 && !name.includes(models[spans.model[index]]) ? clean(models[spans.model[index]]).slice(0, 80) : "");
    const isOrphan = missing !== undefined;
    put(parts.tag, "hidden", !isOrphan && !tree.cyclic[index]);
    if (isOrphan) {
      put(parts.tag, "text", "orphan");
      put(parts.tag, "title", `Its parent ${clean(missing)} is not in this trace`);
    } else if (tree.cyclic[index]) {
      put(parts.tag, "text", "cycle");
      put(parts.tag, "title", "Its parents lead back to itself");
    }
    put(parts.bad, "hidden", !isBad);
    const below = isFolded ? tree.failed[position] : 0;
    put(parts.below, "text", isFolded ? `${below ? `${count(below)} failed of ` : ""}${count(tree.size[position] - 1)}` : "");
    put(parts.below, "class", below ? "wf-below bad" : "wf-below");
    const way = spans.delivery[index];
    put(parts.way, "text", way === 3 ? "refused" : way === 1 ? "queued" : "");
    put(parts.way, "class", way === 3 ? "wf-way bad" : "wf-way");
    const hasTokens = spans.inputTokens[index] != null || spans.outputTokens[index] != null;
    put(parts.tokens, "text", hasTokens ? `${compact(spans.inputTokens[index])} → ${compact(spans.outputTokens[index])}` : "");
    put(parts.tokens, "title", hasTokens ? `${count(spans.inputTokens[index])} tokens in, ${count(spans.outputTokens[index])} out` : "");
    this.#drawBar(parts, index, long);
  }

  #drawBar(parts, index, long) {
    const { spans } = this.#data;
    const range = this.#to - this.#from;
    const start = (spans.start[index] - this.#from) / range;
    const isRunning = spans.duration[index] == null && !spans.event[index];
    const end = isRunning ? 1 : start + (spans.duration[index] ?? 0) / range;
    const left = Math.min(1, Math.max(0, start));
    const right = Math.min(1, Math.max(0, end));
    const isAway = end < 0 || start > 1;
    if (spans.event[index]) {
      put(parts.bar, "class", "wf-bar point");
      style(parts.bar, "width", "");
    } else {
      put(parts.bar, "class", isRunning ? "wf-bar running" : "wf-bar");
      style(parts.bar, "width", `${((right - left) * 100).toFixed(3)}%`);
    }
    put(parts.bar, "hidden", isAway);
    style(parts.bar, "left", `${(left * 100).toFixed(3)}%`);
    put(parts.label, "hidden", isAway);
    put(parts.label, "text", spans.event[index] ? "" : isRunning ? "running" : long);
    const isAfter = (1 - right) * this.timeWidth > 72;
    const isBefore = !isAfter && left * this.timeWidth > 72;
    put(parts.label, "class", isAfter || isBefore ? "wf-label" : "wf-label inside");
    style(parts.label, "left", isAfter ? `${(right * 100).toFixed(3)}%` : "auto");
    style(parts.label, "right", isAfter ? "auto" : isBefore ? `${((1 - left) * 100).toFixed(3)}%` : "0");
  }

  #drawRuler() {
    if (!this.#data || !this.timeWidth) return;
    const range = this.#to - this.#from;
    const unit = [86400000, 3600000, 60000, 1].find((one) => range >= one * 2) ?? 1;
    const [, step = 1] = ticks(range / unit, Math.max(2, Math.floor(this.timeWidth / 78))).map((mark) => mark * unit);
    const marks = [];
    for (let mark = Math.ceil((this.#from - this.#start) / step) * step; mark <= this.#to - this.#start; mark += step) marks.push(mark);
    const place = (mark) => (mark - this.#from + this.#start) / range;
    this.ruler.replaceChildren(...marks.map((mark) => {
      const element = h("span", duration(mark));
      element.style.left = `${place(mark) * 100}%`;
      if (place(mark) > 0.93) element.className = "last";
      return element;
    }));
    this.lines.replaceChildren(...marks.filter((mark) => place(mark) > 0).map((mark) => {
      const line = h("i");
      line.style.left = `${this.names + (this.timeWidth - 12) * place(mark)}px`;
      return line;
    }));
    const whole = this.#end - this.#start;
    this.left.style.width = `${((this.#from - this.#start) / whole) * 100}%`;
    this.right.style.width = `${((this.#end - this.#to) / whole) * 100}%`;
    this.right.style.right = "0";
    this.reset.hidden = !this.isZoomed;
  }

  // --- The map of the whole trace

  #drawMap() {
    if (!this.#data || !this.isConnected) return;
    const width = this.map.clientWidth;
    const scale = devicePixelRatio || 1;
    this.canvas.width = Math.max(1, width * scale);
    this.canvas.height = MAP * scale;
    const context = this.canvas.getContext("2d");
    const looks = getComputedStyle(this);
    const colours = Object.fromEntries(["agent", "model", "tool", "flow", "data", "check", "other"].map((one) => [one, looks.getPropertyValue(`--f-${one}`)]));
    const bad = looks.getPropertyValue("--bad-bar");
    // A probe turns light-dark() into a colour that a canvas takes.
    const probe = h("i", { hidden: true });
    this.append(probe);
    const solid = (colour) => {
      probe.style.color = colour;
      return getComputedStyle(probe).color;
    };
    for (const key of Object.keys(colours)) colours[key] = solid(colours[key]);
    const badColour = solid(bad);
    probe.remove();
    const { spans } = this.#data;
    const tree = this.#tree;
    const whole = this.#end - this.#start;
    const step = this.canvas.height / tree.length;
    const thick = Math.max(scale, Math.min(4 * scale, step * 0.7));
    const passes = ++this.passes || (this.passes = 1);
    let row = 0;
    // In pieces, so that no long task keeps the page from scrolling.
    const piece = () => {
      if (passes !== this.passes || tree !== this.#tree) return;
      const stop = Math.min(tree.length, row + 4000);
      for (; row < stop; row += 1) {
        const index = tree.index[row];
        const left = ((spans.start[index] - this.#start) / whole) * this.canvas.width;
        const length = ((spans.duration[index] ?? 0) / whole) * this.canvas.width;
        context.fillStyle = spans.error[index] ? badColour : colours[this.#families[spans.type[index]]] ?? colours.other;
        context.fillRect(left, row * step, Math.max(scale, length), thick);
      }
      if (row < tree.length) setTimeout(piece);
    };
    piece();
  }

  #dragMap(event) {
    if (event.button !== 0 || !this.#data) return;
    event.preventDefault();
    const box = this.map.getBoundingClientRect();
    const part = (now) => Math.min(1, Math.max(0, (now.clientX - box.left) / box.width));
    const begin = part(event);
    const whole = this.#end - this.#start;
    let isDrag = false;
    this.map.setPointerCapture(event.pointerId);
    const move = (now) => {
      if (Math.abs(now.clientX - event.clientX) < 4 && !isDrag) return;
      isDrag = true;
      const [left, right] = [begin, part(now)].sort((one, other) => one - other);
      if (right > left) this.zoom([this.#start + left * whole, this.#start + right * whole]);
    };
    const stop = (now) => {
      this.map.removeEventListener("pointermove", move);
      this.map.removeEventListener("pointerup", stop);
      this.map.removeEventListener("pointercancel", stop);
      if (isDrag || now.type !== "pointerup") return;
      const position = Math.floor(((now.clientY - box.top) / box.height) * this.#tree.length);
      this.body.scrollTop = rowOf(this.#rows, position) * ROW - this.height / 2;
    };
    this.map.addEventListener("pointermove", move);
    this.map.addEventListener("pointerup", stop);
    this.map.addEventListener("pointercancel", stop);
  }
}

customElements.define("trace-waterfall", TraceWaterfall);

/** A waterfall with the tools above it, as {element, waterfall, key}. */
export function createWaterfall() {
  const waterfall = document.createElement("trace-waterfall");
  const found = h("span.found", { role: "status", "aria-live": "polite" });
  const text = h("input", { type: "search", placeholder: "Filter spans", "aria-label": "Filter spans by name, model or id" });
  const type = h("select", { "aria-label": "Type of span" });
  const failed = h("button.button", { "aria-pressed": "false", onclick: () => {
    failed.setAttribute("aria-pressed", String(failed.getAttribute("aria-pressed") !== "true"));
    apply();
  } }, icon("error"), h("span.wide-only", "Failed"));
  const nextError = button("Next failed span (e)", () => waterfall.nextError(), { icon: "down", iconOnly: true });

  function apply() {
    const values = { text: text.value.trim(), failed: failed.getAttribute("aria-pressed") === "true", type: type.value };
    const number = waterfall.filter(values);
    const isOn = values.text || values.failed || values.type;
    found.textContent = isOn ? `${plural(number, "match", "matches")}` : "";
    type.classList.toggle("set", Boolean(values.type));
  }

  let timer = 0;
  text.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(apply, 120);
  });
  type.addEventListener("change", apply);
  const element = h("section.waterfall", { "aria-label": "Waterfall" },
    h("div.wf-tools",
      h("div.search", icon("search"), text), type, h("div.joined", failed, nextError), found, h("span.gap"),
      button("Unfold all", () => waterfall.foldAll(false), { icon: "unfold", iconOnly: true }),
      button("Fold all", () => waterfall.foldAll(true), { icon: "fold", iconOnly: true })),
    waterfall);
  return {
    element,
    waterfall,
    setData(answer) {
      const chosen = type.value;
      type.replaceChildren(h("option", { value: "" }, "All types"), ...answer.types.map((one) => h("option", { value: one }, typeLabel(one))));
      type.value = answer.types.includes(chosen) ? chosen : "";
      const errors = answer.spans.error.some((one) => one === 1);
      failed.disabled = !errors;
      nextError.disabled = !errors;
      waterfall.data = answer;
      if (waterfall.lastFilter) apply();
    },
    key(event) {
      if (event.key === "/") text.focus();
      else if (event.key === "e") waterfall.nextError();
      else if (event.key === "z") waterfall.zoomToSelected();
      else if (["ArrowDown", "ArrowUp", "j", "k"].includes(event.key)) {
        waterfall.body.focus();
        waterfall.body.dispatchEvent(new KeyboardEvent("keydown", { key: event.key }));
      } else return false;
      return true;
    },
  };
}
