// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.settings;

import dev.quoin.server.redis.RedisAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * The configuration of the server. Every setting is a flag ({@code --redis-timeout}), an
 * environment variable ({@code QUOIN_REDIS_TIMEOUT}) and a key of the YAML file ({@code
 * redis-timeout}); flags go before the environment, the environment before the file, the file
 * before the defaults.
 */
public record Settings(
    @Setting(
            value = "127.0.0.1",
            about =
                "Address to listen on. Another one than loopback needs TLS and callers who say who they are (tokens, jwt-keys or tls-client-authorities), or insecure.")
        String host,
    @Setting(
            value = "7400",
            max = 65535,
            about = "TCP port of the gRPC server; 0 takes a free one.")
        int port,
    @Setting(
            value = "7401",
            max = 65535,
            about = "TCP port of the Prometheus endpoint /metrics; 0 switches it off.")
        int metricsPort,
    @Setting(
            value = "127.0.0.1",
            about =
                "Address of the Prometheus endpoint. It is served without TLS and to whoever asks.")
        String metricsHost,
    @Setting(
            value = "7402",
            max = 65535,
            about =
                "TCP port for HTTP: JSON, gRPC-Web, /docs. It is served on host, with the same TLS and to the same callers as gRPC; 0 switches it off.")
        int httpPort,
    @Setting(
            value = "",
            about =
                "Names by which HTTP is asked for, separated by commas; '*' for any. IP addresses, localhost and the setting host always do, and with TLS every name.")
        String httpHosts,
    @Setting(
            value = "",
            about =
                "Origins of web pages that may call over HTTP besides the server's own, separated by commas, such as https://app.example.")
        String httpOrigins,
    @Setting(
            value = "",
            secret = true,
            about =
                "Where Redis is: "
                    + RedisAddress.FORMS
                    + ". Empty starts an embedded Redis that keeps its data in the data folder.")
        String redis,
    @Setting(
            value = "",
            about =
                "PEM file with the authorities that sign the certificates of Redis; empty for those the JVM trusts.")
        String redisAuthorities,
    @Setting(value = "quoin-data", about = "Folder of the embedded Redis; created if need be.")
        Path data,
    @Setting(
            value = "",
            about =
                "Program of the embedded Redis: a path, or 'carried' for Redis 7.0.15 in the jar. Empty takes a valkey-server or redis-server on the PATH that is newer, else that in the jar, which has known holes in Lua.")
        String redisProgram,
    @Setting(
            value = "2s",
            about =
                "How long to wait for an answer of Redis before a call is answered UNAVAILABLE.")
        Duration redisTimeout,
    @Setting(
            value = "20000",
            min = 100,
            max = 1000000,
            about =
                "Commands that may be under way and wait for one connection to Redis; more calls are refused with OVERLOADED.")
        int maxRedisCommands,
    @Setting(
            value = "67108864",
            min = 1048576,
            max = 1073741824,
            about =
                "Bytes these commands and their expected replies may have; more calls are refused with OVERLOADED.")
        int maxRedisBytes,
    @Setting(
            value = "false",
            about = "Accept a Redis without append-only file, whose data is lost when it stops.")
        boolean allowVolatileRedis,
    @Setting(
            value = "quoin",
            about = "First part of every key in Redis: letters, digits, '.', '_' and '-'.")
        String keyPrefix,
    @Setting(
            value = "false",
            about = "Serve without TLS, or whoever comes, on an address other machines can reach.")
        boolean insecure,
    @Setting(
            value = "",
            about = "PEM file with the certificate chain of the server; switches TLS on.")
        String tlsCertificate,
    @Setting(value = "", about = "PEM file with the private key that belongs to the certificate.")
        String tlsKey,
    @Setting(
            value = "",
            about =
                "PEM file with the authorities that may sign client certificates, whose subject alternative name is who calls. Clients must then show one, unless tokens or jwt-keys are set.")
        String tlsClientAuthorities,
    @Setting(
            value = "",
            about =
                "YAML file with the digests of tokens and whose they are; callers must then say who they are.")
        String tokens,
    @Setting(
            value = "",
            about =
                "Public keys of the issuer of JWTs, as a JWK set: a file, or an https URL; callers must then say who they are.")
        String jwtKeys,
    @Setting(value = "", about = "Issuer that JWTs must name.") String jwtIssuer,
    @Setting(value = "", about = "Audience that JWTs must be for.") String jwtAudience,
    @Setting(value = "sub", about = "Claim of a JWT that is the principal.")
        String jwtPrincipalClaim,
    @Setting(
            value = "",
            about =
                "YAML file that says who may do what; without it whoever is known may do everything.")
        String policy,
    @Setting(
            value = "",
            about =
                "File to which calls for operators and refused calls are added, a line of JSON each.")
        String auditFile,
    @Setting(value = "", about = "YAML file that says how much namespaces and principals may use.")
        String quotas,
    @Setting(value = "4194304", min = 65536, max = 1073741824, about = "Largest request, in bytes.")
        int maxRequestBytes,
    @Setting(
            value = "67108864",
            min = 1,
            about = "Bytes of all requests that have begun to arrive and are not complete.")
        int maxUnfinishedBytes,
    @Setting(
            value = "268435456",
            min = 65536,
            about =
                "Bytes of responses that callers have not read, of all connections; a quarter for one connection, whose streams then wait. Calls beyond that are refused with OVERLOADED.")
        int maxUnreadBytes,
    @Setting(
            value = "30s",
            about = "How long a request may take to arrive, from its beginning to its end.")
        Duration requestTimeout,
    @Setting(
            value = "1000",
            min = 1,
            max = 1000000,
            about =
                "Calls and streams one connection may have open at once; clients hold back more.")
        int maxCallsPerConnection,
    @Setting(
            value = "10000",
            min = 1,
            max = 1000000,
            about = "Connections that may be open at once; more are closed.")
        int maxConnections,
    @Setting(
            value = "2000",
            min = 1,
            max = 1000000,
            about = "Connections that may be open at once from one address.")
        int maxConnectionsPerPeer,
    @Setting(
            value = "1h",
            about =
                "Age, give or take a tenth, at which a connection takes no new calls and closes once its calls have ended, so that clients spread over servers; 0s for no such age.")
        Duration maxConnectionAge,
    @Setting(
            value = "10000",
            min = 1,
            about = "Calls one connection may cancel within 10 seconds; it is closed beyond that.")
        int maxResets,
    @Setting(
            value = "500",
            min = 1,
            about =
                "HTTP/2 frames that carry nothing of a call (settings, priorities, empty data) that one connection may send within 10 seconds; it is closed beyond that.")
        int maxControlFrames,
    @Setting(
            value = "200000",
            min = 1,
            max = 1000000,
            about = "Callers that may wait for one lock, or for one semaphore; more are refused.")
        int maxWaiters,
    @Setting(value = "10s", about = "How long open calls may take to end after SIGTERM.")
        Duration drainTimeout,
    @Setting(
            value = "0",
            max = 1024,
            about =
                "Event-loop threads; 0 takes one for every two cores, which costs least a call and leaves room for Redis and the JVM.")
        int threads,
    @Setting(
            value = "1s,5s,1m,5m,1h,5h,1d",
            about =
                "Precisions of counters: up to 12, rising, in whole seconds. Changing them, or the samples, starts all counters anew.")
        Durations counterPrecisions,
    @Setting(
            value = "120",
            min = 2,
            max = 1440,
            about = "How many samples of a counter are kept at each precision.")
        int counterSamples,
    @Setting(
            value = "127.0.0.1",
            about =
                "Address to take syslog messages on. They come without TLS, so another one than loopback needs insecure.")
        String syslogHost,
    @Setting(
            value = "0",
            max = 65535,
            about = "UDP port on which syslog messages are written to logs; 0 switches it off.")
        int syslogUdpPort,
    @Setting(
            value = "0",
            max = 65535,
            about = "TCP port on which syslog messages are written to logs; 0 switches it off.")
        int syslogTcpPort,
    @Setting(
            value = "default",
            about = "Namespace of the logs that syslog messages are written to.")
        String syslogNamespace,
    @Setting(
            value = "15m",
            about =
                "How long a feed keeps statuses: as long a stream can be resumed. 1 minute to 7 days.")
        Duration feedsRetention,
    @Setting(
            value = "1000000",
            min = 1000,
            max = 100000000,
            about = "How many statuses and deletions the feed of a namespace keeps at most.")
        int feedsMaxEvents,
    @Setting(
            value = "1000",
            min = 1,
            max = 10000,
            about = "How many users one user may follow, and how many a list may have.")
        int socialMaxFollowing,
    @Setting(
            value = "50000",
            min = 1,
            max = 1000000000,
            about =
                "Followers from which on what a user posts is merged into timelines when they are read, and not written into each. It stays so.")
        int socialMergeFollowers,
    @Setting(
            value = "50000",
            min = 10,
            max = 1000000,
            about =
                "Followers of a user that are kept in one key; beyond that they are spread over 2, 4, 8 … keys.")
        int socialBucketFollowers,
    @Setting(
            value = "true",
            about =
                "Publish the public statuses of the social network in the feed of their namespace.")
        boolean socialFeeds,
    @Setting(
            value = "info",
            oneOf = {"error", "warn", "info", "debug"},
            about = "What is logged at least.")
        String logLevel,
    @Setting(
            value = "text",
            oneOf = {"text", "json"},
            about = "How log lines are written to standard error.")
        String logFormat,
    @Setting(
            value = "1s",
            about =
                "Calls that take longer are logged; what their callers have asked to wait does not count. 0s logs none for that.")
        Duration slowCallLog,
    @Setting(
            value = "false",
            about =
                "Log all calls, up to 1,000 a second, with request id, RPC, namespace, principal, status and duration.")
        boolean accessLog) {

  /** Whether callers have to say who they are. */
  public boolean hasIdentity() {
    return !tokens.isEmpty() || !jwtKeys.isEmpty() || !tlsClientAuthorities.isEmpty();
  }

  /** Names by which HTTP is asked for, besides those that always are. */
  public List<String> httpHostNames() {
    return words(httpHosts);
  }

  /** Origins of web pages that may call over HTTP besides the server's own. */
  public List<String> httpAllowedOrigins() {
    return words(httpOrigins);
  }

  private static List<String> words(String text) {
    return Arrays.stream(text.split(","))
        .map(String::trim)
        .filter(word -> !word.isEmpty())
        .toList();
  }

  public boolean isTls() {
    return !tlsCertificate.isEmpty();
  }
}
