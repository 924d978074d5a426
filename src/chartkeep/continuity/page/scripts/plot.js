// The course of a measurement, drawn: time to the right, values upwards, its range as a band.
"use strict";

/** Draw a series; null when fewer than two of its values are numbers with a time. */
function plot(series, width, height) {
  const points = series.points
    .map((point) => ({ ...point, at: Date.parse(point.time) }))
    .filter((point) => point.value != null && !Number.isNaN(point.at));
  if (points.length < 2) return null;
  const { low, high } = points[points.length - 1];
  const edges = [low, high].filter((edge) => edge != null);
  const values = [...points.map((point) => point.value), ...edges];
  const x = scale(points[0].at, points[points.length - 1].at, 4, width - 4);
  const y = scale(Math.min(...values), Math.max(...values), height - 4, 4);
  const dots = (some) => some.map((p) => `M${x(p.at)},${y(p.value)}h0`).join("");
  const title = t("{what}: {n} values", { what: series.what, n: points.length });
  return svg(
    "svg.plot",
    { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title },
    edges.length > 0 && band(y, low, high, width, height),
    svg("polyline.curve", { points: points.map((p) => `${x(p.at)},${y(p.value)}`).join(" ") }),
    svg("path.dots", { d: dots(points.filter((p) => !p.flag)) }),
    svg("path.dots.out", { d: dots(points.filter((p) => p.flag)) }),
  );
}

function scale(least, most, start, end) {
  return (value) => {
    const part = most > least ? (value - least) / (most - least) : 0.5;
    return Math.round((start + part * (end - start)) * 10) / 10;
  };
}

function band(y, low, high, width, height) {
  const top = high == null ? 0 : y(high),
    bottom = low == null ? height : y(low);
  return svg("rect.band", { x: 0, y: top, width, height: Math.max(0, bottom - top) });
}
