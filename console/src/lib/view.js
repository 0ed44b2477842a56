// SPDX-License-Identifier: Apache-2.0
// The libraries, each named in one place.
export { Component, Fragment, h, render } from '../webjars/preact/10.26.4/dist/preact.module.js';
export { default as UPlot } from '../webjars/uplot/1.6.30/dist/uPlot.esm.js';
