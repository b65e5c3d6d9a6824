"use strict";

// The trend table. The functions of page.js that it uses are defined by the time it is called.

function spark() {
  const svg = drawing("svg", { viewBox: "0 0 100 24", preserveAspectRatio: "none", role: "img" });
  svg.append(drawing("polyline", {}));
  return svg;
}

function drawSpark(svg, counts) {
  const most = Math.max(1, ...counts);
  const step = counts.length > 1 ? 100 / (counts.length - 1) : 0;
  svg.setAttribute("aria-label", "counts of the latest slides: " + counts.join(", "));
  svg.firstChild.setAttribute("points", counts.map((count, index) => (index * step).toFixed(1) + "," + (22 - 20 * count / most).toFixed(1)).join(" "));
}

function changeOf(row) {
  if (row.change === null) return ["new", "new"];
  if (row.change > 0) return ["up", "▲ " + row.change];
  if (row.change < 0) return ["down", "▼ " + -row.change];
  return ["same", "–"];
}

// Rows by key. A tag keeps its row while it trends, so that no click, selection or focus is lost when counts change.
const trendRows = new Map();

function showTrends(table) {
  state.table = table;
  const end = table.end ? ", until " + clock(table.end) : "";
  const areTags = table.trends.every((row) => row.key.startsWith("#"));
  find("key-kind").textContent = areTags ? "Tag" : "Key";
  find("trends-note").textContent = whole.format(table.posts) + " posts and " + whole.format(table.keys) +
    (areTags ? " tags in the last " : " keys in the last ") +
    state.window + end + (table.late ? "; " + whole.format(table.late) + " posts came late" : "");
  const body = find("trend-rows");
  const focused = document.activeElement && document.activeElement.classList.contains("tag") ? document.activeElement : null;
  const place = focused ? [...body.querySelectorAll(".tag")].indexOf(focused) : -1;
  const most = Math.max(1, ...table.trends.map((row) => row.count));
  const wanted = [];
  for (const row of table.trends) {
    if (!trendRows.has(row.key)) trendRows.set(row.key, trendRow(row.key));
    const parts = trendRows.get(row.key);
    fillRow(parts, row, most);
    wanted.push(parts.line);
    if (row.key === state.open) {
      if (!parts.detail) parts.detail = detailRow();
      fillDetail(parts.detail, row);
      wanted.push(parts.detail.line);
    }
  }
  const keys = new Set(table.trends.map((row) => row.key));
  for (const key of trendRows.keys()) if (!keys.has(key)) trendRows.delete(key);
  const open = trendRows.get(state.open);
  arrange(body, wanted, new Set(open ? [open.line, open.detail.line] : focused ? [focused.closest("tr")] : []));
  if (focused && document.activeElement !== focused) {
    const tags = body.querySelectorAll(".tag");
    const again = focused.isConnected ? focused : tags[Math.min(place, tags.length - 1)];
    if (again) again.focus({ preventScroll: true });
  }
}

// Puts rows in order with few moves, without moving those in `stay`, which someone is reading.
function arrange(body, wanted, stay) {
  const all = new Set(wanted);
  for (const line of [...body.children]) if (!all.has(line)) line.remove();
  let cursor = body.firstElementChild;
  for (const line of wanted) {
    if (stay.has(line) && line.isConnected) {
      while (cursor && cursor !== line) {
        const next = cursor.nextElementSibling;
        body.append(cursor);
        cursor = next;
      }
    }
    if (line === cursor) cursor = cursor.nextElementSibling;
    else body.insertBefore(line, cursor);
  }
}

// Narrow pages show fewer columns.
let isResizing = false;
addEventListener("resize", () => {
  if (isResizing || !state.table) return;
  isResizing = true;
  requestAnimationFrame(() => {
    isResizing = false;
    showTrends(state.table);
  });
});

function trendRow(key) {
  const line = make("tr");
  const cells = ["number", "", "bar-cell", "number", "number authors", "change", "spark"].map((name) => make("td", name));
  line.append(...cells);
  const [rank, name, share, count, authors, change, lately] = cells;
  const tag = make("button", "tag");
  Object.assign(tag, { type: "button", dir: "auto" });
  tag.addEventListener("click", () => {
    state.open = state.open === key ? null : key;
    showTrends(state.table);
  });
  name.append(tag);
  const meter = make("span", "meter");
  share.append(meter);
  const places = make("span");
  change.append(places);
  const drawn = spark();
  lately.append(drawn);
  return { line, rank, tag, meter, count, authors, places, spark: drawn, detail: null };
}

function fillRow(parts, row, most) {
  parts.rank.textContent = row.rank;
  const text = safe(row.display);
  // Setting the same text again would lose a selection in it.
  if (parts.tag.textContent !== text) parts.tag.textContent = parts.tag.title = text;
  parts.tag.setAttribute("aria-expanded", row.key === state.open);
  parts.meter.style.width = Math.max(1, 100 * row.count / most) + "%";
  parts.count.textContent = whole.format(row.count) + (row.countUpperBound > row.count ? "+" : "");
  parts.authors.textContent = row.authors ? whole.format(row.authors) : "–";
  [parts.places.className, parts.places.textContent] = changeOf(row);
  drawSpark(parts.spark, row.history);
}

function detailRow() {
  const line = make("tr", "detail");
  const cell = make("td");
  const [facts, svg, list] = [make("p", "note"), spark(), make("ul")];
  cell.append(facts, svg, list);
  line.append(cell);
  return { line, cell, facts, svg, list, samples: null };
}

function fillDetail(detail, row) {
  // The number of columns shown: narrow pages hide some.
  detail.cell.colSpan = [...document.querySelectorAll("#trend-table th")].filter((head) => head.offsetParent).length;
  const facts = ["score " + decimal(row.score, 1), "first seen " + new Date(row.firstSeen).toLocaleString()];
  if (row.expected !== null) facts.unshift(decimal(row.expected, 1) + " expected");
  if (row.copied) facts.push("mostly copies of a few texts");
  for (const [column, values] of Object.entries(row.groups || {})) {
    const counts = Object.entries(values).sort((a, b) => b[1] - a[1]);
    facts.push(safe(column) + ": " + counts.map(([name, count]) => safe(name) + " " + whole.format(count)).join(", "));
  }
  detail.facts.textContent = facts.join(" · ");
  drawSpark(detail.svg, row.history);
  const samples = row.samples.join("\u0000");
  const selection = getSelection();
  // New samples wait while some of the current ones are selected.
  const isSelected = selection && !selection.isCollapsed && detail.list.contains(selection.anchorNode);
  if (samples === detail.samples || isSelected) return;
  detail.samples = samples;
  const items = row.samples.map((sample) => Object.assign(make("li", "", safe(sample)), { dir: "auto" }));
  detail.list.replaceChildren(...(items.length ? items : [make("li", "note", "No sample posts.")]));
}
