// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.social.GraphStore.Relation;
import dev.quoin.social.v1.Status;

/** Who may see a status. */
final class Visibility {
  private Visibility() {}

  /**
   * Whether a viewer may see a status.
   *
   * @param viewer id of the viewer, "0" for somebody unknown
   * @param author null when there is no such user any more
   * @param relation what is between the viewer and the author
   * @param isMember whether the status was posted to no group, or to one that the viewer may read
   */
  static boolean isVisible(
      StatusValue value, String viewer, UserValue author, Relation relation, boolean isMember) {
    if (value == null || value.isDeleted() || author == null) {
      return false;
    }
    Status status = value.status();
    if (viewer.equals(Long.toString(status.getAuthorId()))) {
      return true;
    }
    if (value.state() != 'l' || author.isSuspended() || relation.isCut() || !isMember) {
      return false;
    }
    if (author.isPrivate() && !relation.follows()) {
      return false;
    }
    return status.getVisibilityValue() == PUBLIC
        || status.getVisibilityValue() != MENTIONED && relation.follows()
        || isMentioned(status, viewer);
  }

  private static final int PUBLIC = dev.quoin.social.v1.Visibility.VISIBILITY_PUBLIC_VALUE;
  private static final int MENTIONED = dev.quoin.social.v1.Visibility.VISIBILITY_MENTIONED_VALUE;

  private static boolean isMentioned(Status status, String viewer) {
    return status.getMentionsList().stream()
        .anyMatch(mention -> viewer.equals(Long.toString(mention.getUserId())));
  }
}
