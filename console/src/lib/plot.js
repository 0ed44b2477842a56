// SPDX-License-Identifier: Apache-2.0
import { Component, UPlot, h } from './view.js';

/** @typedef {{label: string, values: (number | null)[], tone?: string}} Line */

const HEIGHT = 150;
const HOUR = 3600;
/** So few values are shown as points, too: one by itself makes no line. */
const FEW = 3;
/** Steps between the marks of bytes. */
const BYTES = Array.from({ length: 45 }, (_, power) => 2 ** power);
const dark = matchMedia('(prefers-color-scheme: dark)');

/** A colour of the style sheet. @param {string} name */
function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/**
 * Values over time, with the newest of each line as text: a picture alone is not read out.
 * @extends {Component<{title: string, times: number[], lines: Line[], show: (value: number) => string, bars?: boolean, bytes?: boolean}>}
 */
export class Plot extends Component {
  /** @type {HTMLElement | null} */
  place = null;
  /** @type {any} */
  plot = null;
  shape = '';
  sizes = new ResizeObserver(() => this.plot?.setSize({ width: this.width(), height: HEIGHT }));
  recolour = () => {
    this.shape = '';
    this.draw();
  };

  componentDidMount() {
    this.draw();
    if (this.place) this.sizes.observe(this.place);
    dark.addEventListener('change', this.recolour);
  }

  componentDidUpdate() {
    this.draw();
  }

  componentWillUnmount() {
    this.sizes.disconnect();
    dark.removeEventListener('change', this.recolour);
    this.plot?.destroy();
  }

  width() {
    return Math.max(120, this.place?.clientWidth ?? 0);
  }

  draw() {
    const { times, lines } = this.props;
    const data = [times, ...lines.map((line) => line.values)];
    const shape = JSON.stringify([lines.map((line) => [line.label, line.tone, line.values.filter((value) => value !== null).length < FEW]), this.props.bars]);
    if (this.plot && shape === this.shape) {
      this.plot.setData(data);
      return;
    }
    this.plot?.destroy();
    this.shape = shape;
    if (this.place) this.plot = new UPlot(this.options(lines), /** @type {any} */ (data), this.place);
  }

  /** @param {number} time */
  moment(time) {
    const { times } = this.props;
    const isShort = (times.at(-1) ?? 0) - (times[0] ?? 0) < HOUR / 10;
    return new Date(time * 1000).toTimeString().slice(0, isShort ? 8 : 5);
  }

  /** @param {Line[]} lines @returns {any} */
  options(lines) {
    const axis = { stroke: colour('quiet'), grid: { stroke: colour('line'), width: 1 }, ticks: { show: false }, font: '11px system-ui' };
    const show = (/** @type {number | null} */ value) => (value === null || value === undefined ? '–' : this.props.show(value));
    return {
      width: this.width(),
      height: HEIGHT,
      legend: { show: false },
      cursor: { y: false, points: { size: 6 } },
      scales: { y: { range: (/** @type {any} */ _, /** @type {number} */ low, /** @type {number} */ high) => [Math.min(0, low ?? 0), (high || 1) * 1.1] } },
      axes: [
        { ...axis, space: 80, size: 26, values: (/** @type {any} */ _, /** @type {number[]} */ at) => at.map((t) => this.moment(t)) },
        { ...axis, size: 66, space: 36, values: (/** @type {any} */ _, /** @type {number[]} */ at) => at.map(show), ...(this.props.bytes && { incrs: BYTES }) },
      ],
      series: [
        {},
        ...lines.map((line, i) => {
          const stroke = colour(line.tone ?? `plot${(i % 4) + 1}`);
          return {
            label: line.label, stroke, width: 1.5, points: { show: line.values.filter((value) => value !== null).length < FEW }, fill: this.props.bars || lines.length === 1 ? `${stroke}22` : undefined,
            paths: this.props.bars ? UPlot.paths.bars?.({ size: [0.8, 40] }) : undefined,
          };
        }),
      ],
    };
  }

  render() {
    const { title, lines, show } = this.props;
    const newest = (/** @type {Line} */ line) => {
      const value = line.values.findLast((v) => v !== null && v !== undefined);
      return value === undefined || value === null ? '–' : show(value);
    };
    return h(
      'figure',
      { class: 'plot' },
      h(
        'figcaption',
        null,
        h('strong', null, title),
        lines.map((line, i) =>
          h('span', { key: line.label, class: `key ${line.tone ?? `plot${(i % 4) + 1}`}` }, line.label, ' ', h('b', null, newest(line))),
        ),
      ),
      h('div', { 'aria-hidden': 'true', ref: /** @type {(place: any) => void} */ ((place) => { this.place = place; }) }),
    );
  }
}
