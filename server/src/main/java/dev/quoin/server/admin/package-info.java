// SPDX-License-Identifier: Apache-2.0
/**
 * The service Admin: which namespaces are in use, what they store, and how the server is doing. It
 * reads what the kernel knows. It stores nothing itself.
 */
package dev.quoin.server.admin;
