// SPDX-License-Identifier: Apache-2.0
/**
 * The service Config: versioned configuration, maintenance switches and discovery of services.
 * Everything of one type lives in one slot with a version that rises with each change. Watches
 * share one cached copy per server and type.
 */
package dev.quoin.server.config;
