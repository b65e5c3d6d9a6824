"""Plots as SVG files that follow the reader's light or dark colours."""
import math
from html import escape

LIGHT = ["#0a66c2", "#c2410c", "#15803d", "#9333ea", "#be123c", "#0f766e", "#a16207"]
DARK = ["#6cb6ff", "#fb923c", "#4ade80", "#c084fc", "#fb7185", "#2dd4bf", "#facc15"]
WIDTH = 760
COLORS = {"own": "p0", "peer": "p1", "limit": "limit"}


def style():
    def rules(colors):
        return "".join(
            f".c{n}{{stroke:{c};fill:none}}.p{n}{{fill:{c}}}" for n, c in enumerate(colors))

    return (
        "<style>:root{color-scheme:light dark}.g{stroke:#8884}.t{fill:#222}.m{fill:#666}.limit{fill:#9aa0a6}.b{fill:#fff}"
        + rules(LIGHT) + "@media (prefers-color-scheme:dark){.t{fill:#ddd}.m{fill:#999}.b{fill:#16181c}"
        + rules(DARK) + "}</style>")


def document(title, height, parts):
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="{escape(title)}" font-family="system-ui, sans-serif" font-size="13">\n{style()}\n'
        f'<rect class="b" width="{WIDTH}" height="{height}"/>\n'
        f'<text class="t" x="20" y="28" font-size="16" font-weight="600">{escape(title)}</text>\n'
        + "\n".join(parts) + "\n</svg>\n")


def text(x, y, words, name="t", anchor="start", more=""):
    return f'<text class="{name}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{more}>{escape(words)}</text>'


def short(value):
    """A number of two or three digits that matter: 0.71, 26.4, 1,090, 7.1M."""
    if value >= 999_500:
        return f"{value / 1e6:.3g}M"
    if value >= 100:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.3g}"


def bars(title, unit, groups, is_log=False):
    """Horizontal bars. `groups` is a list of a task and its bars, each a name, a value, and its kind: own, peer or limit."""
    left, right, y, parts = 330, 90, 50, []
    values = [value for _, rows in groups for _, value, _ in rows]
    most = max(values)
    least = 10 ** math.floor(math.log10(min(values)) - 0.3) if is_log else 0

    def length(value):
        share = math.log(value / least) / math.log(most / least) if is_log else value / most
        return share * (WIDTH - left - right)

    for task, rows in groups:
        y += 12
        parts.append(text(20, y, task, more=' font-weight="600"'))
        y += 8
        for name, value, kind in rows:
            parts.append(text(left - 8, y + 14, name, anchor="end"))
            parts.append(
                f'<rect class="{COLORS[kind]}" x="{left}" y="{y + 2}" width="{length(value):.1f}" height="16" '
                f'rx="2"><title>{escape(name)}: {short(value)} {escape(unit)}</title></rect>')
            parts.append(text(left + length(value) + 6, y + 14, short(value)))
            y += 22
        y += 10
    scale = ", on a logarithmic scale" if is_log else ""
    grey = "; grey: a program that does only a part" if any(k == "limit" for _, rows in groups for _, _, k in rows) else ""
    parts.append(text(20, y + 12, f"{unit}{scale}{grey}", "m"))
    return document(title, y + 28, parts)


def ticks(low, high, is_log):
    if is_log:
        first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
        steps = (1,) if last - first > 3 else (1, 2, 5)
        all = [step * 10.0 ** power for power in range(first, last + 1) for step in steps]
        return [tick for tick in all if low * 0.999 <= tick <= high * 1.001]
    step = 10 ** math.floor(math.log10((high - low) / 3))
    step = next(step * factor for factor in (1, 2, 5, 10) if (high - low) / (step * factor) <= 6)
    return [step * n for n in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def lines(title, x_name, y_name, series, log_x=True, log_y=False):
    """Lines through points. `series` is a list of a name and its points."""
    left, right, top, bottom, height = 70, 24, 64, 56, 420 + 20 * len(series)
    high_edge = height - bottom - 20 * len(series)
    xs, ys = ([point[axis] for _, points in series for point in points] for axis in (0, 1))
    pad = 0 if log_y else (max(ys) - min(ys)) * 0.05
    ranges = (min(xs) / (1.1 if log_x else 1), max(xs) * (1.1 if log_x else 1)), (
        (min(ys) / 1.2, max(ys) * 1.2) if log_y else (min(ys) - pad, max(ys) + pad))

    def place(value, axis, is_log):
        low, high = ranges[axis]
        share = math.log(value / low) / math.log(high / low) if is_log else (value - low) / (high - low)
        return left + share * (WIDTH - left - right) if axis == 0 else high_edge - share * (high_edge - top)

    parts = [text(20, 50, y_name, "m")]
    for tick in ticks(*ranges[1], log_y):
        y = place(tick, 1, log_y)
        parts.append(f'<line class="g" x1="{left}" x2="{WIDTH - right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(text(left - 8, y + 4, short(tick), anchor="end"))
    for tick in ticks(*ranges[0], log_x):
        x = place(tick, 0, log_x)
        parts.append(f'<line class="g" x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{high_edge}"/>')
        parts.append(text(x, high_edge + 18, short(tick), anchor="middle"))
    scale = ", on a logarithmic scale" if log_x else ""
    parts.append(text((left + WIDTH - right) / 2, high_edge + 38, x_name + scale, "m", "middle"))
    for number, (name, points) in enumerate(series):
        spots = [(place(p[0], 0, log_x), place(p[1], 1, log_y)) for p in points]
        color = number % len(LIGHT)
        way = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
        parts.append(f'<polyline class="c{color}" stroke-width="2.5" points="{way}"/>')
        for (x, y), point in zip(spots, points):
            parts.append(
                f'<circle class="p{color}" cx="{x:.1f}" cy="{y:.1f}" r="4"><title>{escape(name)}: {short(point[0])}, '
                f"{point[1]:.4g}</title></circle>")
        y = high_edge + 60 + 20 * number
        parts.append(f'<rect class="p{color}" x="{left}" y="{y - 9:.1f}" width="18" height="4" rx="2"/>')
        parts.append(text(left + 26, y - 2, name))
    return document(title, height, parts)
