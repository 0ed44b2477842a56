// SPDX-License-Identifier: Apache-2.0
/**
 * The service Errors: every reason with which a call can be refused. It reads them from the
 * contract. It needs no Redis.
 */
package dev.quoin.server.errorservice;
