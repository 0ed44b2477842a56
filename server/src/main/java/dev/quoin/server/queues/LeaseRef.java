// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

/** Names one lease of a task. */
record LeaseRef(String queue, String taskId, String token) {}
