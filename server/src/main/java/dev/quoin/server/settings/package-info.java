// SPDX-License-Identifier: Apache-2.0
/**
 * The configuration of the server. {@link dev.quoin.server.settings.Settings} is one record; each
 * component is a flag, an environment variable and a YAML key. The pages of the documentation are
 * generated from it.
 */
package dev.quoin.server.settings;
