// The tree of a trace in columns. Rows are positions in depth-first order, so that a subtree is a run of positions and
// folding it is a jump. Everything is a loop: a trace may be as deep as it is long. Knows nothing of the page.

/**
 * The tree of a trace.
 *
 * @param {number[]} parents index of each span's parent, -1 for none; cycles are cut
 * @param {ArrayLike<number>} errors 1 where a span failed
 * @returns columns by position: `index` (of the span), `depth`, `size` (of the subtree), `parent` (position or -1),
 *   `failed` (failed spans below); `position` by index; `cyclic` by index; `folded` and `kept`, which may be changed
 */
export function buildTree(parents, errors) {
  const length = parents.length;
  const parent = Int32Array.from(parents);
  const cyclic = cutCycles(parent);
  // Children as linked lists, filled from the back so that they come out in order of start.
  const first = new Int32Array(length).fill(-1);
  const next = new Int32Array(length).fill(-1);
  let roots = -1;
  for (let at = length - 1; at >= 0; at -= 1) {
    const above = parent[at];
    if (above < 0) {
      next[at] = roots;
      roots = at;
    } else {
      next[at] = first[above];
      first[above] = at;
    }
  }
  const tree = {
    length,
    index: new Int32Array(length),
    depth: new Int32Array(length),
    size: new Int32Array(length).fill(1),
    parent: new Int32Array(length).fill(-1),
    failed: new Int32Array(length),
    position: new Int32Array(length),
    folded: new Uint8Array(length),
    kept: null,
    cyclic,
  };
  let count = 0;
  let at = roots;
  let depth = 0;
  while (at >= 0) {
    tree.index[count] = at;
    tree.position[at] = count;
    tree.depth[count] = depth;
    tree.parent[count] = parent[at] < 0 ? -1 : tree.position[parent[at]];
    count += 1;
    if (first[at] >= 0) {
      at = first[at];
      depth += 1;
      continue;
    }
    while (at >= 0 && next[at] < 0) {
      at = parent[at];
      depth -= 1;
    }
    if (at >= 0) at = next[at];
  }
  for (let row = length - 1; row >= 0; row -= 1) {
    const above = tree.parent[row];
    if (above < 0) continue;
    tree.size[above] += tree.size[row];
    tree.failed[above] += tree.failed[row] + (errors[tree.index[row]] ? 1 : 0);
  }
  return tree;
}

// Spans that are their own ancestors become roots. Returns which they are.
function cutCycles(parent) {
  const cyclic = new Uint8Array(parent.length);
  const walk = new Int32Array(parent.length);
  for (let start = 0; start < parent.length; start += 1) {
    let at = start;
    while (at >= 0 && walk[at] === 0) {
      walk[at] = start + 1;
      at = parent[at] < parent.length ? parent[at] : -1;
    }
    // Back on the path of this very walk: a cycle.
    while (at >= 0 && walk[at] === start + 1 && !cyclic[at]) {
      cyclic[at] = 1;
      at = parent[at];
    }
  }
  for (let at = 0; at < parent.length; at += 1) {
    if (cyclic[at] || parent[at] >= parent.length) parent[at] = -1;
  }
  return cyclic;
}

/** The positions that are shown, in order: those under a folded one and those that a filter leaves out are not. */
export function visibleRows(tree) {
  const rows = new Int32Array(tree.length);
  let count = 0;
  let at = 0;
  while (at < tree.length) {
    if (tree.kept && !tree.kept[at]) {
      // Nothing below is kept either, since a kept row keeps all above it.
      at += tree.size[at];
      continue;
    }
    rows[count] = at;
    count += 1;
    at += tree.folded[at] ? tree.size[at] : 1;
  }
  return rows.subarray(0, count);
}

/**
 * Filters the tree: rows that match and all above them stay.
 *
 * @param {((index: number) => boolean)|null} matches tells of a span's index; null lifts the filter
 * @returns the number of spans that match
 */
export function filterTree(tree, matches) {
  tree.kept = null;
  tree.matched = null;
  if (!matches) return tree.length;
  const kept = new Uint8Array(tree.length);
  const matched = new Uint8Array(tree.length);
  let count = 0;
  for (let row = tree.length - 1; row >= 0; row -= 1) {
    if (matches(tree.index[row])) {
      matched[row] = 1;
      kept[row] = 1;
      count += 1;
    }
    if (kept[row] && tree.parent[row] >= 0) kept[tree.parent[row]] = 1;
  }
  tree.kept = kept;
  tree.matched = matched;
  return count;
}

/** Folds or unfolds every row that has something below it. */
export function foldAll(tree, isFolded) {
  for (let row = 0; row < tree.length; row += 1) tree.folded[row] = isFolded && tree.size[row] > 1 ? 1 : 0;
}

/** Unfolds all above a position, so that it is shown. */
export function reveal(tree, position) {
  for (let at = tree.parent[position]; at >= 0; at = tree.parent[at]) tree.folded[at] = 0;
}

/** Where a position stands among the rows that are shown, or that of the nearest shown above it; -1 for none. */
export function rowOf(rows, position) {
  let low = 0;
  let high = rows.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (rows[middle] === position) return middle;
    if (rows[middle] < position) low = middle + 1;
    else high = middle - 1;
  }
  return high;
}
