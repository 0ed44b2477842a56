// SPDX-License-Identifier: Apache-2.0
/**
 * The service Admin: which namespaces are in use, and what they store. It reads what the kernel
 * knows of both. It stores nothing itself.
 */
package dev.quoin.server.admin;
