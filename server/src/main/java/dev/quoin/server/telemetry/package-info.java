// SPDX-License-Identifier: Apache-2.0
/**
 * What operators see of a server beside its logs. {@link dev.quoin.server.telemetry.Telemetry}
 * carries the meter and the tracer, and bounds how many namespaces become labels. What only Redis
 * knows is asked for in the background, a bounded number of things at a time.
 */
package dev.quoin.server.telemetry;
