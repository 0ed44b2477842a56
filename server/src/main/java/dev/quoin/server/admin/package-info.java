// SPDX-License-Identifier: Apache-2.0
/**
 * The service Admin: which namespaces are in use. It reads the index that the kernel keeps of them.
 * It stores nothing itself.
 */
package dev.quoin.server.admin;
