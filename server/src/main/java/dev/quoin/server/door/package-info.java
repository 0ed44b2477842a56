// SPDX-License-Identifier: Apache-2.0
/**
 * The HTTP port: JSON and gRPC-Web for all services, their documentation, and pages. Calls are
 * handed to what serves gRPC, within the process and with the peer of their connection, so that
 * identity, rights, quotas and errors are the same. Armeria does HTTP, here is what Quoin adds.
 */
package dev.quoin.server.door;
