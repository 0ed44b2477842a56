// SPDX-License-Identifier: Apache-2.0
/**
 * What a feature is given when it is constructed. {@link dev.quoin.server.kernel.Kernel} carries
 * the parts of the other kernel packages. The event loops, the sockets that features open on them,
 * and the threads that compute what takes long live here as well.
 */
package dev.quoin.server.kernel;
