// SPDX-License-Identifier: Apache-2.0
/**
 * The service Chat: rooms in which messages wait for every member. A chat is a log that the streams
 * of its members follow, with a record of members beside it; each user has an index of the chats
 * they are in. Streams are {@link dev.quoin.server.tail tail} subscriptions over all chats of one
 * user.
 */
package dev.quoin.server.chat;
