// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import io.netty.handler.ssl.SslContextBuilder;
import java.util.function.Consumer;
import javax.net.ssl.KeyManagerFactory;

/**
 * The TLS of the server.
 *
 * @param keys its certificate and key, which may change
 * @param clients says which certificates of clients are good
 */
public record DoorTls(KeyManagerFactory keys, Consumer<SslContextBuilder> clients) {}
