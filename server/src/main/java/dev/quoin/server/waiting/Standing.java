// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.waiting;

/**
 * Where somebody who asked stands: granted, or not yet.
 *
 * @param grant the grant, or null when there is none
 * @param note who or what is in the way, as the feature tells it
 * @param leftMillis how long the lease of who is in the way still runs; to who has joined a line -1
 *     when there is more to hand over than is done in one go
 * @param place place in line, 1 being the next
 * @param ticket what keeps the place when the line has to be joined again
 */
public record Standing(Grant grant, String note, long leftMillis, long place, long ticket) {

  public static Standing granted(Grant grant) {
    return new Standing(grant, "", 0, 0, 0);
  }

  public boolean isGranted() {
    return grant != null;
  }
}
