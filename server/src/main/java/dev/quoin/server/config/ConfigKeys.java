// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.config;

import dev.quoin.server.redis.Keyspace;

/**
 * The keys of a type, of a service, and of a maintenance.
 *
 * <pre>
 * {prefix}:{namespace}:config:{{type}}:values                hash        components: version, time in ms and author, a line feed, the value as a google.protobuf.Struct; the field without a name holds revision and bytes of the type; does not expire while the type has components: they are settings, kept until somebody deletes them; expires 30 days after the last was deleted
 * {prefix}:{namespace}:config:{{type}}:names                 sorted set  names of the components, at most 1,000, all with score 0; does not expire before them
 * {prefix}:{namespace}:config:{{type}}:log                   sorted set  the newest 1,000 changes by revision: revision, component, and when and by whom it was deleted; expires with the values
 * {prefix}:{namespace}:config:{{type}}:history:{component}   sorted set  the newest 100 versions of a component by version, written as in the values, deletions with a negative version; expires 30 days after the component was deleted
 * {prefix}:{namespace}:config:{{type}}:request:{id}          string      that a request id was used: digest of the request, version and time of the change; expires after 10 minutes
 * {prefix}:{namespace}:config:{{type}}:values:hints          channel     that the type has a new revision; scripts make its name from that of the values
 * {prefix}:{namespace}:config:{{service}}:instances          hash        instances: version, time in ms and keeper, a line feed, the rest as a quoin.config.v1.Instance; the field without a name holds revision and bytes of the service; expires an hour after the last renewal
 * {prefix}:{namespace}:config:{{service}}:leases             sorted set  instances by the end of their leases in ms; expires with the instances
 * {prefix}:{namespace}:config:{{service}}:announced          sorted set  the newest 1,000 changes by revision: revision and instance; expires with the instances
 * {prefix}:{namespace}:config:{{service}}:instances:hints    channel     that the service has a new revision; scripts make its name from that of the instances
 * {prefix}:{namespace}:config:{{name}}:maintenance           string      a maintenance: revision and start in ms, a line feed, the rest as a quoin.config.v1.Maintenance; expires when it ends, or never: then somebody has to end it
 * {prefix}:{namespace}:config:{{name}}:maintenance:hints     channel     that the maintenance has changed; scripts make its name from that of the maintenance
 * </pre>
 */
record ConfigKeys(String entity) {

  static ConfigKeys of(Keyspace keyspace, String namespace, String name) {
    return new ConfigKeys(keyspace.entity(namespace, name));
  }

  /** Values, names and log of a type. */
  String[] type() {
    return new String[] {values(), entity + "names", entity + "log"};
  }

  /** What a change of a component touches. */
  String[] change(String component, String requestId) {
    return new String[] {
      values(),
      entity + "names",
      entity + "log",
      history(component),
      entity + "request:" + Keyspace.encode(requestId)
    };
  }

  String values() {
    return entity + "values";
  }

  String history(String component) {
    return entity + "history:" + Keyspace.encode(component);
  }

  /** Instances, leases and log of a service. */
  String[] service() {
    return new String[] {entity + "instances", entity + "leases", entity + "announced"};
  }

  String maintenance() {
    return entity + "maintenance";
  }

  /** The channel on which changes of a key are hinted at. */
  static String hints(String key) {
    return key + ":hints";
  }
}
