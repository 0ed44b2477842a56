// SPDX-License-Identifier: Apache-2.0
/**
 * How much namespaces and principals may use. {@link dev.quoin.server.quotas.Quotas} is asked about
 * every call before its request is read, and counts what it costs nothing to count. What is stored
 * is measured in the background by {@link dev.quoin.server.quotas.StorageSampler}.
 */
package dev.quoin.server.quotas;
