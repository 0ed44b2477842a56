// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.RequestContext;

/**
 * Something that has an outbox and a timeline.
 *
 * @param kind u for a user, l for a list, g for a group, c for a conversation, t for a tag
 */
record Ref(String namespace, char kind, String id) {
  static final char USER = 'u';
  static final char LIST = 'l';
  static final char GROUP = 'g';

  static final char CONVERSATION = 'c';
  static final char TAG = 't';

  /** A tag, folded; its name may hold anything. */
  static Ref tag(RequestContext scope, String folded) {
    return new Ref(scope.namespace(), TAG, Keyspace.encode(folded));
  }

  static Ref conversation(RequestContext scope, long root) {
    return new Ref(scope.namespace(), CONVERSATION, Long.toString(root));
  }

  static Ref user(RequestContext scope, long id) {
    return new Ref(scope.namespace(), USER, Long.toString(id));
  }

  static Ref list(RequestContext scope, long id) {
    return new Ref(scope.namespace(), LIST, Long.toString(id));
  }

  static Ref group(RequestContext scope, long id) {
    return new Ref(scope.namespace(), GROUP, Long.toString(id));
  }

  /** As the index of outboxes has it. */
  static Ref parse(String text) {
    int space = text.indexOf(' ');
    return new Ref(text.substring(0, space), text.charAt(space + 1), text.substring(space + 3));
  }

  String text() {
    return namespace + ' ' + entity();
  }

  String entity() {
    return kind + ":" + id;
  }

  /** Another user of the same namespace. */
  Ref other(String user) {
    return new Ref(namespace, USER, user);
  }

  boolean isUser() {
    return kind == USER;
  }

  /** The scope of work for it that has no caller. */
  RequestContext scope() {
    return new RequestContext(namespace, null);
  }
}
