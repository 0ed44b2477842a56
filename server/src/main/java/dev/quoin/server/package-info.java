// SPDX-License-Identifier: Apache-2.0
/**
 * The program: command line, start, drain and stop of one server. It wires the kernel together and
 * lists the features that run on it. Nothing else in the code imports this package.
 */
package dev.quoin.server;
